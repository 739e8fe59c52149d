using Akka.Actor;
using Tracer.Records;

namespace Tracer.Actors;

/// <summary>
/// What a <see cref="TraceActor"/> is told by an uplink, and what it says. Shaped for the wire: every answer is cumulative, every command
/// may be lost.
/// </summary>
public static class TraceProtocol
{
    /// <summary>Sent to a TraceActor by an uplink.</summary>
    public interface ICommand : INoSerializationVerificationNeeded;

    /// <summary>Sent by a TraceActor to its uplink.</summary>
    public interface IReply : INoSerializationVerificationNeeded;

    /// <summary>
    /// An uplink wants to send. Answered by <see cref="Ready"/> when there is a journal writer. May be repeated: each answer begins a new
    /// session.
    /// </summary>
    public sealed record Connect(Guid PoolId) : ICommand;

    /// <summary>
    /// Up to 64 KiB of blocks, by number; parcels of a session are counted from 1, so that a lost one is noticed. A repeated block is
    /// acknowledged and not stored.
    /// </summary>
    public sealed record Parcel(long Session, long Index, Block[] Blocks) : ICommand;

    /// <summary>
    /// Asks for <see cref="Committed"/> again, or for <see cref="Ready"/> when a parcel was lost: the last one sent has this index. May
    /// be repeated.
    /// </summary>
    public sealed record Probe(long Session, long LastParcel) : ICommand;

    /// <summary>Commit all that is queued, also async records that nothing has drained (C5: exit, detach). May be repeated.</summary>
    public sealed record Drain : ICommand
    {
        /// <summary>The only one.</summary>
        public static readonly Drain Instance = new();
    }

    /// <summary>All blocks were answered; end the trace. Answered by <see cref="Closed"/>. May be repeated.</summary>
    public sealed record Close(TraceEnding Ending) : ICommand;

    /// <summary>The recorder goes and keeps what is not committed in its pool. May be repeated.</summary>
    public sealed record Abandon : ICommand
    {
        /// <summary>The only one.</summary>
        public static readonly Abandon Instance = new();
    }

    /// <summary>
    /// A session begins: what is committed, the credit offset at which the uplink starts to count, and up to which it may send. The uplink
    /// sends again all that is not committed. May come at any time.
    /// </summary>
    public sealed record Ready(long Session, BlockSet Committed, long StartOffset, long CreditOffset) : IReply;

    /// <summary>What is committed, and the absolute offset up to which may be sent. Cumulative: a repeat or a loss does no harm.</summary>
    public sealed record Committed(long Session, BlockSet Blocks, long CreditOffset) : IReply;

    /// <summary>The trace's last event is committed. Repeated to each <see cref="Close"/>.</summary>
    public sealed record Closed(TraceEnd End) : IReply;

    /// <summary>The store fails since a time and is tried again; nothing is lost. Told at each failure.</summary>
    public sealed record StoreFails(string Problem, DateTimeOffset Since, TimeSpan RetryIn) : IReply;

    /// <summary>The store works again. Once after <see cref="StoreFails"/>.</summary>
    public sealed record StoreWorks : IReply
    {
        /// <summary>The only one.</summary>
        public static readonly StoreWorks Instance = new();
    }

    /// <summary>Nothing more can be committed: another recorder has the trace. Final; repeated to each command.</summary>
    public sealed record Fenced(string Problem) : IReply;
}
