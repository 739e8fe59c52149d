using Akka.Actor;
using Akka.Event;
using Tracer.Records;

namespace Tracer.Actors;

/// <summary>What a <see cref="JournalActor"/> is told, and what it says. None of it leaves the process it runs in.</summary>
public static class JournalProtocol
{
    /// <summary>Sent to a JournalActor.</summary>
    public interface ICommand : INoSerializationVerificationNeeded;

    /// <summary>Sent by a JournalActor to the TraceActor, or to a ProcessActor.</summary>
    public interface IReply : INoSerializationVerificationNeeded;

    /// <summary>
    /// From a ProcessActor, only after <see cref="Ready"/>: its next blocks, in order. Answered by <see cref="Stored"/>. Not repeated to
    /// the same writer.
    /// </summary>
    public sealed record Append(ProcessIdentity Process, Block[] Blocks) : ICommand;

    /// <summary>From the TraceActor: write what is there, don't wait for more. May be repeated.</summary>
    public sealed record Flush : ICommand
    {
        /// <summary>The only one.</summary>
        public static readonly Flush Instance = new();
    }

    /// <summary>
    /// From the TraceActor: no block will follow; write what is there, then TraceClosed. Answered by <see cref="Closed"/>. May be
    /// repeated.
    /// </summary>
    public sealed record Close(TraceEnding Ending) : ICommand;

    /// <summary>To a ProcessActor: its blocks up to this number are committed. Cumulative, so a repeat does no harm.</summary>
    public sealed record Stored(ulong Through) : IReply, IDeadLetterSuppression;

    /// <summary>
    /// To the TraceActor, once: the writer has read the last row and takes blocks. With an <paramref name="End"/> the trace is closed
    /// already.
    /// </summary>
    public sealed record Ready(IActorRef Writer, ulong Epoch, BlockSet Committed, bool Reopened, TraceEnd? End) : IReply;

    /// <summary>To the TraceActor: TraceClosed is committed. Once.</summary>
    public sealed record Closed(TraceEnd End) : IReply;

    /// <summary>
    /// To the TraceActor: a write or the recovery failed and this writer stops. Whether the write lands later is not known; the next
    /// writer sees. Once.
    /// </summary>
    public sealed record Failed(string Problem) : IReply;

    /// <summary>To the TraceActor: another writer has taken the trace over. This one stops, and no other may be started. Once.</summary>
    public sealed record Fenced(string Problem) : IReply;
}
