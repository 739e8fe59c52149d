using System.Diagnostics;
using System.Text;
using Tracer.Tests.Support;
using Xunit.Abstractions;

namespace Tracer.Tests.Host;

/// <summary>A million records: all of them come out, and memory does not grow with their number.</summary>
public sealed class DumpRateTests(ITestOutputHelper output) : IDisposable
{
    private const int Records = 1_000_000;

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Dump_OfAMillionRecords_IsWholeAndFlat()
    {
        string store = Environment.GetEnvironmentVariable("TRACER_TEST_KEEP_STORE") ?? _directory.File("tracer.db");
        using var trace = new RecordedTrace();
        Fill(trace, Records);
        trace.Save(store);

        var watch = Stopwatch.StartNew();
        var result = TracerProcess.Shell("\"$TRACER\" dump 1 --store \"$1\" > \"$2\" & wait $!", store, _directory.File("out"));
        watch.Stop();

        Assert.Equal("", result.Error);
        int lines = File.ReadLines(_directory.File("out")).Count(line => line[6] == ' ' && line[5] != ' ');
        Assert.Equal(Records, lines);
        output.WriteLine($"{Records / watch.Elapsed.TotalSeconds:0} records/s, start-up included");
    }

    /// <summary>As find and cat do: four processes, names, small reads, errors.</summary>
    internal static void Fill(RecordedTrace trace, int records)
    {
        byte[] data = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("some text that is read\n", 3)));
        int made = 0;
        for (int i = 0; made < records - 4; i++)
        {
            int pid = 1000 + (i % 4);
            string path = $"/usr/share/doc/package-{i % 997}/copyright";
            switch (i % 8)
            {
                case 0 or 3 when made <= records - 4 - 3:
                    trace.Open(pid, path, i % 5 == 0 ? -2 : 3);
                    made += 3;
                    break;
                case 1 when made <= records - 4 - 3:
                    trace.Io(pid, 3, data);
                    made += 3;
                    break;
                case 2 when made <= records - 4 - 2:
                    trace.Call(pid, 9, [0, (ulong)(4096 + i), 3, 0x22, ulong.MaxValue, 0], 0x7f00_0000_0000 + (i * 4096L));
                    made += 2;
                    break;
                case 4 when made <= records - 4 - 2:
                    trace.Call(pid, 262, [3, 0x7ffc_1234_0000 + (ulong)(i * 64), 0x7ffc_5678_0000, 0x1000], 0);
                    made += 2;
                    break;
                default:
                    trace.Writer.Sysret(trace.Process(pid), pid, trace.Time += 700, 3, 0);
                    made++;
                    break;
            }

            if (i % 1000 == 0)
            {
                trace.Drain();
            }
        }

        for (int pid = 1000; pid < 1004; pid++)
        {
            trace.End(pid);
        }
    }
}
