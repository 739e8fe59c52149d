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
    private bool _payloadIsJoined;
    private Position _begin;
    private Position _resume;
    private int _payloadAt;
    private int _payloadLength;
    private ulong _block;

    /// <summary>Kind of the current record.</summary>
    public RecordKind Kind { get; private set; }

    /// <summary>Thread.</summary>
    public int Tid { get; private set; }

    /// <summary>CPU number; -1 when the source does not tell (ptrace).</summary>
    public int Cpu { get; private set; } = -1;

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
        _payloadIsJoined = false;
        _context.Reset();
        Tid = block.Process.Pid;
        Cpu = -1;
        TimeNs = block.BaseTimeNs;
        Seq = block.FirstSeq - 1;
    }

    /// <summary>While <see cref="IsPartial"/>: time of the record that was begun.</summary>
    public long PartialTimeNs => _begin.TimeNs;

    /// <summary>Forgets a record that was begun, after a gap.</summary>
    public void Abandon() => _partial = false;

    /// <summary>Reads the next record; false at the end of the block.</summary>
    public bool MoveNext()
    {
        if (_payloadIsJoined)
        {
            // A joined record has the thread and time of its beginning; what follows is encoded against this block.
            _payloadIsJoined = false;
            (Tid, Cpu, TimeNs) = (_resume.Tid, _resume.Cpu, _resume.TimeNs);
        }

        var body = _body.Span;
        while (_bodyAt < body.Length)
        {
            byte tag = body[_bodyAt++];
            int code = tag & RecordTag.CodeMask;
            if (code == RecordTag.TimeBack)
            {
                TimeNs = unchecked(TimeNs - (long)Varint(body));
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
            Tid = unchecked(Tid + (int)Records.Varint.UnZigZag(Varint(body)));
        }

        if ((tag & RecordTag.Cpu) != 0)
        {
            Cpu = (int)Math.Min(Varint(body), int.MaxValue);
        }

        TimeNs = unchecked(TimeNs + (long)Time());
        Seq++;
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
            _payloadAt = _bodyAt;
            _payloadLength = length;
            _bodyAt += length;
            return true;
        }

        _partial = true;
        _begin = new(Tid, Cpu, TimeNs);
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
        _resume = new(Tid, Cpu, TimeNs);
        (Tid, Cpu, TimeNs) = (_begin.Tid, _begin.Cpu, _begin.TimeNs);
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

    /// <summary>What records are differences to, beside the context.</summary>
    private readonly record struct Position(int Tid, int Cpu, long TimeNs);

    private RecordFormatException Error(string problem) => new($"block {_block}", _bodyAt, problem);
}
