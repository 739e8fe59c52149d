namespace Tracer.Records;

/// <summary>
/// The recorder's state that each segment carries, so that the last segment alone tells where to go on: no snapshots, no replay.
/// Totals include the segment that carries them.
/// </summary>
public sealed record SegmentState
{
    /// <summary>Which trace.</summary>
    public required Guid TraceId { get; init; }

    /// <summary>Which pool; with a block's number it identifies the block.</summary>
    public required Guid PoolId { get; init; }

    /// <summary>Who writes: one more at each start of a journal writer. A writer that finds a higher one stops (fencing).</summary>
    public required ulong Epoch { get; init; }

    /// <summary>Ordinal of the segment in the trace, from 1.</summary>
    public required ulong Ordinal { get; init; }

    /// <summary>SHA-256 of the segment before; 32 zero bytes in the first.</summary>
    public required ReadOnlyMemory<byte> PreviousHash { get; init; }

    /// <summary>All blocks up to this number are committed.</summary>
    public required ulong CommittedThrough { get; init; }

    /// <summary>Blocks above <see cref="CommittedThrough"/> that are committed too, ascending.</summary>
    public required IReadOnlyList<ulong> CommittedBeyond { get; init; }

    /// <summary>Records so far.</summary>
    public required ulong Records { get; init; }

    /// <summary>Events (kinds 1 to 18) so far.</summary>
    public required ulong Events { get; init; }

    /// <summary>Events that Drop records stand for, so far.</summary>
    public required ulong Dropped { get; init; }

    /// <summary>Raw bytes of blocks so far.</summary>
    public required ulong RawBytes { get; init; }

    /// <summary>Processes so far: blocks that began with sequence number 1.</summary>
    public required ulong Processes { get; init; }

    /// <summary>Stored bytes of segments so far, without this one (its length is not known when its head is written).</summary>
    public required ulong StoredBytesBefore { get; init; }

    /// <summary>Time of the last record so far, CLOCK_MONOTONIC nanoseconds.</summary>
    public required long LastTimeNs { get; init; }
}
