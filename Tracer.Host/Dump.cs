using Tracer.Actors;
using Tracer.Records;

namespace Tracer.Host;

/// <summary>From the rows of a trace to text on standard output, in one pass: memory holds what the merger needs and no more.</summary>
internal sealed class Dump(TraceView view, RecordFilter filter, IRecordText text)
{
    private readonly Output _output = new();

    /// <summary>Parts of the trace that could not be read and were left out.</summary>
    public long Damages { get; private set; }

    /// <summary>The first of them; null when all is well.</summary>
    public string? FirstDamage { get; private set; }

    /// <summary>Shows the records of these rows.</summary>
    public void Run(IEnumerable<StoredEvent> rows)
    {
        using var merger = new TraceMerger(onDamage: Damaged);
        foreach (var row in rows)
        {
            if (row.Manifest == TracerSerializer.SegmentManifest)
            {
                Add(merger, row);
                Show(merger);
            }
        }

        merger.Complete();
        Show(merger);
        _output.Flush();
    }

    private void Add(TraceMerger merger, StoredEvent row)
    {
        Segment segment;
        try
        {
            segment = Segment.Parse(row.Bytes, $"row {row.SequenceNr}");
        }
        catch (RecordFormatException e)
        {
            Damaged(e);
            return;
        }

        merger.Add(segment);
    }

    private void Show(TraceMerger merger)
    {
        while (merger.TryNext(out var process, out var record))
        {
            var known = view.Observe(process, record);
            if (filter.Includes(known, record))
            {
                text.Write(known, record, _output.Text);
                _output.Ready();
            }
        }
    }

    private void Damaged(RecordFormatException e)
    {
        Damages++;
        FirstDamage ??= e.Message;
    }
}
