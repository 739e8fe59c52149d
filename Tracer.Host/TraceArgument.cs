using System.CommandLine;
using System.CommandLine.Completions;
using Tracer.Actors;
using Tracer.Records;

namespace Tracer.Host;

/// <summary><c>TRACE</c>: a number or name as <c>ls</c> shows it, or the end of an id.</summary>
internal static class TraceArgument
{
    private const int ShortIdDigits = 8;

    /// <summary>An argument that may be left out: the newest trace.</summary>
    public static Argument<string?> CreateOptional(Option<string?> store)
    {
        var argument = new Argument<string?>("TRACE")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description = "Number, name, or end of the id, as 'tracer ls' shows them. Default: the newest",
        };
        argument.CompletionSources.Add(context => Complete(context, store));
        return argument;
    }

    /// <summary>An argument that must be given, once or more.</summary>
    public static Argument<string[]> CreateRequired(Option<string?> store)
    {
        var argument = new Argument<string[]>("TRACE")
        {
            Arity = ArgumentArity.OneOrMore,
            Description = "Number, name, or end of the id, as 'tracer ls' shows them",
        };
        argument.CompletionSources.Add(context => Complete(context, store));
        return argument;
    }

    /// <summary>The trace that is meant. Left out, it is the newest, and standard error says which.</summary>
    public static StoredTrace Resolve(SqliteStore store, string? text)
    {
        if (text is not null)
        {
            return ResolveNamed(store, text);
        }

        var newest = store.Newest() ?? throw new UsageException($"{store.Path}: there is no trace in it yet; 'tracer run COMMAND' makes one");
        Output.Say($"newest trace: {Describe(newest)}");
        return newest;
    }

    /// <summary>The trace of that name.</summary>
    public static StoredTrace ResolveNamed(SqliteStore store, string text)
    {
        var selection = store.Select(text);
        if (selection.Trace is { } trace)
        {
            return trace;
        }

        throw new UsageException(selection.Candidates.Count == 0
            ? $"there is no trace '{text}' in {store.Path}; 'tracer ls' shows those that there are"
            : $"'{text}' could be {string.Join("; ", selection.Candidates.Select(Describe))}: use a number");
    }

    /// <summary>A trace in a few words.</summary>
    public static string Describe(StoredTrace trace)
    {
        string name = trace.Header.Name is { } given ? $"'{given}', " : "";
        return $"{trace.Number} ({name}{ShortId(trace.Header)}, {CommandOf(trace.Header, 40)})";
    }

    /// <summary>The last digits of the id: its first ones are a clock.</summary>
    public static string ShortId(TraceHeader header) => header.TraceId.ToString("N")[^ShortIdDigits..];

    /// <summary>The command in one line, cut.</summary>
    public static string CommandOf(TraceHeader header, int most)
    {
        string command = string.Join(' ', header.Command);
        return command.Length <= most ? command : string.Concat(command.AsSpan(0, most - 3), "...");
    }

    private static IEnumerable<CompletionItem> Complete(CompletionContext context, Option<string?> store)
    {
        try
        {
            using var file = SqliteStore.OpenExisting(StoreOption.PathOf(context.ParseResult.GetValue(store)));
            return file.ListTraces()
                .Select(t => new CompletionItem(t.Header.Name ?? t.Number.ToString(null, null), detail: CommandOf(t.Header, 60)))
                .Where(item => item.Label.StartsWith(context.WordToComplete, StringComparison.Ordinal))
                .ToList();
        }
        catch (Exception e) when (e is StoreException or RecordFormatException or UsageException or FailureException)
        {
            return [];
        }
    }
}
