using Akka.Actor;

namespace Tracer.Actors;

/// <summary>
/// What a TraceActor knows beside its processes and blocks: sessions, the writer, and how the store does. Transitions are pure.
/// </summary>
public sealed record TraceState
{
    /// <summary>Session of the uplink; 0 before the first.</summary>
    public long Session { get; init; }

    /// <summary>Parcels of the session taken in so far.</summary>
    public long Parcels { get; init; }

    /// <summary>Credit.</summary>
    public CreditWindow Credit { get; init; }

    /// <summary>Epoch of the last writer that was ready.</summary>
    public ulong Epoch { get; init; }

    /// <summary>Failures since the last success.</summary>
    public int Failures { get; init; }

    /// <summary>When the first of them was.</summary>
    public DateTimeOffset FailingSince { get; init; }

    /// <summary>What the last one said.</summary>
    public string? Problem { get; init; }

    /// <summary>The trace was there before this actor's first writer: processes may go on in mid-sequence.</summary>
    public bool Reopened { get; init; }

    /// <summary>A Close was sent to a writer: TraceClosed may land even if that writer fails.</summary>
    public bool CloseSent { get; init; }

    /// <summary>A session begins.</summary>
    public TraceState Connect() => this with { Session = Session + 1, Parcels = 0 };

    /// <summary>A parcel came; false when the one before it did not.</summary>
    public bool Follows(TraceProtocol.Parcel parcel) => parcel.Session == Session && parcel.Index == Parcels + 1;

    /// <summary>A writer is ready.</summary>
    public TraceState WriterReady(JournalProtocol.Ready ready) =>
        this with { Epoch = ready.Epoch, Reopened = Epoch == 0 ? ready.Reopened : Reopened };

    /// <summary>A writer said why it stops.</summary>
    public TraceState Failed(string problem) => this with { Problem = problem };

    /// <summary>A writer has stopped.</summary>
    public TraceState WriterGone(DateTimeOffset now) => this with
    {
        Failures = Failures + 1,
        FailingSince = Failures == 0 ? now : FailingSince,
        Problem = Problem ?? "the journal writer stopped",
    };

    /// <summary>Something was committed.</summary>
    public TraceState Works() => this with { Failures = 0, Problem = null };

    /// <summary>
    /// How long to wait before the next writer: doubled at each failure up to the most, and spread so that many traces do not come back
    /// at once.
    /// </summary>
    /// <param name="settings">First and longest wait.</param>
    /// <param name="random">0 to 1.</param>
    public TimeSpan Backoff(TracerSettings.TraceSettings settings, double random)
    {
        double factor = Math.Pow(2, Math.Min(Failures - 1, 30));
        double wait = Math.Min(settings.MinBackoff.TotalSeconds * factor, settings.MaxBackoff.TotalSeconds / 1.2);
        return TimeSpan.FromSeconds(Math.Max(wait * (0.8 + (0.4 * random)), settings.MinBackoff.TotalSeconds));
    }
}

/// <summary>A process as its TraceActor sees it.</summary>
internal sealed class TracedProcess(IActorRef actor)
{
    /// <summary>Its ProcessActor.</summary>
    public IActorRef Actor { get; } = actor;

    /// <summary>Blocks of the parcel being dealt out.</summary>
    public List<Records.Block> Batch { get; } = [];

    /// <summary>How many of these go as Commit: up to the last with a sync record.</summary>
    public int CommitCount { get; set; }

    /// <summary>Bytes told as Enqueue since the last Commit.</summary>
    public long QueuedBytes { get; set; }
}
