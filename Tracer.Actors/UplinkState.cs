using Tracer.Records;

namespace Tracer.Actors;

/// <summary>An uplink's session and what it knows of the trace, beside the blocks it holds. Transitions are pure.</summary>
public sealed record UplinkState
{
    /// <summary>Session; 0 before the first.</summary>
    public long Session { get; init; }

    /// <summary>Parcels sent in the session.</summary>
    public long Parcels { get; init; }

    /// <summary>The offset up to which may be sent.</summary>
    public long CreditOffset { get; init; }

    /// <summary>What the CLI is shown.</summary>
    public PipelineProgress Progress { get; init; } = PipelineProgress.None;

    /// <summary>How the trace is to end; null until it is to end.</summary>
    public TraceEnding? Ending { get; init; }

    /// <summary>A session begins.</summary>
    public UplinkState Ready(TraceProtocol.Ready ready) => this with
    {
        Session = ready.Session,
        Parcels = 0,
        CreditOffset = ready.CreditOffset,
        Progress = Progress with { Connected = true },
    };

    /// <summary>The next parcel.</summary>
    public (UplinkState State, TraceProtocol.Parcel Parcel) Send(Block[] blocks)
    {
        var next = this with { Parcels = Parcels + 1 };
        return (next, new TraceProtocol.Parcel(Session, next.Parcels, blocks));
    }

    /// <summary>Blocks were committed.</summary>
    public UplinkState Committed(BlockSet blocks, int count, long bytes) => this with
    {
        Progress = Progress with
        {
            CommittedThrough = blocks.Through,
            BlocksCommitted = Progress.BlocksCommitted + count,
            BytesCommitted = Progress.BytesCommitted + bytes,
        },
    };

    /// <summary>The store fails.</summary>
    public UplinkState Fails(TraceProtocol.StoreFails fails) =>
        this with { Progress = Progress with { Failure = fails.Problem, RetryingSince = fails.Since } };

    /// <summary>The store works again.</summary>
    public UplinkState Works() => this with { Progress = Progress with { Failure = null, RetryingSince = null } };

    /// <summary>Nothing more can be committed.</summary>
    public UplinkState Fatal(string problem) => this with { Progress = Progress with { Fatal = problem } };
}
