namespace Tracer.Records;

/// <summary>
/// The sealed records of one process: the unit of the pool, of messages and of a segment's frames. Self-contained: it is decoded
/// without the blocks before it, but for a record whose first fragment they hold.
/// </summary>
/// <remarks>For a block in a pool, <see cref="Body"/> and <see cref="Times"/> are that memory: valid until the block is returned.</remarks>
public sealed class Block
{
    /// <summary>Number in its recorder, 1, 2, 3 ... as sealed. With the pool id it identifies the block.</summary>
    public required ulong Number { get; init; }

    /// <summary>Whose records these are.</summary>
    public required ProcessIdentity Process { get; init; }

    /// <summary>Sequence number of the first record that begins here. Sequence numbers of a process are 1, 2, 3 ... without a gap.</summary>
    public required ulong FirstSeq { get; init; }

    /// <summary>Records that begin here; a continued record counts where it begins.</summary>
    public required int Count { get; init; }

    /// <summary>Of these, events (kinds 1 to 18).</summary>
    public required int Events { get; init; }

    /// <summary>Events that Drop records in this block stand for; unknown counts add nothing.</summary>
    public required ulong Dropped { get; init; }

    /// <summary>Set of kinds, by <see cref="RecordKinds.Bit"/>.</summary>
    public required ulong Kinds { get; init; }

    /// <summary>Time that the first record's delta adds to, CLOCK_MONOTONIC nanoseconds.</summary>
    public required long BaseTimeNs { get; init; }

    /// <summary>Time of the last record.</summary>
    public required long LastTimeNs { get; init; }

    /// <summary>No block with a higher number holds a record that is older than this: lets a reader merge processes without a window.</summary>
    public required long LowWaterNs { get; init; }

    /// <summary>Holds a sync record, or must be committed now: travels as Commit, else as Enqueue.</summary>
    public required bool HasSync { get; init; }

    /// <summary>Its first entry continues a record of the block before it.</summary>
    public required bool Continues { get; init; }

    /// <summary>Encoded records (FORMAT.md, "Records").</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Time deltas of the records, stored back to front (FORMAT.md, "Times").</summary>
    public required ReadOnlyMemory<byte> Times { get; init; }

    /// <summary>Index in the local pool; -1 for a block that came otherwise.</summary>
    public int PoolIndex { get; init; } = -1;

    /// <summary>Bytes of records and times.</summary>
    public int Length => Body.Length + Times.Length;

    /// <summary>Sequence number of the last record that begins here.</summary>
    public ulong LastSeq => FirstSeq + (ulong)Count - 1;
}
