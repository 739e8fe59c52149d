using Tracer.Actors;
using Tracer.Records;

namespace Tracer.Host;

/// <summary>Opens the store for a new trace and writes what is known of it.</summary>
internal static class TraceStore
{
    /// <summary>The store, opened or made, and the number of a new trace.</summary>
    /// <exception cref="StoreException">It can't be used.</exception>
    public static (SqliteStore Store, int Number) Open(string path, Guid traceId)
    {
        var store = SqliteStore.OpenOrCreate(path);
        try
        {
            return (store, store.AllocateNumber(traceId));
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>What is known of a trace but its number.</summary>
    public static TraceHeader HeaderOf(RunOptions options, Guid id) => new()
    {
        TraceId = id,
        Number = 0,
        Name = options.Name,
        Command = options.Command,
        Points = PointLetters.Format(Capture.PtraceCollector.Covered(options.Points)),
        NotCovered = PointReasons.Of(options.Points & ~Capture.PtraceCollector.Covered(options.Points)),
        Policy = options.Each ? "each" : "window",
        Collector = "ptrace",
        GenioSize = options.GenioSize,
        Host = Environment.MachineName,
        MachineId = HostFacts.MachineId,
        BootId = HostFacts.BootId,
        Machine = HostFacts.Machine,
        Uid = HostFacts.Uid,
        StartedRealtimeNs = HostFacts.RealtimeNs,
        StartedMonotonicNs = System.Diagnostics.Stopwatch.GetTimestamp(),
        TracerVersion = HostFacts.TracerVersion,
    };
}
