using Akka.Actor;
using Tracer.Records;

namespace Tracer.Actors;

/// <summary>What an UplinkActor is started with.</summary>
public sealed record UplinkActorOptions
{
    /// <summary>The recorder's pool.</summary>
    public required IBlockSource Source { get; init; }

    /// <summary>The TraceActor.</summary>
    public required IActorRef Trace { get; init; }

    /// <summary>Settings.</summary>
    public required TracerSettings.UplinkSettings Settings { get; init; }

    /// <summary>Where progress is shown.</summary>
    public required ProgressBoard Board { get; init; }
}
