using System.Diagnostics;
using Spectre.Console;

namespace Tracer.Benchmarks;

/// <summary>A million records of find as text to a file, start-up included.</summary>
internal static class DumpBenchmark
{
    public static int Run()
    {
        string directory = Directory.CreateTempSubdirectory("tracer-bench-").FullName;
        try
        {
            string store = Path.Combine(directory, "dump.db");
            _ = Tools.Time([Tools.Tracer, "run", "--same-cpu", "-q", "--store", store, "--", "sh", "-c", "find /usr -xdev -name x; find /usr -xdev -name x"], out _);
            Machine.Print("dump of a trace to a file, 5 runs");
            var table = new Table();
            table.AddColumns("records", "lines", "MiB", "median s", "records/s", "peak RSS MiB");
            string text = Path.Combine(directory, "dump.txt");
            var times = new List<double>();
            long peak = 0;
            for (int i = 0; i < 5; i++)
            {
                long start = Stopwatch.GetTimestamp();
                string rss = Tools.Output("sh", "-c", $"'{Tools.Tracer}' dump --store '{store}' 1 > '{text}' & pid=$!; while kill -0 $pid 2>/dev/null; do grep VmHWM /proc/$pid/status 2>/dev/null; sleep 0.05; done; wait $pid");
                times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                peak = Math.Max(peak, rss.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => long.Parse(l.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1])).DefaultIfEmpty().Max() / 1024);
            }

            using var opened = Tracer.Actors.SqliteStore.OpenExisting(store);
            ulong records = opened.Newest()!.Last!.Records;
            double median = Tools.Median(times);
            table.AddRow(
                $"{records:N0}", $"{File.ReadLines(text).Count():N0}", $"{new FileInfo(text).Length >> 20}", $"{median:F2}", $"{records / median / 1e6:F2} M", $"{peak}");
            AnsiConsole.Write(table);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }

        return 0;
    }
}
