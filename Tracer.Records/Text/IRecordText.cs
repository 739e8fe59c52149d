namespace Tracer.Records;

/// <summary>Shows records: one form of text.</summary>
public interface IRecordText
{
    /// <summary>Adds the lines of a record.</summary>
    /// <param name="process">What <see cref="TraceView.Observe"/> said of this record.</param>
    /// <param name="record">Standing at the record.</param>
    /// <param name="text">Where to.</param>
    void Write(ProcessView process, RecordDecoder record, TextBuffer text);
}

/// <summary>How records are shown.</summary>
public sealed record RecordTextOptions
{
    /// <summary>kdump's <c>-H</c>: a column with the thread.</summary>
    public bool ShowThread { get; init; }

    /// <summary>kdump's <c>-T</c>: seconds since 1970.</summary>
    public bool ShowAbsolute { get; init; }

    /// <summary>kdump's <c>-E</c>: seconds since the first record shown.</summary>
    public bool ShowElapsed { get; init; }

    /// <summary>kdump's <c>-R</c>: seconds since the record shown before; negative where another process's record was stamped earlier.</summary>
    public bool ShowRelative { get; init; }

    /// <summary>kdump's <c>-n</c>: numbers instead of names, for machines.</summary>
    public bool Raw { get; init; }

    /// <summary>kdump's <c>-m</c>: most bytes of data shown of one record. Default: all that was kept.</summary>
    public int MaxData { get; init; } = int.MaxValue;

    /// <summary>kdump's <c>-s</c>: no data at all.</summary>
    public bool HideData { get; init; }
}
