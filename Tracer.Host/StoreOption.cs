using System.CommandLine;
using Tracer.Actors;

namespace Tracer.Host;

/// <summary><c>--store FILE</c>, the same for every command.</summary>
internal static class StoreOption
{
    private const string Variable = "TRACER_STORE";

    /// <summary>The option, to be added to a command.</summary>
    public static Option<string?> Create() => new("--store")
    {
        HelpName = "FILE",
        Description = "The store. Default: $TRACER_STORE, else $XDG_STATE_HOME/tracer/tracer.db, else ~/.local/state/tracer/tracer.db",
    };

    /// <summary>The file that a command line means.</summary>
    public static string PathOf(string? option)
    {
        if (option is not null)
        {
            return option.Length > 0 ? option : throw new UsageException("--store wants the name of a file");
        }

        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } variable)
        {
            return variable;
        }

        // The base directory specification: a relative value is to be ignored.
        if (Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } state && Path.IsPathRooted(state))
        {
            return Path.Combine(state, "tracer", "tracer.db");
        }

        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return home.Length > 0
            ? Path.Combine(home, ".local", "state", "tracer", "tracer.db")
            : throw new FailureException($"no home directory is known: name the store with --store or {Variable}");
    }

    /// <summary>Opens the store for a command that reads.</summary>
    public static SqliteStore Open(ParseResult line, Option<string?> option) => SqliteStore.OpenExisting(PathOf(line.GetValue(option)));
}
