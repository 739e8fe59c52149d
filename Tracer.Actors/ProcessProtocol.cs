using Akka.Actor;
using Akka.Event;
using Tracer.Records;

namespace Tracer.Actors;

/// <summary>What a <see cref="ProcessActor"/> is told, and what it says. None of it leaves the process it runs in.</summary>
public static class ProcessProtocol
{
    /// <summary>Sent to a ProcessActor by its TraceActor.</summary>
    public interface ICommand : INoSerializationVerificationNeeded;

    /// <summary>Sent by a ProcessActor to its TraceActor.</summary>
    public interface IReply : INoSerializationVerificationNeeded;

    /// <summary>Blocks of async records only: they wait until a <see cref="Commit"/> drains them. Never repeated.</summary>
    public sealed record Enqueue(Block[] Blocks) : ICommand;

    /// <summary>
    /// Blocks that are offered to the journal now, behind all that is queued; none means only the drain. Answered by <see
    /// cref="Answered"/>. Never repeated.
    /// </summary>
    public sealed record Commit(Block[] Blocks) : ICommand;

    /// <summary>A journal writer is ready: what it has not committed is offered to it again. Comes once for each writer.</summary>
    public sealed record JournalIsReady(IActorRef Journal, BlockSet Committed) : ICommand;

    /// <summary>The writer is gone: nothing is offered until the next <see cref="JournalIsReady"/>. May be repeated.</summary>
    public sealed record JournalIsGone : ICommand
    {
        /// <summary>The only one.</summary>
        public static readonly JournalIsGone Instance = new();
    }

    /// <summary>
    /// What is pending stays with the recorder's pool, to be committed by the next start: stopping now is no failure. May be repeated.
    /// </summary>
    public sealed record Abandon : ICommand
    {
        /// <summary>The only one.</summary>
        public static readonly Abandon Instance = new();
    }

    /// <summary>
    /// These blocks are committed, in the process's order. With <paramref name="Ended"/> the process's End is among them, and the actor
    /// may be stopped. Never repeated.
    /// </summary>
    public sealed record Answered(ProcessIdentity Process, Block[] Blocks, bool Ended) : IReply;

    /// <summary>
    /// Published on the event stream when a ProcessActor stopped and held blocks that are not committed (C6). The recorder still has them;
    /// but nobody meant this to happen.
    /// </summary>
    public sealed record StoppedWithPending(ProcessIdentity Process, int Blocks, long Bytes) : IDeadLetterSuppression;

    /// <summary>
    /// Published on the event stream when a block's first sequence number is not the one that must follow (C1, C2). The block is stored
    /// all the same, so that verify shows the gap.
    /// </summary>
    public sealed record SequenceBroken(ProcessIdentity Process, ulong Block, ulong Expected, ulong Found) : IDeadLetterSuppression;
}
