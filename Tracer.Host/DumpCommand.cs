using System.CommandLine;
using Tracer.Actors;
using Tracer.Records;

namespace Tracer.Host;

/// <summary><c>tracer dump [TRACE]</c>: the records, as kdump shows them or as JSON.</summary>
internal static class DumpCommand
{
    private const string Help =
        "Shows the records of a trace in order of time, as kdump does or as JSON.";

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var store = StoreOption.Create();
        var trace = TraceArgument.CreateOptional(store);
        var format = new Option<string>("--output", "-o")
        {
            HelpName = "text|json",
            Description = "text, or json: an object a line (docs/json.md)",
            DefaultValueFactory = _ => "text",
        };
        format.AcceptOnlyFromAmong("text", "json");
        var options = new DumpOptions();
        var command = new Command("dump", Help) { trace, format };
        options.AddTo(command);
        command.Add(store);
        command.SetAction(line => Run(line, store, line.GetValue(trace), line.GetValue(format) == "json", options));
        return command;
    }

    /// <summary>Shows a whole trace as text, for <c>run --dump</c>.</summary>
    public static int Show(SqliteStore store, StoredTrace trace)
    {
        var view = new TraceView(trace.Header);
        return Show(store, trace, view, new RecordFilter([], null, defaultPoints: true, []), new KdumpText(view, new RecordTextOptions()));
    }

    private static int Run(ParseResult line, Option<string?> storeOption, string? name, bool json, DumpOptions options)
    {
        var textOptions = options.TextOptions(line, json);
        var filter = options.Filter(line);
        using var store = StoreOption.Open(line, storeOption);
        var trace = TraceArgument.Resolve(store, name);
        var view = new TraceView(trace.Header);
        IRecordText text = json ? new JsonText(view, textOptions) : new KdumpText(view, textOptions);
        return Show(store, trace, view, filter, text);
    }

    private static int Show(SqliteStore store, StoredTrace trace, TraceView view, RecordFilter filter, IRecordText text)
    {
        var dump = new Dump(view, filter, text);
        dump.Run(store.ReadEvents(trace.Header.TraceId));
        (text as IDisposable)?.Dispose();
        if (dump.FirstDamage is not { } damage)
        {
            return Exit.Ok;
        }

        Output.Say(
            $"trace {trace.Number} is damaged in {dump.Damages} places, which were left out, the first: {damage}; "
            + $"'tracer verify {trace.Number}' tells what is missing");
        return Exit.Failure;
    }
}
