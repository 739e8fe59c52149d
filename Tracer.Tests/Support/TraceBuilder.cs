using Tracer.Records;
using Tracer.Records.Payloads;

namespace Tracer.Tests.Support;

/// <summary>A trace as rows: processes whose records are put into blocks, blocks into segments, and the first and last row.</summary>
internal sealed class TraceBuilder
{
    private readonly Dictionary<int, BlockEncoder> _open = [];
    private readonly List<BlockEncoder> _encoders = [];
    private readonly SortedSet<ulong> _committed = [];
    private readonly int _capacity;
    private ulong _number;
    private byte[] _lastHash = new byte[32];
    private (ulong Records, ulong Events, ulong Dropped, ulong Raw, ulong Processes, ulong Stored) _totals;

    public TraceBuilder(int capacity = 400) => _capacity = capacity;

    public static Guid TraceId { get; } = new("019a0000-0000-7000-8000-000000000001");

    public static Guid PoolId { get; } = new("019a0000-0000-7000-8000-000000000002");

    /// <summary>Blocks sealed and not yet in a segment.</summary>
    public List<Block> Pending { get; } = [];

    public List<byte[]> Segments { get; } = [];

    public long Time { get; set; } = 1_000_000;

    public TraceHeader Header { get; } = new()
    {
        TraceId = TraceId,
        Number = 1,
        Command = ["true"],
        Points = "acinstuxy",
        NotCovered = ["u: no source"],
        Policy = "window",
        Collector = "ptrace",
        GenioSize = 256,
        Host = "h",
        MachineId = "",
        BootId = "",
        Machine = 0xC000003E,
        Uid = 0,
        StartedRealtimeNs = 0,
        StartedMonotonicNs = 0,
        TracerVersion = "0",
    };

    public BlockEncoder Process(int pid)
    {
        if (!_open.TryGetValue(pid, out var encoder))
        {
            encoder = new BlockEncoder(new ProcessIdentity(pid, pid, (ulong)pid * 100), _capacity);
            _open.Add(pid, encoder);
            _encoders.Add(encoder);
        }

        return encoder;
    }

    /// <summary>A call and its return: two events.</summary>
    public TraceBuilder Call(int pid, int number = 3, params ulong[] arguments)
    {
        var process = Process(pid);
        process.Syscall(pid, Time += 100, number, arguments);
        process.Sysret(pid, Time += 50, number, 0);
        return this;
    }

    public TraceBuilder Info(int pid, string comm, params string[] argv)
    {
        byte[] arguments = [.. argv.SelectMany(a => System.Text.Encoding.UTF8.GetBytes(a).Append((byte)0))];
        return Own(pid, RecordKind.ProcInfo, d => new ProcInfoPayload(1, pid, 1, 1, default, default, 0, comm, "", "", "", arguments).Write(d));
    }

    public TraceBuilder Drop(int pid, RecordKind kind, ulong? count, DropReason reason = DropReason.PoolFull) =>
        Own(pid, RecordKind.Drop, d => new DropPayload(kind, count, Time - 10, Time, reason).Write(d), count ?? 0);

    public TraceBuilder End(int pid, ulong generated, ulong? dropped = 0, EndReason reason = EndReason.Exit, ulong? lastSeq = null)
    {
        Own(pid, RecordKind.End, d => new EndPayload(reason, lastSeq ?? (Process(pid).LastSeq + 1), generated, dropped, 7, 1).Write(d));
        Process(pid).Seal();
        return this;
    }

    public TraceBuilder Own(int pid, RecordKind kind, Func<byte[], int> write, ulong dropped = 0)
    {
        byte[] payload = new byte[ProcInfoPayload.MaxLength];
        int length = write(payload);
        Process(pid).Payload(kind, pid, Time += 10, payload.AsSpan(0, length), dropped: dropped);
        return this;
    }

    /// <summary>Seals all open blocks, in the order of the processes, and gives them numbers.</summary>
    public TraceBuilder Seal()
    {
        foreach (var encoder in _encoders)
        {
            encoder.Seal();
            Take(encoder);
        }

        return this;
    }

    /// <summary>Gives numbers to blocks that the encoder has sealed.</summary>
    public void Take(BlockEncoder encoder)
    {
        foreach (var block in encoder.Sealed)
        {
            Pending.Add(BlockEncoder.Number(block, ++_number, block.BaseTimeNs));
        }

        encoder.Sealed.Clear();
    }

    /// <summary>Takes blocks that have their numbers, e.g. from a pool.</summary>
    public TraceBuilder Take(IReadOnlyList<Block> blocks)
    {
        Pending.AddRange(blocks);
        _number = Math.Max(_number, blocks.Max(b => b.Number));
        return this;
    }

    /// <summary>Puts pending blocks into a segment.</summary>
    public TraceBuilder Commit(Func<Block, bool>? which = null, int level = 3, int frameTarget = SegmentBuilder.FrameTarget)
    {
        var blocks = Pending.FindAll(b => which is null || which(b));
        Pending.RemoveAll(blocks.Contains);
        using var builder = new SegmentBuilder(level, frameTarget);
        foreach (var block in blocks)
        {
            builder.Add(block);
        }

        Segments.Add(builder.Build(StateWith(blocks)));
        _lastHash = Segment.HashOf(Segments[^1]);
        _totals.Stored += (ulong)Segments[^1].Length;
        return this;
    }

    /// <summary>The state of the next segment, which has these blocks.</summary>
    public SegmentState StateWith(IReadOnlyCollection<Block> blocks)
    {
        foreach (var block in blocks)
        {
            _committed.Add(block.Number);
            _totals.Records += (ulong)block.Count;
            _totals.Events += (ulong)block.Events;
            _totals.Dropped = unchecked(_totals.Dropped + block.Dropped);
            _totals.Raw += (ulong)block.Length;
            _totals.Processes += block.FirstSeq == 1 ? 1UL : 0;
        }

        ulong through = 0;
        while (_committed.Contains(through + 1))
        {
            through++;
        }

        return new SegmentState
        {
            TraceId = TraceId,
            PoolId = PoolId,
            Epoch = 1,
            Ordinal = (ulong)Segments.Count + 1,
            PreviousHash = _lastHash,
            CommittedThrough = through,
            CommittedBeyond = [.. _committed.Where(n => n > through)],
            Records = _totals.Records,
            Events = _totals.Events,
            Dropped = _totals.Dropped,
            RawBytes = _totals.Raw,
            Processes = _totals.Processes,
            StoredBytesBefore = _totals.Stored,
            LastTimeNs = Time,
        };
    }

    public TraceEnd Close() => new()
    {
        Reason = "ended",
        WaitStatus = 0,
        EndedRealtimeNs = 1,
        Blocks = _number,
        Segments = (ulong)Segments.Count,
        LastHash = Segments.Count == 0 ? "" : Convert.ToHexString(_lastHash).ToLowerInvariant(),
    };

    /// <summary>What the verifier says of rows; ordinals are given as 1, 2, 3 ... unless told.</summary>
    public VerifyReport Verify(TraceEnd? end, IEnumerable<(ulong Ordinal, byte[] Bytes)>? rows = null)
    {
        using var verifier = new TraceVerifier();
        verifier.Opened(Header);
        foreach (var (ordinal, bytes) in rows ?? Segments.Select((bytes, i) => ((ulong)i + 1, bytes)))
        {
            verifier.Add(ordinal, bytes);
        }

        if (end is not null)
        {
            verifier.Closed(end);
        }

        return verifier.Finish();
    }
}
