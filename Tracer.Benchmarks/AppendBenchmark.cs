using System.Diagnostics;
using Spectre.Console;
using Tracer.Records;

namespace Tracer.Benchmarks;

/// <summary>What the writer thread pays for a call: reservation, Syscall and Sysret into blocks; without an uplink's thread beside it.</summary>
internal static class AppendBenchmark
{
    private const int Pairs = 2_000_000;
    private const int Rounds = 9;

    public static int Run()
    {
        Machine.Print($"append, {Pairs:N0} calls, median of {Rounds} rounds");
        var table = new Table();
        table.AddColumns("calls", "ns a call", "bytes a call", "bytes allocated a call", "dropped");
        Add(table, "one call, same arguments (dd)", (i, arguments) => 0, threads: 1);
        Add(table, "20 calls, one argument differs", (i, arguments) =>
        {
            arguments[1] = (ulong)(i & 0xfff) << 6;
            return (int)(i % 20);
        }, threads: 1);
        Add(table, "20 calls, two pointers and a thread differ", (i, arguments) =>
        {
            arguments[0] = 0x7ffc_1234_0000 + ((ulong)(i * 2654435761) & 0xffff);
            arguments[2] = 0x55aa_0000_0000 + ((ulong)(i * 40503) & 0xf_ffff);
            return (int)(i % 20);
        }, threads: 4);
        AnsiConsole.Write(table);
        return 0;
    }

    private static void Add(Table table, string name, Func<long, ulong[], int> next, int threads)
    {
        string directory = $"/dev/shm/tracer-bench-{Guid.NewGuid():N}";
        using var file = PoolFile.Create(directory, Guid.CreateVersion7(), 4096);
        try
        {
            file.Populate();
            var writer = new RecordWriter(file);
            var log = writer.TryBegin(new ProcessIdentity(1000, 1000, 1), 1)!;
            var times = new List<double>();
            var stored = default(Stored);
            long allocated = 0;
            for (int round = 0; round < Rounds; round++)
            {
                stored = default;
                var (elapsed, fresh) = Round(writer, log, next, threads, ref stored);
                times.Add(elapsed);
                allocated = fresh;
            }

            times.Sort();
            table.AddRow(name, $"{times[Rounds / 2] / Pairs:F1}", $"{(double)stored.Bytes / Pairs:F1}", $"{(double)allocated / Pairs:F4}", $"{(2 * Pairs) - stored.Records}");
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>Nanoseconds in the writer, and bytes that it allocated; what the uplink does is not counted.</summary>
    private static (double Ns, long Allocated) Round(RecordWriter writer, ProcessLog log, Func<long, ulong[], int> next, int threads, ref Stored stored)
    {
        ulong[] arguments = [3, 0x7ffc_1234_5678, 512];
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        long start = Stopwatch.GetTimestamp();
        long outside = 0;
        long now = log.LastSeq == 0 ? 1 : (long)log.LastSeq * 500;
        for (long i = 0; i < Pairs; i++)
        {
            int number = next(i, arguments);
            int tid = 1000 + (int)(i % threads);
            now += 700;
            while (!writer.TryReserve(log, RecordSize.Syscall, now))
            {
                long from = Stopwatch.GetTimestamp();
                long before = GC.GetAllocatedBytesForCurrentThread();
                Drain(writer, ref stored);
                allocated += GC.GetAllocatedBytesForCurrentThread() - before;
                outside += Stopwatch.GetTimestamp() - from;
            }

            writer.Syscall(log, tid, now, number, arguments);
            now += 300;
            while (!writer.TryReserve(log, RecordSize.Sysret, now))
            {
                Drain(writer, ref stored);
            }

            writer.Sysret(log, tid, now, number, 512);
        }

        long end = Stopwatch.GetTimestamp();
        writer.Flush(log);
        Drain(writer, ref stored);
        return (end - start - outside, GC.GetAllocatedBytesForCurrentThread() - allocated);
    }

    private static void Drain(RecordWriter writer, ref Stored stored)
    {
        while (writer.TryTake() is { } block)
        {
            stored.Bytes += block.Length;
            stored.Records += block.Count;
            writer.Return(block);
            writer.CommittedThrough(block.Number);
        }
    }

    private struct Stored
    {
        public long Bytes;
        public long Records;
    }
}
