using System.Diagnostics.Metrics;

namespace Tracer.Actors;

/// <summary>All instruments of the actors.</summary>
public static class TracerMetrics
{
    private static readonly Meter Meter = new("Tracer.Actors");

    /// <summary>ProcessActors that stopped with pending blocks (C6). Must stay 0.</summary>
    public static readonly Counter<long> StoppedWithPending = Meter.CreateCounter<long>("tracer.process.stopped_with_pending", "{process}");

    /// <summary>Blocks that did not begin with the sequence number that must follow. Must stay 0.</summary>
    public static readonly Counter<long> SequenceBroken = Meter.CreateCounter<long>("tracer.process.sequence_broken", "{block}");

    /// <summary>Blocks that came again and were not stored again.</summary>
    public static readonly Counter<long> Repeats = Meter.CreateCounter<long>("tracer.trace.repeats", "{block}");

    /// <summary>Times that a recorder sent more than its credit. Must stay 0.</summary>
    public static readonly Counter<long> Overruns = Meter.CreateCounter<long>("tracer.trace.overruns", "{parcel}");

    /// <summary>Times that a journal writer stopped and another had to be started.</summary>
    public static readonly Counter<long> WriterFailures = Meter.CreateCounter<long>("tracer.journal.failures", "{failure}");

    /// <summary>Segments committed.</summary>
    public static readonly Counter<long> Segments = Meter.CreateCounter<long>("tracer.journal.segments", "{segment}");

    /// <summary>Raw bytes committed.</summary>
    public static readonly Counter<long> RawBytes = Meter.CreateCounter<long>("tracer.journal.raw", "By");

    /// <summary>Bytes of segments committed.</summary>
    public static readonly Counter<long> StoredBytes = Meter.CreateCounter<long>("tracer.journal.stored", "By");

    /// <summary>From the hand-over of a segment to the answer.</summary>
    public static readonly Histogram<double> WriteTime = Meter.CreateHistogram<double>("tracer.journal.write", "s");
}
