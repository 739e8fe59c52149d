using Tracer.Actors;
using Tracer.Records;

namespace Tracer.Host;

/// <summary>Opens the store for a new trace and writes what is known of it.</summary>
internal static class TraceStore
{
    /// <summary>The store, opened or made, and the header of the new trace with its number.</summary>
    /// <exception cref="StoreException">It can't be used.</exception>
    public static (SqliteStore Store, TraceHeader Header) Open(RunOptions options)
    {
        var store = SqliteStore.OpenOrCreate(options.Store);
        try
        {
            var id = Guid.CreateVersion7();
            return (store, HeaderOf(options, id, store.AllocateNumber(id)));
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    private static TraceHeader HeaderOf(RunOptions options, Guid id, int number) => new()
    {
        TraceId = id,
        Number = number,
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
