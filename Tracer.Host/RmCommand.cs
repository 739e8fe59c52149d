using System.CommandLine;

namespace Tracer.Host;

/// <summary><c>tracer rm TRACE...</c>: removes traces from the store.</summary>
internal static class RmCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var store = StoreOption.Create();
        var traces = TraceArgument.CreateRequired(store);
        var force = new Option<bool>("--force")
        {
            Description = "Also one that has no end: its recorder is dead, and 'tracer recover' finds no pool of it. Never one that is being recorded",
        };
        var command = new Command("rm", "Removes traces from the store. One that is being recorded is refused.") { traces, force, store };
        command.SetAction(line => Run(line, store, line.GetRequiredValue(traces), line.GetValue(force)));
        return command;
    }

    private static int Run(ParseResult line, Option<string?> storeOption, string[] names, bool force)
    {
        using var store = StoreOption.Open(line, storeOption);

        // All of them first: a mistake in the third name removes nothing.
        var chosen = names.Select(name => TraceArgument.ResolveNamed(store, name)).DistinctBy(trace => trace.Header.TraceId).ToList();
        var output = new Output();
        foreach (var trace in chosen)
        {
            store.Delete(trace.Header.TraceId, force);
            output.Text.Append(Records.EscapedText.Escape($"removed {TraceArgument.Describe(trace)}, {Shown.Size(trace.StoredBytes)}"));
            output.Text.Append((byte)'\n');
            output.Flush();
        }

        return Exit.Ok;
    }
}
