using Spectre.Console;
using Tracer.Actors;

namespace Tracer.Benchmarks;

/// <summary>Stored bytes per system call of <c>find /usr -xdev -name x</c>, beside <c>zstd -3</c> of strace's text with the same times.</summary>
internal static class SizeBenchmark
{
    public static int Run()
    {
        string directory = Directory.CreateTempSubdirectory("tracer-bench-").FullName;
        try
        {
            string store = Path.Combine(directory, "size.db");
            string text = Path.Combine(directory, "strace.txt");
            string[] find = ["sh", "-c", "exec find /usr -xdev -name x"];
            _ = Tools.Time([Tools.Tracer, "run", "--same-cpu", "-q", "--store", store, "--", .. find], out _);
            _ = Tools.Time(["taskset", "-c", "0", "strace", "-f", "--absolute-timestamps=format:unix,precision:ns", "--syscall-times=ns", "-o", text, .. find], out _);
            _ = Tools.Output("zstd", "-3", "-q", "-k", text);
            using var opened = SqliteStore.OpenExisting(store);
            var trace = opened.Newest()!;
            long lines = File.ReadLines(text).LongCount();
            long calls = CountCalls(opened, trace);
            Machine.Print("find /usr -xdev -name x");
            var table = new Table();
            table.AddColumns("what", "calls", "bytes", "bytes/call");
            table.AddRow("tracer, stored (all records)", $"{calls:N0}", $"{trace.StoredBytes:N0}", $"{(double)trace.StoredBytes / calls:F2}");
            long packed = new FileInfo(text + ".zst").Length;
            table.AddRow("zstd -3 of strace's text", $"{lines:N0}", $"{packed:N0}", $"{(double)packed / lines:F2}");
            AnsiConsole.Write(table);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }

        return 0;
    }

    private static long CountCalls(SqliteStore store, StoredTrace trace)
    {
        long calls = 0;
        var decoders = new Dictionary<Records.ProcessIdentity, Records.RecordDecoder>();
        foreach (var row in store.ReadEvents(trace.Header.TraceId).Where(r => r.Manifest == TracerSerializer.SegmentManifest))
        {
            foreach (var block in Records.Segment.Parse(row.Bytes, "size").ReadBlocks())
            {
                if (!decoders.TryGetValue(block.Process, out var d))
                    decoders[block.Process] = d = new();

                d.Load(block);
                while (d.MoveNext())
                {
                    calls += d.Kind == Records.RecordKind.Syscall ? 1 : 0;
                }
            }
        }

        return calls;
    }
}
