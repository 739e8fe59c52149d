using Spectre.Console;
using Tracer.Actors;
using Tracer.Records;

namespace Tracer.Benchmarks;

/// <summary>
/// Policy <c>each</c>: how long a stop waits for its commit (from a Syscall record to its Sysret, the call itself being getppid), and the calls a second of
/// threads together.
/// </summary>
internal static class EachBenchmark
{
    public static int Run()
    {
        Machine.Print("--commit each, getppid in a loop");
        var table = new Table();
        table.AddColumns("threads", "calls", "commit p50 ms", "commit p99 ms", "calls/s", "dropped");
        foreach (int threads in (int[])[1, 8])
        {
            Measure(threads, table);
        }

        AnsiConsole.Write(table);
        return 0;
    }

    private static void Measure(int threads, Table table)
    {
        string directory = Directory.CreateTempSubdirectory("tracer-bench-").FullName;
        try
        {
            string store = Path.Combine(directory, "each.db");
            _ = Tools.Time([Tools.Tracer, "run", "-q", "--commit", "each", "--store", store, "--", Path.Combine(AppContext.BaseDirectory, "Tracer.Benchmarks"), "calls", "1500", $"{threads}"], out _);
            var entered = new Dictionary<int, long>();
            var waits = new List<double>();
            long first = 0;
            long last = 0;
            using var opened = SqliteStore.OpenExisting(store);
            var trace = opened.Newest()!;
            var decoders = new Dictionary<ProcessIdentity, RecordDecoder>();
            foreach (var row in opened.ReadEvents(trace.Header.TraceId).Where(r => r.Manifest == TracerSerializer.SegmentManifest))
            {
                foreach (var block in Segment.Parse(row.Bytes, "each").ReadBlocks())
                {
                    if (!decoders.TryGetValue(block.Process, out var d))
                        decoders[block.Process] = d = new RecordDecoder();

                    d.Load(block);
                    while (d.MoveNext())
                    {
                        if (d.Kind == RecordKind.Syscall && d.Number == Calls.Number)
                        {
                            entered[d.Tid] = d.TimeNs;
                            first = first == 0 ? d.TimeNs : first;
                        }
                        else if (d.Kind == RecordKind.Sysret && d.Number == Calls.Number && entered.Remove(d.Tid, out long start))
                        {
                            waits.Add((d.TimeNs - start) / 1e6);
                            last = d.TimeNs;
                        }
                    }
                }
            }

            waits.Sort();
            table.AddRow(
                $"{threads}", $"{waits.Count}", $"{waits[waits.Count / 2]:F2}", $"{waits[waits.Count * 99 / 100]:F2}",
                $"{waits.Count / ((last - first) / 1e9):F0}", $"{trace.Last!.Dropped}");
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
