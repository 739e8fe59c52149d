using System.Text;

namespace Tracer.Capture;

/// <summary>What to execute. Strings are bytes as the kernel passes them: they need not be UTF-8.</summary>
public sealed record SpawnOptions
{
    /// <summary>argv, without terminating NULs. The first is the command; without a slash it is looked up in PATH as execvp(3) does.</summary>
    public required IReadOnlyList<byte[]> Arguments { get; init; }

    /// <summary>The environment, <c>NAME=value</c>. Null (default): the one that Tracer itself was started with, byte for byte.</summary>
    public IReadOnlyList<byte[]>? Environment { get; init; }

    /// <summary>The directory to run in. Null (default): Tracer's own.</summary>
    public byte[]? Directory { get; init; }

    /// <summary>Which signals the command ignores and blocks. Default: as Tracer itself was started.</summary>
    public StartSignals Signals { get; init; } = StartSignals.Current;

    /// <summary>Options for arguments that are text.</summary>
    public static SpawnOptions Of(params string[] arguments) =>
        new() { Arguments = [.. arguments.Select(Encoding.UTF8.GetBytes)] };
}
