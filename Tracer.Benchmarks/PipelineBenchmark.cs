using System.Diagnostics;
using System.Globalization;
using Spectre.Console;
using Tracer.Actors;

namespace Tracer.Benchmarks;

/// <summary>Records of find, tar and dd, looped with fresh times over 64 processes, through pool, actors and SQLite.</summary>
internal static class PipelineBenchmark
{
    public static int Run(string[] args)
    {
        bool wide = args.Contains("--wide");
        int seconds = int.Parse(ValueOf(args, "--seconds") ?? "10", CultureInfo.InvariantCulture);
        string? only = ValueOf(args, "--only");
        string directory = Directory.CreateTempSubdirectory("tracer-bench-").FullName;
        try
        {
            var samples = Samples.Record(directory, wide, only);
            Machine.Print($"pipeline, {only ?? "find, tar and dd"}{(wide ? ", pointers changed at each call" : "")}, {seconds} s after 2 s of warm-up");
            using var pipeline = new Pipeline(directory);
            pipeline.Spread(samples);
            var actors = LocalPipeline.Start(new LocalPipelineOptions { Store = pipeline.Store, Header = pipeline.Header, Source = pipeline.Writer });
            long allocated = 0;
            long records = 0;
            double elapsed = 0;
            long held = 0;
            var writer = new Thread(() =>
            {
                var clock = Stopwatch.StartNew();
                pipeline.Flood(samples, () => clock.Elapsed.TotalSeconds >= 2);
                long before = GC.GetAllocatedBytesForCurrentThread();
                long start = pipeline.Records;
                held = pipeline.HeldNs;
                clock.Restart();
                pipeline.Flood(samples, () => clock.Elapsed.TotalSeconds >= seconds);
                elapsed = clock.Elapsed.TotalSeconds;
                records = pipeline.Records - start;
                held = pipeline.HeldNs - held;
                allocated = GC.GetAllocatedBytesForCurrentThread() - before;
                pipeline.End();
            });
            writer.Start();
            writer.Join();
            var end = actors.FinishAsync(new TraceEnding("ended", 0, 0)).GetAwaiter().GetResult();
            var trace = pipeline.Store.Find(pipeline.Header.TraceId)!;
            var table = new Table();
            table.AddColumns("records/s", "raw MB/s", "raw bytes/record", "stored bytes/record", "avg segment KiB", "writer waits", "writer bytes allocated/record", "peak RSS MiB", "dropped");
            table.AddRow(
                $"{records / elapsed / 1e6:F2} M",
                $"{records / elapsed * trace.Last!.RawBytes / trace.Last.Records / 1e6:F0}",
                $"{(double)trace.Last.RawBytes / trace.Last.Records:F1}",
                $"{(double)trace.StoredBytes / trace.Last.Records:F2}",
                $"{trace.Last.RawBytes / end.Segments / 1024}",
                $"{held / elapsed / 1e7:F0} %",
                $"{(double)allocated / records:F4}",
                $"{Tools.PeakMiB()}",
                $"{trace.Last.Dropped}");
            AnsiConsole.Write(table);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }

        return 0;
    }

    private static string? ValueOf(string[] args, string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;
}
