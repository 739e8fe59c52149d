using System.CommandLine;
using System.Text.Json;
using Tracer.Actors;
using Tracer.Records;

namespace Tracer.Host;

/// <summary><c>tracer ls</c>: the traces in the store.</summary>
internal static class LsCommand
{
    private static readonly string[] Columns =
        ["#", "ID", "NAME", "STARTED", "DURATION", "STATE", "PROCESSES", "RECORDS", "DROPPED", "SIZE", "COMMAND"];

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var store = StoreOption.Create();
        var json = new Option<bool>("--json") { Description = "As a JSON array (docs/json.md)" };
        var command = new Command("ls", "Lists the traces in the store.") { json, store };
        command.SetAction(line => Run(line, store, line.GetValue(json)));
        return command;
    }

    private static int Run(ParseResult line, Option<string?> storeOption, bool json)
    {
        using var store = StoreOption.Open(line, storeOption);
        var traces = store.ListTraces();
        var output = new Output();
        if (json)
        {
            WriteJson(traces, output.Text);
        }
        else if (!Output.IsTerminal || !LsTable.TryWrite(Columns, traces.Select(t => Row(t, 200)).ToList()))
        {
            WritePlain(traces, output.Text);
        }

        output.Flush();
        return Exit.Ok;
    }

    private static string[] Row(StoredTrace trace, int commandLength) =>
    [
        trace.Number.ToString(null, null),
        TraceArgument.ShortId(trace.Header),
        EscapedText.Escape(trace.Header.Name ?? "-"),
        Shown.Time(trace.Header.StartedRealtimeNs),
        Shown.Duration(Shown.DurationNs(trace)),
        Shown.State(trace),
        Shown.Number(trace.Last?.Processes ?? 0),
        Shown.Number(trace.Last?.Records ?? 0),
        Shown.Number(trace.Last?.Dropped ?? 0),
        Shown.Size(trace.StoredBytes),
        EscapedText.Escape(TraceArgument.CommandOf(trace.Header, commandLength)),
    ];

    /// <summary>Columns with two spaces between them; the command, which is last, is not cut.</summary>
    private static void WritePlain(IReadOnlyList<StoredTrace> traces, TextBuffer text)
    {
        List<string[]> rows = [Columns, .. traces.Select(t => Row(t, int.MaxValue))];
        var widths = new int[Columns.Length];
        foreach (string[] row in rows)
        {
            for (int i = 0; i < row.Length; i++)
            {
                widths[i] = Math.Max(widths[i], row[i].Length);
            }
        }

        foreach (string[] row in rows)
        {
            for (int i = 0; i < row.Length - 1; i++)
            {
                bool isNumber = LsTable.IsNumber(i);
                text.Append(isNumber ? row[i].PadLeft(widths[i]) : row[i].PadRight(widths[i]));
                text.Append("  "u8);
            }

            text.Append(row[^1]);
            text.Append((byte)'\n');
        }
    }

    private static void WriteJson(IReadOnlyList<StoredTrace> traces, TextBuffer text)
    {
        using var json = new Utf8JsonWriter(text, JsonText.Indented);
        json.WriteStartArray();
        foreach (var trace in traces)
        {
            WriteTrace(json, trace);
        }

        json.WriteEndArray();
        json.Flush();
        text.Append((byte)'\n');
    }

    private static void WriteTrace(Utf8JsonWriter json, StoredTrace trace)
    {
        var header = trace.Header;
        json.WriteStartObject();
        json.WriteNumber("v"u8, JsonText.Version);
        json.WriteNumber("number"u8, trace.Number);
        json.WriteString("id"u8, header.TraceId);
        json.WriteString("name"u8, header.Name);
        json.WriteString("started"u8, DateTime.UnixEpoch.AddTicks(header.StartedRealtimeNs / 100));
        json.WriteNumber("duration_ns"u8, Shown.DurationNs(trace));
        json.WriteString("state"u8, Shown.State(trace));
        json.WriteNumber("processes"u8, trace.Last?.Processes ?? 0);
        json.WriteNumber("records"u8, trace.Last?.Records ?? 0);
        json.WriteNumber("dropped"u8, trace.Last?.Dropped ?? 0);
        json.WriteNumber("stored_bytes"u8, trace.StoredBytes);
        json.WriteStartArray("command"u8);
        foreach (string argument in header.Command)
        {
            json.WriteStringValue(argument);
        }

        json.WriteEndArray();
        json.WriteString("host"u8, header.Host);
        json.WriteString("points"u8, header.Points);
        json.WriteString("policy"u8, header.Policy);
        json.WriteString("collector"u8, header.Collector);
        json.WriteEndObject();
    }
}
