using System.CommandLine;

namespace Tracer.Host;

/// <summary>Which store.</summary>
internal static class StoreOption
{
    public static readonly Option<string?> Option = new("--store") { Description = "The store file", HelpName = "FILE" };

    public static string DefaultPath => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } state ? state : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local/state"),
        "tracer", "tracer.db");

    public static string PathOf(ParseResult result) => result.GetValue(Option) ?? Environment.GetEnvironmentVariable("TRACER_STORE") ?? DefaultPath;
}
