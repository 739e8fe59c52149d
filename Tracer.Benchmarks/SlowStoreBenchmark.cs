using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Spectre.Console;
using Tracer.Actors;

namespace Tracer.Benchmarks;

/// <summary>A store that takes 300 ms a write, because another writer keeps its lock that long, and a backlog of 16 MiB.</summary>
internal static class SlowStoreBenchmark
{
    public static int Run()
    {
        string directory = Directory.CreateTempSubdirectory("tracer-bench-").FullName;
        try
        {
            var samples = Samples.Record(directory);
            Machine.Print("store locked for 300 ms at a time by another writer, pool of 16 MiB, 8 s");
            using var pipeline = new Pipeline(directory, blocks: 4096);
            using var stop = new CancellationTokenSource();
            var busy = new Thread(() => KeepBusy(pipeline.Store.Path, stop.Token));
            busy.Start();
            pipeline.Spread(samples);
            var actors = LocalPipeline.Start(new LocalPipelineOptions { Store = pipeline.Store, Header = pipeline.Header, Source = pipeline.Writer, PoolBytes = 16 << 20 });
            var clock = Stopwatch.StartNew();
            pipeline.Flood(samples, () => clock.Elapsed.TotalSeconds >= 8);
            pipeline.End();
            var end = actors.FinishAsync(new TraceEnding("ended", 0, 0)).GetAwaiter().GetResult();
            stop.Cancel();
            busy.Join();
            var last = pipeline.Store.Find(pipeline.Header.TraceId)!.Last!;
            var table = new Table();
            table.AddColumns("records", "raw MiB", "segments", "avg segment KiB", "writer waits", "dropped");
            table.AddRow(
                $"{last.Records:N0}", $"{last.RawBytes >> 20}", $"{end.Segments}", $"{last.RawBytes / end.Segments / 1024}",
                $"{pipeline.HeldNs / clock.Elapsed.TotalSeconds / 1e7:F0} %", $"{last.Dropped}");
            AnsiConsole.Write(table);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }

        return 0;
    }

    private static void KeepBusy(string path, CancellationToken stop)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False;Default Timeout=60");
        connection.Open();
        while (!stop.IsCancellationRequested)
        {
            using var transaction = connection.BeginTransaction(deferred: false);
            stop.WaitHandle.WaitOne(300);
            transaction.Rollback();
            stop.WaitHandle.WaitOne(2);
        }
    }
}
