using Tracer.Records;

namespace Tracer.Actors;

/// <summary>
/// Where a writer is in its trace: what the last segment said, and its hash. The next segment follows from it alone, be it the last
/// one written or the last one found at the start.
/// </summary>
public sealed record JournalState
{
    private static readonly byte[] NoHash = new byte[32];

    /// <summary>The last segment's state; null when there is none.</summary>
    public SegmentState? Last { get; init; }

    /// <summary>SHA-256 of the last segment; 32 zero bytes when there is none.</summary>
    public ReadOnlyMemory<byte> Hash { get; init; } = NoHash;

    /// <summary>Bytes of the last segment.</summary>
    public int Length { get; init; }

    /// <summary>This writer's epoch.</summary>
    public ulong Epoch { get; init; }

    /// <summary>What a writer goes on from that finds this at the end of its trace.</summary>
    public static JournalState At(TraceTail tail) => new()
    {
        Last = tail.Segment,
        Hash = tail.Segment is null ? NoHash : tail.SegmentHash,
        Length = tail.SegmentLength,
        Epoch = (tail.Segment?.Epoch ?? 0) + 1,
    };

    /// <summary>What the next segment says when it holds these blocks and this is committed with it.</summary>
    public SegmentState Next(Guid traceId, Guid poolId, IReadOnlyList<Block> blocks, BlockSet committed)
    {
        ulong records = 0, events = 0, dropped = 0, bytes = 0, processes = 0;
        long lastTime = Last?.LastTimeNs ?? 0;
        for (int i = 0; i < blocks.Count; i++)
        {
            var block = blocks[i];
            records += (ulong)block.Count;
            events += (ulong)block.Events;
            dropped += block.Dropped;
            bytes += (ulong)block.Length;
            processes += block.FirstSeq == 1 ? 1UL : 0;
            lastTime = Math.Max(lastTime, block.LastTimeNs);
        }

        return new SegmentState
        {
            TraceId = traceId,
            PoolId = poolId,
            Epoch = Epoch,
            Ordinal = (Last?.Ordinal ?? 0) + 1,
            PreviousHash = Hash,
            CommittedThrough = committed.Through,
            CommittedBeyond = committed.Beyond(),
            Records = (Last?.Records ?? 0) + records,
            Events = (Last?.Events ?? 0) + events,
            Dropped = (Last?.Dropped ?? 0) + dropped,
            RawBytes = (Last?.RawBytes ?? 0) + bytes,
            Processes = (Last?.Processes ?? 0) + processes,
            StoredBytesBefore = (Last?.StoredBytesBefore ?? 0) + (ulong)Length,
            LastTimeNs = lastTime,
        };
    }

    /// <summary>A segment has been made; the next one follows it.</summary>
    public JournalState After(SegmentState segment, ReadOnlyMemory<byte> hash, int length) => this with { Last = segment, Hash = hash, Length = length };

    /// <summary>The trace's end, when no segment follows.</summary>
    public TraceEnd End(TraceEnding ending, ulong lastBlock) => new()
    {
        Reason = ending.Reason,
        WaitStatus = ending.WaitStatus,
        EndedRealtimeNs = ending.EndedRealtimeNs,
        Blocks = lastBlock,
        Segments = Last?.Ordinal ?? 0,
        LastHash = Last is null ? "" : Convert.ToHexStringLower(Hash.Span),
    };
}

/// <summary>The end of a stored trace, as a writer that starts finds it.</summary>
/// <param name="LastSequenceNr">Sequence number of the last row; 0 when there is none.</param>
/// <param name="Segment">State of the last segment; null when there is none.</param>
/// <param name="SegmentHash">Its SHA-256.</param>
/// <param name="SegmentLength">Its bytes.</param>
/// <param name="End">The trace's end; null while it is open.</param>
public sealed record TraceTail(
    long LastSequenceNr, SegmentState? Segment, ReadOnlyMemory<byte> SegmentHash, int SegmentLength, TraceEnd? End);

/// <summary>Reads the end of a trace. Called off the actor's thread; may block on the store.</summary>
public interface ITraceTailReader
{
    /// <summary>The last row and the last segment of a trace.</summary>
    TraceTail ReadTail(Guid traceId);
}
