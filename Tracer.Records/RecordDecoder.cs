namespace Tracer.Records;

/// <summary>
/// Reads the records of one process, block after block, into its own fields; nothing is allocated per record. Every length is
/// checked: damaged bytes give a <see cref="RecordFormatException"/> that names the byte.
/// </summary>
public sealed class RecordDecoder
{
    /// <summary>The longest payload; longer ones are cut by the recorder and refused here.</summary>
    public const int MaxPayload = 1 << 20;

    private readonly DeltaContext _context = new();
    private readonly ulong[] _arguments = new ulong[DeltaContext.MaxArguments];
    private ReadOnlyMemory<byte> _body;
    private ReadOnlyMemory<byte> _times;
    private int _bodyAt;
    private int _timesAt;
    private int _left;
    private byte[] _joined = [];
    private int _joinedLength;
    private bool _partial;
    private bool _unsealed;
    private bool _payloadIsJoined;
    private int _payloadAt;
    private int _payloadLength;
    private ulong _block;

    // Where the block's deltas stand; the public properties are those of the record, which may have begun in the block before.
    private int _tid;
    private int _cpu;
    private long _timeNs;
    private ulong _seq;

    /// <summary>Kind of the current record.</summary>
    public RecordKind Kind { get; private set; }

    /// <summary>Thread.</summary>
    public int Tid { get; private set; }

    /// <summary>CPU number; -1 when the source does not tell (ptrace).</summary>
    public int Cpu { get; private set; }

    /// <summary>CLOCK_MONOTONIC nanoseconds.</summary>
    public long TimeNs { get; private set; }

    /// <summary>Sequence number in the process.</summary>
    public ulong Seq { get; private set; }

    /// <summary>Call number, of Syscall and Sysret.</summary>
    public int Number { get; private set; }

    /// <summary>Arguments of a Syscall.</summary>
    public ReadOnlySpan<ulong> Arguments => _arguments.AsSpan(0, ArgumentCount);

    /// <summary>How many arguments a Syscall has.</summary>
    public int ArgumentCount { get; private set; }

    /// <summary>Result of a Sysret: -4095 to -1 is an error number, negated.</summary>
    public long Result { get; private set; }

    /// <summary>Payload of any other kind, untrusted bytes. Valid until the next <see cref="MoveNext"/>.</summary>
    public ReadOnlySpan<byte> Payload =>
        _payloadIsJoined ? _joined.AsSpan(0, _joinedLength) : _body.Span.Slice(_payloadAt, _payloadLength);

    /// <summary>True between the fragments of a record: the next block must continue it.</summary>
    public bool IsPartial => _partial;

    /// <summary>Takes the next block of the process. All records of the one before must have been read.</summary>
    public void Load(Block block)
    {
        if (block.Continues != _partial)
        {
            throw new RecordFormatException(
                $"block {block.Number}", 0, _partial ? "the rest of a record was expected" : "it continues a record that did not begin");
        }

        _block = block.Number;
        _body = block.Body;
        _times = block.Times;
        _bodyAt = 0;
        _timesAt = _times.Length;
        _left = block.Count;
        _payloadAt = 0;
        _payloadLength = 0;
        _context.Reset();
        _tid = block.Process.Pid;
        _cpu = -1;
        _timeNs = block.BaseTimeNs;
        _seq = unchecked(block.FirstSeq - 1);
    }

    /// <summary>Takes a block of a dead pool: what its head says of count and state is not trusted, and it may continue anything.</summary>
    internal void LoadUnsealed(Block untrusted)
    {
        _partial = untrusted.Continues;
        _joinedLength = 0;
        Load(untrusted);
        _left = int.MaxValue;
        _unsealed = true;
    }

    /// <summary>Records that begin in what was read of the block.</summary>
    internal int RecordsBegun { get; private set; }

    /// <summary>Of these, events.</summary>
    internal int EventsBegun { get; private set; }

    /// <summary>Their kinds.</summary>
    internal ulong KindsBegun { get; private set; }

    /// <summary>Bytes of the body read so far.</summary>
    internal int BodyRead => _bodyAt;

    /// <summary>Bytes of the times read so far.</summary>
    internal int TimesRead => _times.Length - _timesAt;

    /// <summary>While <see cref="IsPartial"/>: time of the record that was begun.</summary>
    public long PartialTimeNs => TimeNs;

    /// <summary>Thread and time that the next record of the block is encoded against.</summary>
    internal (int Tid, long TimeNs) Deltas => (_tid, _timeNs);

    /// <summary>Forgets a record that was begun, after a gap.</summary>
    public void Abandon() => _partial = false;

    /// <summary>Reads the next record; false at the end of the block.</summary>
    public bool MoveNext()
    {
        var body = _body.Span;
        while (_bodyAt < body.Length)
        {
            byte tag = body[_bodyAt++];
            int code = tag & RecordTag.CodeMask;
            if (code == RecordTag.TimeBack)
            {
                _timeNs = unchecked(_timeNs - (long)Varint(body));
                continue;
            }

            if (code == RecordTag.Continue)
            {
                if (ReadContinuation(body, tag))
                {
                    return true;
                }

                continue;
            }

            if (_partial)
            {
                throw Error("a record's next fragment was expected");
            }

            if (ReadRecord(body, tag, code))
            {
                return true;
            }
        }

        if (_unsealed)
        {
            return false;
        }

        if (_left != 0)
        {
            throw Error($"{_left} records fewer than the head says");
        }

        if (_timesAt != 0)
        {
            throw Error($"{_timesAt} bytes of times too many");
        }

        return false;
    }

