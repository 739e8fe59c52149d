using System.Text.Json;
using Tracer.Actors;
using Tracer.Records;

namespace Tracer.Host;

/// <summary>The report of <c>verify</c>, for people and as JSON.</summary>
internal static class VerifyText
{
    /// <summary>Entries of a list that people are shown; JSON has all.</summary>
    private const int Most = 20;

    /// <summary>For people.</summary>
    public static void Write(StoredTrace trace, VerifyReport report, TextBuffer text)
    {
        Line(text, $"trace {TraceArgument.Describe(trace)}: {Word(report.Verdict)}");
        Line(text, $"  {report.Records} records, {report.Events} events, {report.Dropped} dropped, {report.Processes.Count} processes, "
            + $"{report.Segments} segments, {report.Blocks} blocks");
        if (report.Covered.NotCovered.Count > 0)
        {
            Line(text, $"  not covered: {string.Join("; ", report.Covered.NotCovered)}");
        }

        List(text, "could not see", report.Covered.Blind, b => $"process {b.Process.Pid}: {b.Reason}, {b.Count} times");
        List(text, "missing", report.Declared, d => d.ToString());
        List(text, "wrong", report.Problems, p => p.ToString());
        List(text, "processes", report.Processes, p =>
            $"{p.Process.Pid}{Command(p)}: {p.Records} records ({p.FirstSeq} to {p.LastSeq}), "
            + $"{(p.Generated is { } g ? $"{g} events generated, end: {p.End}" : "not ended")}, held {Shown.Duration(p.HeldNs)}");
    }

    /// <summary>As JSON (docs/json.md).</summary>
    public static void WriteJson(StoredTrace trace, VerifyReport report, TextBuffer text)
    {
        using var json = new Utf8JsonWriter(text, JsonText.Indented);
        json.WriteStartObject();
        json.WriteNumber("v"u8, JsonText.Version);
        json.WriteNumber("number"u8, trace.Number);
        json.WriteString("id"u8, trace.Header.TraceId);
        json.WriteString("verdict"u8, Word(report.Verdict));
        json.WriteBoolean("ok"u8, report.Verdict == VerifyVerdict.Complete);
        json.WriteNumber("records"u8, report.Records);
        json.WriteNumber("dropped"u8, report.Dropped);
        WriteDeclared(json, report);
        WriteCovered(json, report.Covered);
        WriteProcesses(json, report);
        json.WriteStartArray("problems"u8);
        foreach (var problem in report.Problems)
        {
            json.WriteStringValue(problem.ToString());
        }

        json.WriteEndArray();
        json.WriteNumber("problem_count"u8, report.ProblemCount);
        json.WriteEndObject();
        json.Flush();
        text.Append((byte)'\n');
    }

    private static void WriteDeclared(Utf8JsonWriter json, VerifyReport report)
    {
        json.WriteStartArray("declared"u8);
        foreach (var declared in report.Declared)
        {
            json.WriteStartObject();
            json.WriteNumber("pid"u8, declared.Process.Pid);
            json.WriteString("source"u8, KindName(declared.Source));
            json.WriteString("kind"u8, declared.Kind == RecordKind.None ? null : KindName(declared.Kind));
            WriteNumber(json, "count"u8, declared.Count);
            json.WriteNumber("first"u8, declared.FirstNs);
            json.WriteNumber("last"u8, declared.LastNs);
            json.WriteString("reason"u8, declared.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteCovered(Utf8JsonWriter json, VerifyCovered covered)
    {
        json.WriteStartObject("covered"u8);
        json.WriteString("points"u8, covered.Points);
        json.WriteStartArray("not_covered"u8);
        foreach (string point in covered.NotCovered)
        {
            json.WriteStringValue(point);
        }

        json.WriteEndArray();
        json.WriteStartArray("blind"u8);
        foreach (var blind in covered.Blind)
        {
            json.WriteStartObject();
            json.WriteNumber("pid"u8, blind.Process.Pid);
            json.WriteString("reason"u8, blind.Reason);
            json.WriteNumber("count"u8, blind.Count);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteProcesses(Utf8JsonWriter json, VerifyReport report)
    {
        json.WriteStartArray("processes"u8);
        foreach (var process in report.Processes)
        {
            json.WriteStartObject();
            json.WriteNumber("pid"u8, process.Process.Pid);
            json.WriteString("command"u8, process.Command);
            json.WriteNumber("records"u8, process.Records);
            WriteNumber(json, "generated"u8, process.Generated);
            json.WriteNumber("first_seq"u8, process.FirstSeq);
            json.WriteNumber("last_seq"u8, process.LastSeq);
            json.WriteString("end"u8, process.End);
            json.WriteNumber("held_ns"u8, process.HeldNs);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteNumber(Utf8JsonWriter json, ReadOnlySpan<byte> name, ulong? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static string KindName(RecordKind kind) => JsonText.NameOf(kind);

    private static string Word(VerifyVerdict verdict) => verdict switch
    {
        VerifyVerdict.Complete => "complete",
        VerifyVerdict.Declared => "declared",
        VerifyVerdict.Open => "open",
        _ => "damaged",
    };

    private static string Command(VerifyProcess process)
    {
        const int Longest = 60;
        return process.Command.Length == 0 ? ""
            : process.Command.Length <= Longest ? $" {process.Command}"
            : string.Concat(" ", process.Command.AsSpan(0, Longest - 3), "...");
    }

    private static void List<T>(TextBuffer text, string title, IReadOnlyList<T> items, Func<T, string> show)
    {
        if (items.Count == 0)
        {
            return;
        }

        Line(text, $"  {title}:");
        foreach (var item in items.Take(Most))
        {
            Line(text, $"    {show(item)}");
        }

        if (items.Count > Most)
        {
            Line(text, $"    and {items.Count - Most} more: --json lists them");
        }
    }

    private static void Line(TextBuffer text, string line)
    {
        text.Append(EscapedText.Escape(line));
        text.Append((byte)'\n');
    }
}
