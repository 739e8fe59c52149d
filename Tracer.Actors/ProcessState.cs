using System.Collections.Immutable;
using System.Diagnostics;
using Tracer.Records;

namespace Tracer.Actors;

/// <summary>
/// What a ProcessActor holds: offered blocks, then queued ones, in the process's order. Transitions are pure; recovery of a writer
/// uses the same ones.
/// </summary>
/// <remarks>The two queues are immutable, at the price of a node per block; there is no work per record.</remarks>
public sealed record ProcessState
{
    /// <summary>Whose blocks.</summary>
    public required ProcessIdentity Process { get; init; }

    /// <summary>Given to the journal and not yet answered, oldest first.</summary>
    public ImmutableQueue<Block> Offered { get; init; } = ImmutableQueue<Block>.Empty;

    /// <summary>Enqueued, behind the offered ones.</summary>
    public ImmutableQueue<Block> Queued { get; init; } = ImmutableQueue<Block>.Empty;

    /// <summary>Blocks in both.</summary>
    public int PendingBlocks { get; init; }

    /// <summary>Their bytes.</summary>
    public long PendingBytes { get; init; }

    /// <summary>Bytes queued and not offered.</summary>
    public long QueuedBytes { get; init; }

    /// <summary>Last sequence number taken in; 0 when none.</summary>
    public ulong LastSeq { get; init; }

    /// <summary>False when the process may have begun before this actor: a taken-over pool. The first block then sets the order.</summary>
    public bool FromBirth { get; init; } = true;

    /// <summary>The process's End has come; nothing may follow.</summary>
    public bool EndSeen { get; init; }

    /// <summary>The End and all before it are committed.</summary>
    public bool Drained => EndSeen && PendingBlocks == 0;

    /// <summary>The sequence number that the block must begin with; 0 when any will do.</summary>
    public ulong ExpectedSeq => LastSeq == 0 && !FromBirth ? 0 : LastSeq + 1;

    /// <summary>A block is in its place.</summary>
    public bool Follows(Block block) => !EndSeen && (ExpectedSeq == 0 || block.FirstSeq == ExpectedSeq);

    /// <summary>A block is queued.</summary>
    public ProcessState Enqueue(Block block)
    {
        AssertInvariants();
        return this with
        {
            Queued = Queued.Enqueue(block),
            PendingBlocks = PendingBlocks + 1,
            PendingBytes = PendingBytes + block.Length,
            QueuedBytes = QueuedBytes + block.Length,
            LastSeq = Math.Max(LastSeq, block.LastSeq),
            EndSeen = EndSeen || (block.Kinds & RecordKinds.Bit(RecordKind.End)) != 0,
        };
    }

    /// <summary>All that is queued is offered.</summary>
    public (ProcessState State, Block[] Offer) Drain()
    {
        AssertInvariants();
        if (Queued.IsEmpty)
        {
            return (this, []);
        }

        Block[] offer = [.. Queued];
        var offered = Offered;
        foreach (var block in offer)
        {
            offered = offered.Enqueue(block);
        }

        return (this with { Offered = offered, Queued = ImmutableQueue<Block>.Empty, QueuedBytes = 0 }, offer);
    }

    /// <summary>The journal answered cumulatively: all offered blocks up to a number are committed.</summary>
    public (ProcessState State, Block[] Answered) Committed(ulong through) => Take(b => b.Number <= through);

    /// <summary>
    /// A new writer says what is committed: a write whose outcome was unknown may have landed. The rest is offered again.
    /// </summary>
    public (ProcessState State, Block[] Answered) Recovered(BlockSet committed) => Take(b => committed.Contains(b.Number));

    /// <summary>Nothing is held any more.</summary>
    public ProcessState Abandon() => this with
    {
        Offered = ImmutableQueue<Block>.Empty,
        Queued = ImmutableQueue<Block>.Empty,
        PendingBlocks = 0,
        PendingBytes = 0,
        QueuedBytes = 0,
    };

    private (ProcessState State, Block[] Taken) Take(Func<Block, bool> committed)
    {
        AssertInvariants();
        var offered = Offered;
        var taken = new List<Block>();
        long bytes = 0;
        while (!offered.IsEmpty && committed(offered.Peek()))
        {
            offered = offered.Dequeue(out var block);
            taken.Add(block);
            bytes += block.Length;
        }

        return (this with { Offered = offered, PendingBlocks = PendingBlocks - taken.Count, PendingBytes = PendingBytes - bytes }, [.. taken]);
    }

    [Conditional("DEBUG")]
    private void AssertInvariants()
    {
        Debug.Assert(PendingBlocks >= 0, "blocks are answered once");
        Debug.Assert(QueuedBytes <= PendingBytes, "what is queued is pending");
        Debug.Assert(PendingBlocks > 0 == !(Offered.IsEmpty && Queued.IsEmpty), "the count is that of the queues");
    }
}
