using Akka.Actor;
using Akka.Event;
using Tracer.Records;

namespace Tracer.Actors;

/// <summary>
/// What an <see cref="UplinkActor"/> is told by its recorder, and what it says. None of it leaves the process it runs in.
/// </summary>
public static class UplinkProtocol
{
    /// <summary>Sent to an uplink by its recorder.</summary>
    public interface ICommand : INoSerializationVerificationNeeded;

    /// <summary>Sent by an uplink to who asked <see cref="Finish"/>.</summary>
    public interface IReply : INoSerializationVerificationNeeded;

    /// <summary>Blocks were sealed. May be repeated.</summary>
    public sealed record Pull : ICommand, IDeadLetterSuppression
    {
        /// <summary>The only one.</summary>
        public static readonly Pull Instance = new();
    }

    /// <summary>
    /// No block will be sealed any more: commit all, then end the trace. Answered by <see cref="Finished"/> or <see cref="Failed"/>,
    /// however long it takes. May be repeated.
    /// </summary>
    public sealed record Finish(TraceEnding Ending) : ICommand;

    /// <summary>Go now; what is not committed stays in the pool. Answered by <see cref="Abandoned"/>. May be repeated.</summary>
    public sealed record Abandon : ICommand
    {
        /// <summary>The only one.</summary>
        public static readonly Abandon Instance = new();
    }

    /// <summary>All is committed and the trace is closed.</summary>
    public sealed record Finished(TraceEnd End) : IReply;

    /// <summary>It will never be: another recorder has the trace.</summary>
    public sealed record Failed(string Problem) : IReply;

    /// <summary>Nothing more is taken from the pool.</summary>
    public sealed record Abandoned : IReply
    {
        /// <summary>The only one.</summary>
        public static readonly Abandoned Instance = new();
    }
}