    private bool ReadRecord(ReadOnlySpan<byte> body, byte tag, int code)
    {
        if (--_left < 0)
        {
            throw Error("more records than the head says");
        }

        Kind = code == RecordTag.OtherKind ? (RecordKind)Byte(body) : RecordTag.KindOf(code);
        if (Kind == RecordKind.None)
        {
            throw Error($"code {code} is no record");
        }

        if ((tag & RecordTag.Thread) != 0)
        {
            _tid = unchecked(_tid + (int)Records.Varint.UnZigZag(Varint(body)));
        }

        if ((tag & RecordTag.Cpu) != 0)
        {
            _cpu = (int)Math.Min(Varint(body), int.MaxValue);
        }

        _timeNs = unchecked(_timeNs + (long)Time());
        Tid = _tid;
        Cpu = _cpu;
        TimeNs = _timeNs;
        Seq = ++_seq;
        if (_unsealed)
        {
            RecordsBegun++;
            EventsBegun += RecordKinds.IsEvent(Kind) ? 1 : 0;
            KindsBegun |= RecordKinds.Bit(Kind);
        }

        switch (Kind)
        {
            case RecordKind.Syscall:
                ReadSyscall(body);
                return true;
            case RecordKind.Sysret:
                ReadSysret(body, tag);
                return true;
            default:
                return ReadPayload(body, tag);
        }
    }

    private void ReadSyscall(ReadOnlySpan<byte> body)
    {
        Number = CallNumber(body);
        byte mask = Byte(body);
        var last = _context.Line(Number, out int line);
        if ((mask & RecordTag.ArgumentCount) != 0)
        {
            int count = Byte(body);
            if (count > DeltaContext.MaxArguments)
            {
                throw Error($"{count} arguments");
            }

            _context.SetArgumentCount(line, count);
        }

        int arguments = _context.ArgumentCount(line);
        if (arguments < 0)
        {
            throw Error("a call's first record does not tell its number of arguments");
        }

        ArgumentCount = arguments;
        for (int i = 0; i < arguments; i++)
        {
            if ((mask >> i & 1) != 0)
            {
                last[i] = unchecked(last[i] + (ulong)Records.Varint.UnZigZag(Varint(body)));
            }

            _arguments[i] = last[i];
        }

        _context.Enter(Tid, Number);
    }

    private void ReadSysret(ReadOnlySpan<byte> body, byte tag)
    {
        Number = (tag & RecordTag.Extra) != 0 ? CallNumber(body) : _context.CallOf(Tid);
        if (Number < 0 && (tag & RecordTag.Extra) == 0)
        {
            throw Error("a return does not tell its call");
        }

        Result = Records.Varint.UnZigZag(Varint(body));
    }

    private bool ReadPayload(ReadOnlySpan<byte> body, byte tag)
    {
        int length = Length(body);
        if ((tag & RecordTag.Extra) == 0)
        {
            _payloadIsJoined = false;
            _payloadAt = _bodyAt;
            _payloadLength = length;
            _bodyAt += length;
            return true;
        }

        _partial = true;
        _joinedLength = 0;
        Join(body.Slice(_bodyAt, length));
        return false;
    }

    private bool ReadContinuation(ReadOnlySpan<byte> body, byte tag)
    {
        if (!_partial)
        {
            throw Error("a fragment without a beginning");
        }

        int length = Length(body);
        Join(body.Slice(_bodyAt, length));
        if ((tag & RecordTag.Extra) != 0)
        {
            return false;
        }

        _partial = false;
        _payloadIsJoined = true;
        return true;
    }

    private void Join(ReadOnlySpan<byte> fragment)
    {
        int length = _joinedLength + fragment.Length;
        if (length > MaxPayload)
        {
            throw Error($"a record is longer than {MaxPayload} bytes");
        }

        if (_joined.Length < length)
        {
            Array.Resize(ref _joined, Math.Min(Math.Max(length, _joined.Length * 2), MaxPayload));
        }

        fragment.CopyTo(_joined.AsSpan(_joinedLength));
        _joinedLength = length;
        _bodyAt += fragment.Length;
    }

    private int CallNumber(ReadOnlySpan<byte> body)
    {
        long number = Records.Varint.UnZigZag(Varint(body));
        return number is >= int.MinValue and <= int.MaxValue ? (int)number : throw Error("a call number is longer than 32 bits");
    }

    private int Length(ReadOnlySpan<byte> body)
    {
        ulong length = Varint(body);
        return length <= (ulong)(body.Length - _bodyAt) ? (int)length : throw Error($"{length} bytes wanted, {body.Length - _bodyAt} left");
    }

    private byte Byte(ReadOnlySpan<byte> body) => _bodyAt < body.Length ? body[_bodyAt++] : throw Error("ends within a record");

    private ulong Varint(ReadOnlySpan<byte> body)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte b = Byte(body);
            if (shift == 63 && b > 1)
            {
                throw Error("a number is longer than 64 bits");
            }

            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }
    }

    private ulong Time()
    {
        var times = _times.Span;
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            if (_timesAt == 0)
            {
                throw Error("times end early");
            }

            byte b = times[--_timesAt];
            if (shift == 63 && b > 1)
            {
                throw Error("a time is longer than 64 bits");
            }

            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }
    }

    private RecordFormatException Error(string problem) => new($"block {_block}", _bodyAt, problem);
}
