using Tracer.Records;

namespace Tracer.Actors;

/// <summary>What a JournalActor is started with.</summary>
public sealed record JournalActorOptions
{
    /// <summary>The trace.</summary>
    public required TraceHeader Header { get; init; }

    /// <summary>The recorder's pool.</summary>
    public required Guid PoolId { get; init; }

    /// <summary>Settings.</summary>
    public required TracerSettings.JournalSettings Settings { get; init; }

    /// <summary>Reads the end of the trace.</summary>
    public required ITraceTailReader TailReader { get; init; }

    /// <summary>For the length of writes.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How long blocks may wait for a segment to fill while nothing is being written. Zero under policy <c>each</c>.</summary>
    public TimeSpan Linger { get; init; }

    /// <summary>
    /// Epoch of this TraceActor's last writer; 0 for its first. A higher one in the store means that someone else took over.
    /// </summary>
    public ulong KnownEpoch { get; init; }

    /// <summary>Our own TraceClosed may have landed: to find it is no sign of another writer.</summary>
    public bool MayBeClosed { get; init; }
}
