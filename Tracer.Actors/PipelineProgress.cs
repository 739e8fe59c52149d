namespace Tracer.Actors;

/// <summary>How far the journal is behind the recorder, as the summary and the progress line show it.</summary>
public sealed record PipelineProgress
{
    /// <summary>Before anything was sent.</summary>
    public static readonly PipelineProgress None = new();

    /// <summary>A journal writer has been ready.</summary>
    public bool Connected { get; init; }

    /// <summary>Blocks taken from the pool and not committed.</summary>
    public int BlocksOutstanding { get; init; }

    /// <summary>Their bytes.</summary>
    public long BytesOutstanding { get; init; }

    /// <summary>Blocks committed since the start.</summary>
    public long BlocksCommitted { get; init; }

    /// <summary>Their bytes.</summary>
    public long BytesCommitted { get; init; }

    /// <summary>All blocks up to this number are committed.</summary>
    public ulong CommittedThrough { get; init; }

    /// <summary>What the store last failed with, in one line; null while it works.</summary>
    public string? Failure { get; init; }

    /// <summary>Since when it fails and is tried again; null while it works.</summary>
    public DateTimeOffset? RetryingSince { get; init; }

    /// <summary>Nothing more will be committed; says why.</summary>
    public string? Fatal { get; init; }
}

/// <summary>The last <see cref="PipelineProgress"/>: written by the uplink, read by any thread.</summary>
public sealed class ProgressBoard
{
    private volatile PipelineProgress _now = PipelineProgress.None;

    /// <summary>As it is now.</summary>
    public PipelineProgress Now
    {
        get => _now;
        internal set => _now = value;
    }
}
