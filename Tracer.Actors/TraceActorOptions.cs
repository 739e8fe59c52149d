using Akka.Actor;

namespace Tracer.Actors;

/// <summary>What a TraceActor is started with.</summary>
public sealed record TraceActorOptions
{
    /// <summary>The trace.</summary>
    public required Guid TraceId { get; init; }

    /// <summary>Settings.</summary>
    public required TracerSettings.TraceSettings Settings { get; init; }

    /// <summary>Settings of its ProcessActors.</summary>
    public required TracerSettings.ProcessSettings ProcessSettings { get; init; }

    /// <summary>
    /// The journal writer, by the epoch of the writer before it (0 for the first) and whether our own TraceClosed may have landed.
    /// </summary>
    public required Func<ulong, bool, Props> JournalProps { get; init; }

    /// <summary>Says since when the store fails.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>0 to 1, for the spread of the back-off.</summary>
    public Func<double> Random { get; init; } = System.Random.Shared.NextDouble;
}
