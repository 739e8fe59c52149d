namespace Tracer.Records;

/// <summary>What the stored bytes prove (C1).</summary>
public enum VerifyVerdict
{
    /// <summary>Nothing is missing.</summary>
    Complete,

    /// <summary>What is missing is listed.</summary>
    Declared,

    /// <summary>The trace, or a process of it, has not ended; up to here it is consistent.</summary>
    Open,

    /// <summary>A gap, a repeat, a bad checksum or a contradiction that nothing declares.</summary>
    Damaged,
}

/// <summary>The result of <see cref="TraceVerifier"/>.</summary>
public sealed record VerifyReport
{
    /// <summary>The verdict: the worst that was found.</summary>
    public required VerifyVerdict Verdict { get; init; }

    /// <summary>Whole records that were read.</summary>
    public required ulong Records { get; init; }

    /// <summary>Of these, events (kinds 1 to 18).</summary>
    public required ulong Events { get; init; }

    /// <summary>Events that Drop records stand for; unknown counts add nothing.</summary>
    public required ulong Dropped { get; init; }

    /// <summary>What is declared missing.</summary>
    public required IReadOnlyList<VerifyDeclared> Declared { get; init; }

    /// <summary>What was covered; does not change the verdict.</summary>
    public required VerifyCovered Covered { get; init; }

    /// <summary>Processes in the order of their first block.</summary>
    public required IReadOnlyList<VerifyProcess> Processes { get; init; }

    /// <summary>What contradicts the contract; the first <see cref="TraceVerifier.MaxProblems"/>.</summary>
    public required IReadOnlyList<VerifyProblem> Problems { get; init; }

    /// <summary>How many problems there are.</summary>
    public required long ProblemCount { get; init; }

    /// <summary>Segments that were read.</summary>
    public required ulong Segments { get; init; }

    /// <summary>Blocks that were read.</summary>
    public required ulong Blocks { get; init; }
}

/// <summary>Something that is missing and says so. Entries of one process, kind and reason are added up.</summary>
/// <param name="Process">Whose.</param>
/// <param name="Source">Drop, Gap, or the kind of a record that was begun and not finished.</param>
/// <param name="Kind">Kind of the missing events; None for several or unknown.</param>
/// <param name="Count">How many; null when it can't be known.</param>
/// <param name="FirstNs">CLOCK_MONOTONIC of the first.</param>
/// <param name="LastNs">CLOCK_MONOTONIC of the last.</param>
/// <param name="Reason">Why, in a word: <c>pool-full</c>, <c>kernel</c>, <c>recorder-died</c>, <c>stall</c>, <c>damaged</c>, <c>gap</c>.</param>
public readonly record struct VerifyDeclared(
    ProcessIdentity Process, RecordKind Source, RecordKind Kind, ulong? Count, long FirstNs, long LastNs, string Reason)
{
    /// <inheritdoc/>
    public override string ToString()
    {
        string what = Source == RecordKind.Gap ? "not traced" : $"{Count?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "an unknown number of"} {(Kind == RecordKind.None ? "events" : Kind)}";
        double span = Math.Max(0, unchecked(LastNs - FirstNs)) / 1e6;
        return string.Create(null, $"process {Process.Pid}: {what}, within {span:0.###} ms, {Reason}");
    }
}

/// <summary>What the trace could see.</summary>
/// <param name="Points">Points in force; empty when the trace's head is missing.</param>
/// <param name="NotCovered">Points that could not be had, with the reason.</param>
/// <param name="Blind">What processes did that the collector could not see.</param>
public sealed record VerifyCovered(string Points, IReadOnlyList<string> NotCovered, IReadOnlyList<VerifyBlind> Blind);

/// <summary>A process did something that can't be seen.</summary>
/// <param name="Process">Which.</param>
/// <param name="Reason">What: <c>io-uring</c>, <c>other-tracer</c>, <c>untraced</c>, <c>abi</c>.</param>
/// <param name="Count">Records that say so.</param>
public readonly record struct VerifyBlind(ProcessIdentity Process, string Reason, ulong Count);

/// <summary>One process of the trace.</summary>
/// <param name="Process">Which.</param>
/// <param name="Command">Its last known arguments, else its command name; untrusted text, empty when not known.</param>
/// <param name="Records">Whole records read.</param>
/// <param name="Generated">Events counted at the source; null without an End.</param>
/// <param name="FirstSeq">First sequence number; 0 when no record begins.</param>
/// <param name="LastSeq">Last sequence number.</param>
/// <param name="End">Why it ended: <c>exit</c>, <c>detach</c>, <c>set-id</c>, <c>recorder-died</c>, <c>stall</c>; null when it has not.</param>
/// <param name="HeldNs">Time its threads were held, nanoseconds.</param>
public readonly record struct VerifyProcess(
    ProcessIdentity Process, string Command, ulong Records, ulong? Generated, ulong FirstSeq, ulong LastSeq, string? End, long HeldNs);

/// <summary>A contradiction.</summary>
/// <param name="Segment">Ordinal of the segment; 0 for the trace's head or end.</param>
/// <param name="Offset">Byte in the segment as stored: of the field in its head, or of the compressed frame that holds it.</param>
/// <param name="What">What was expected and what was found.</param>
public readonly record struct VerifyProblem(ulong Segment, long Offset, string What)
{
    /// <inheritdoc/>
    public override string ToString() => Segment == 0 ? What : string.Create(null, $"segment {Segment}, byte {Offset}: {What}");
}
