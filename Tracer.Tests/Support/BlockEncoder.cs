using Tracer.Records;

namespace Tracer.Tests.Support;

/// <summary>
/// Makes blocks from records, plainly and by FORMAT.md, so that the decoder is tested against something other than the product's own writer.
/// </summary>
internal sealed class BlockEncoder(ProcessIdentity process, int capacity = 4000)
{
    private readonly List<byte> _body = [];
    private readonly List<byte> _times = [];
    private readonly Dictionary<int, (int Number, int Count, ulong[] Arguments)> _calls = [];
    private readonly Dictionary<int, (int Thread, int Number)> _threads = [];
    private ulong _nextSeq = 1;
    private bool _open;
    private bool _continues;
    private int _tid;
    private int _cpu;
    private ulong _firstSeq;
    private int _count;
    private int _events;
    private ulong _dropped;
    private ulong _kinds;
    private bool _sync;
    private long _baseTime;
    private long _time;

    /// <summary>Blocks sealed so far, without number and low water: see <see cref="Number"/>.</summary>
    public List<Block> Sealed { get; } = [];

    public ProcessIdentity Process => process;

    public ulong LastSeq => _nextSeq - 1;

    /// <summary>Base time of the open block; null when none is open.</summary>
    public long? OpenSince => _open ? _baseTime : null;

    public int Used => _body.Count + _times.Count;

    public void Syscall(int tid, long timeNs, int number, params ulong[] arguments)
    {
        Begin(RecordKind.Syscall, tid, timeNs, 90, out _);
        Varint(_body, Tracer.Records.Varint.ZigZag(number));
        int maskAt = _body.Count;
        _body.Add(0);
        int line = number & 63;
        if (!_calls.TryGetValue(line, out var last) || last.Number != number)
        {
            last = (number, -1, new ulong[6]);
        }

        int mask = 0;
        if (last.Count != arguments.Length)
        {
            mask |= RecordTag.ArgumentCount;
            _body.Add((byte)arguments.Length);
        }

        for (int i = 0; i < arguments.Length; i++)
        {
            long delta = unchecked((long)(arguments[i] - last.Arguments[i]));
            if (delta != 0)
            {
                mask |= 1 << i;
                Varint(_body, Tracer.Records.Varint.ZigZag(delta));
                last.Arguments[i] = arguments[i];
            }
        }

        _body[maskAt] = (byte)mask;
        _calls[line] = (number, arguments.Length, last.Arguments);
        _threads[tid & 31] = (tid, number);
    }

    public void Sysret(int tid, long timeNs, int number, long result)
    {
        Begin(RecordKind.Sysret, tid, timeNs, 40, out int tagAt);
        if (!_threads.TryGetValue(tid & 31, out var call) || call.Thread != tid || call.Number != number)
        {
            _body[tagAt] |= 0x80;
            Varint(_body, Tracer.Records.Varint.ZigZag(number));
        }

        Varint(_body, Tracer.Records.Varint.ZigZag(result));
    }

    public void Payload(RecordKind kind, int tid, long timeNs, ReadOnlySpan<byte> payload, int cpu = -1, ulong dropped = 0)
    {
        Begin(kind, tid, timeNs, Math.Min(payload.Length, capacity / 2) + 40, out int tagAt, cpu);
        _dropped += dropped;
        int room = capacity - Used - 8;
        while (payload.Length > room)
        {
            _body[tagAt] |= 0x80;
            Varint(_body, (ulong)room);
            _body.AddRange(payload[..room]);
            payload = payload[room..];
            Seal();
            _continues = true;
            Open(timeNs);
            tagAt = _body.Count;
            _body.Add(29);
            room = capacity - Used - 8;
        }

        Varint(_body, (ulong)payload.Length);
        _body.AddRange(payload);
    }

    /// <summary>Ends the open block; null when it is empty.</summary>
    public Block? Seal()
    {
        if (!_open)
        {
            return null;
        }

        _times.Reverse();
        var block = new Block
        {
            Number = 1,
            Process = process,
            FirstSeq = _firstSeq,
            Count = _count,
            Events = _events,
            Dropped = _dropped,
            Kinds = _kinds,
            BaseTimeNs = _baseTime,
            LastTimeNs = _time,
            LowWaterNs = 0,
            HasSync = _sync,
            Continues = _continues,
            Body = _body.ToArray(),
            Times = _times.ToArray(),
        };
        _open = false;
        _continues = false;
        Sealed.Add(block);
        return block;
    }

    /// <summary>A copy with other numbers, e.g. those that the pool gives at the seal.</summary>
    public static Block Number(Block block, ulong number, long lowWaterNs) => new()
    {
        Number = number,
        Process = block.Process,
        FirstSeq = block.FirstSeq,
        Count = block.Count,
        Events = block.Events,
        Dropped = block.Dropped,
        Kinds = block.Kinds,
        BaseTimeNs = block.BaseTimeNs,
        LastTimeNs = block.LastTimeNs,
        LowWaterNs = lowWaterNs,
        HasSync = block.HasSync,
        Continues = block.Continues,
        Body = block.Body,
        Times = block.Times,
    };

    private void Open(long timeNs)
    {
        _open = true;
        _body.Clear();
        _times.Clear();
        _calls.Clear();
        _threads.Clear();
        _tid = process.Pid;
        _cpu = -1;
        _firstSeq = _nextSeq;
        _count = 0;
        _events = 0;
        _dropped = 0;
        _kinds = 0;
        _sync = false;
        _baseTime = timeNs;
        _time = timeNs;
    }

    private void Begin(RecordKind kind, int tid, long timeNs, int size, out int tagAt, int cpu = -1)
    {
        if (_open && Used + size > capacity)
        {
            Seal();
        }

        if (!_open)
        {
            Open(timeNs);
        }

        if (timeNs < _time)
        {
            _body.Add(RecordTag.TimeBack);
            Varint(_body, (ulong)(_time - timeNs));
            _time = timeNs;
        }

        tagAt = _body.Count;
        byte tag = RecordTag.CodeOf(kind);
        _body.Add(tag);
        if (tag == RecordTag.OtherKind)
        {
            _body.Add((byte)kind);
        }

        if (tid != _tid)
        {
            _body[tagAt] |= RecordTag.Thread;
            Varint(_body, Tracer.Records.Varint.ZigZag(tid - _tid));
            _tid = tid;
        }

        if (cpu >= 0 && cpu != _cpu)
        {
            _body[tagAt] |= RecordTag.Cpu;
            Varint(_body, (ulong)cpu);
            _cpu = cpu;
        }

        Varint(_times, (ulong)(timeNs - _time));
        _time = timeNs;
        _count++;
        _nextSeq++;
        _events += RecordKinds.IsEvent(kind) ? 1 : 0;
        _sync |= RecordKinds.IsSync(kind);
        _kinds |= RecordKinds.Bit(kind);
    }

    private static void Varint(List<byte> to, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            to.Add((byte)((value & 0x7f) | 0x80));
        }

        to.Add((byte)value);
    }
}
