namespace Tracer.Records;

/// <summary>
/// A traced process as its writer sees it: its slot, its open block, and what the next record is encoded against. The writer thread only.
/// </summary>
public sealed unsafe class ProcessLog
{
    internal ProcessLog(in ProcessIdentity identity)
    {
        Identity = identity;
    }

    /// <summary>Which process.</summary>
    public ProcessIdentity Identity { get; }

    /// <summary>Records appended so far: the sequence number of the last.</summary>
    public ulong LastSeq { get; internal set; }

    internal DeltaContext Context { get; } = new();

    internal int Slot { get; set; } = -1;

    internal ProcessSlot* SlotAt { get; set; }

    /// <summary>Blocks that the process has: open, queued or in flight.</summary>
    internal int Owned { get; set; }

    /// <summary>Index of the open block; -1 when there is none.</summary>
    internal int BlockIndex { get; set; } = -1;

    internal BlockHead* Head;

    /// <summary>End of the records in the open block, from its start.</summary>
    internal int BodyEnd;

    /// <summary>Start of the times in the open block, from its start.</summary>
    internal int TimesStart;
    internal int LastTid;
    internal long LastTimeNs;
    internal int Count;
    internal int Events;
    internal ulong Dropped;
    internal ulong Kinds;
    internal byte Flags;

    /// <summary>A record has been cut and goes on in the next block.</summary>
    internal bool Continues;

    /// <summary>Events appended so far.</summary>
    internal ulong StoredEvents;

    /// <summary>Events that Drop records appended so far stand for.</summary>
    internal ulong DeclaredDrops;

    /// <summary>Number of the last block that was sealed.</summary>
    internal ulong LastBlock;

    internal bool Ended;

    /// <summary>The cells of <see cref="DropCounts"/> that have something to tell, a bit each.</summary>
    internal uint Lost;

    /// <summary>Stops that were refused a reservation and wait.</summary>
    internal int Waiting;

    /// <summary>Time of the oldest record in the open block.</summary>
    internal long OldestNs;

    /// <summary>Open blocks are linked by <see cref="OldestNs"/>.</summary>
    internal ProcessLog? OlderOpen;
    internal ProcessLog? NewerOpen;

    /// <summary>True when the open block has something to offer: records, or the rest of one.</summary>
    internal bool HasRecords => Head != null && BodyEnd > BlockHead.Size;

    /// <summary>Bytes left in the open block for any record.</summary>
    internal int Room => Head == null ? 0 : TimesStart - BodyEnd;
}
