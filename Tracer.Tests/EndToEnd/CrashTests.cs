using System.Diagnostics;
using System.IO.MemoryMappedFiles;
using Tracer.Records;
using Tracer.Tests.Programs;
using Tracer.Tests.Support;

namespace Tracer.Tests.EndToEnd;

/// <summary>C12: kill -9 of the recorder at any moment. The traced program counts its own completed calls in a shared mapping.</summary>
public sealed class CrashTests : IDisposable
{
    private readonly TracerRun _tracer = new();

    public void Dispose() => _tracer.Dispose();

    /// <summary>Moments a policy: few in each test run, more by TRACER_KILL_ROUNDS for a long one.</summary>
    private static int Rounds => int.TryParse(Environment.GetEnvironmentVariable("TRACER_KILL_ROUNDS"), out int n) ? n : 4;

    [Theory]
    [InlineData("window")]
    [InlineData("each")]
    public void C12_RecorderKilledAtRandomMoments_EveryReturnedCallIsInTheStore(string policy)
    {
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        for (int round = 0; round < Rounds; round++)
        {
            long calls = random.Next(1, policy == "each" ? 300 : 20_000);
            string file = Path.Combine(_tracer.Directory, $"counter-{round}");
            using var recorder = _tracer.Start(["-q", "--kill-on-exit", "--commit", policy], TracerRun.TestProgram("count", file, "100000000"));
            WaitForCount(file, calls, recorder);
            recorder.Kill();
            recorder.WaitForExit();
            long counted = WaitForStandstill(file);

            var recovered = _tracer.Tracer("recover", "--pool-dir", _tracer.Pools);
            Assert.True(recovered.Status == 0, $"seed {seed}, round {round}: {recovered.Error}");
            Assert.Empty(Directory.GetFiles(_tracer.Pools));
            var report = _tracer.Verify();
            Assert.True(report.Verdict is VerifyVerdict.Complete or VerifyVerdict.Declared, $"seed {seed}, round {round}: {string.Join("; ", report.Problems)}");
            long recorded = _tracer.CountCalls(TestPrograms.CountedCall);
            Assert.True(recorded >= counted, $"seed {seed}, round {round}: the program counted {counted} calls, {recorded} are recorded");
        }
    }

    [Fact]
    public void C12_RecorderKilledWithoutKillOnExit_ProgramGoesOnAndEndSaysSo()
    {
        string file = Path.Combine(_tracer.Directory, "counter");
        using var recorder = _tracer.Start(["-q"], TracerRun.TestProgram("count", file, "100000000"));
        WaitForCount(file, 100, recorder);
        recorder.Kill();
        recorder.WaitForExit();
        long atDeath = ReadCount(file);
        try
        {
            WaitForCount(file, atDeath + 1000, null);
        }
        finally
        {
            foreach (var left in Process.GetProcessesByName("Tracer.Tests").Where(p => CommandLineOf(p.Id).Contains(file, StringComparison.Ordinal)))
            {
                left.Kill();
            }
        }

        Assert.Equal(0, _tracer.Tracer("recover", "--pool-dir", _tracer.Pools).Status);
        var report = _tracer.Verify();
        Assert.Contains(report.Processes, p => "recorderdied".Equals(p.End?.Replace("-", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase));
        Assert.NotEqual(VerifyVerdict.Damaged, report.Verdict);
    }

    [Fact]
    public void C12_DeadPool_IsCommittedByTheNextRun()
    {
        string file = Path.Combine(_tracer.Directory, "counter");
        using (var recorder = _tracer.Start(["-q", "--kill-on-exit"], TracerRun.TestProgram("count", file, "100000000")))
        {
            WaitForCount(file, 1000, recorder);
            recorder.Kill();
            recorder.WaitForExit();
        }

        var next = _tracer.Run([], "true");
        Assert.Contains("trace 1 recovered", next.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_tracer.Pools));
    }

    private static string CommandLineOf(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline");
        }
        catch (IOException)
        {
            return ""; // it has ended meanwhile
        }
    }

    private static void WaitForCount(string file, long count, Process? recorder)
    {
        var patience = Stopwatch.StartNew();
        while (ReadCount(file) < count)
        {
            Assert.True(recorder is not { HasExited: true }, "the recorder ended by itself");
            Assert.True(patience.Elapsed < TimeSpan.FromMinutes(2), $"the program counted {ReadCount(file)} of {count} calls in two minutes");
            Thread.Yield();
        }
    }

    /// <summary>The count when nobody counts any more: the program dies with its recorder, but not in the same instant.</summary>
    private static long WaitForStandstill(string file)
    {
        while (Process.GetProcessesByName("Tracer.Tests").Any(p => CommandLineOf(p.Id).Contains(file, StringComparison.Ordinal)))
        {
            Thread.Yield();
        }

        return ReadCount(file);
    }

    private static long ReadCount(string file)
    {
        if (!File.Exists(file) || new FileInfo(file).Length < 8)
        {
            return 0;
        }

        using var mapping = MemoryMappedFile.CreateFromFile(file, FileMode.Open, null, 0, MemoryMappedFileAccess.ReadWrite);
        using var view = mapping.CreateViewAccessor();
        return view.ReadInt64(0);
    }
}
