using Tracer.Actors;
using Tracer.Records;

namespace Tracer.Tests.Support;

/// <summary>Headers and endings for tests.</summary>
internal static class Traces
{
    public static readonly TraceEnding Ending = new("ended", 0, 1_700_000_000_000_000_000);

    public static TraceHeader Header(int number = 1, string policy = "window", string? name = null, Guid? id = null) => new()
    {
        TraceId = id ?? Guid.CreateVersion7(),
        Number = number,
        Name = name,
        Command = ["true"],
        Points = "+",
        Policy = policy,
        Collector = "ptrace",
        GenioSize = 256,
        Host = "host",
        MachineId = "",
        BootId = "boot",
        Machine = 62,
        Uid = 0,
        StartedRealtimeNs = 1_700_000_000_000_000_000,
        StartedMonotonicNs = 1,
        TracerVersion = "test",
    };
}

/// <summary>A directory that is gone after the test.</summary>
internal sealed class TempDirectory : IDisposable
{
    public TempDirectory() => Directory.CreateDirectory(Path);

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), "tracer-test-" + Guid.NewGuid().ToString("N"));

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
