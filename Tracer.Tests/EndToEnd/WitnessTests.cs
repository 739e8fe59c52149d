using System.Globalization;
using Tracer.Records;
using Tracer.Tests.Support;

namespace Tracer.Tests.EndToEnd;

/// <summary>C1 against a witness that is not ours: the kernel's own count of entered system calls, by perf, in the same run.</summary>
public sealed class WitnessTests : IDisposable
{
    private readonly TracerRun _tracer = new();

    public void Dispose() => _tracer.Dispose();

    [SkippableFact]
    public void C1_Dd_CallsEqualPerfsCount() => AssertEqualsPerf("dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=20000");

    [SkippableFact]
    public void C1_Tar_CallsEqualPerfsCount() => AssertEqualsPerf("tar", "cf", "/dev/null", "/usr/share/doc");

    [SkippableFact]
    public void C1_Forks_CallsEqualPerfsCount() =>
        AssertEqualsPerf("sh", "-c", "i=0; while [ $i -lt 60 ]; do /bin/true; (:) & i=$((i+1)); done; wait");

    [SkippableTheory]
    [InlineData(8)]
    [InlineData(64)]
    public void C1_Threads_CallsEqualPerfsCount(int threads) =>
        AssertEqualsPerf(TracerRun.TestProgram("threads", Path.Combine(_tracer.Directory, "counter"), "500", $"{threads}"));

    /// <summary>
    /// A multi-threaded program that ends with threads inside calls. One that is killed while it stands at the entry of a call has a record of it, and
    /// the kernel never enters it: these, and no others, may come on top of perf's count (docs/limits.md).
    /// </summary>
    [SkippableFact]
    public void C1_DotnetBuild_CallsEqualPerfsCountButForThreadsKilledAtAnEntry()
    {
        string project = Path.Combine(_tracer.Directory, "small");
        Directory.CreateDirectory(project);
        File.WriteAllText(
            Path.Combine(project, "small.csproj"),
            "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>");
        File.WriteAllText(Path.Combine(project, "p.cs"), "System.Console.WriteLine(1);");
        File.WriteAllText(Path.Combine(project, "Directory.Build.props"), "<Project/>");
        Assert.Equal(0, Command.Run(["dotnet", "restore", project]).Status);
        long expected = CountByPerf("dotnet", "build", project, "--no-restore", "-nodeReuse:false", "-p:UseSharedCompilation=false");
        Assert.InRange(_tracer.CountCallsUnderWrapper() - expected, 0, _tracer.CountCallsCutByDeath());
    }

    private void AssertEqualsPerf(params string[] command)
    {
        long expected = CountByPerf(command);
        Assert.Equal(expected, _tracer.CountCallsUnderWrapper());
    }

    private long CountByPerf(params string[] command)
    {
        Need.SyscallTracepoints();
        string counts = Path.Combine(_tracer.Directory, "perf");
        var ended = _tracer.Run([], ["perf", "stat", "-x,", "-o", counts, "-e", "raw_syscalls:sys_enter", "--", .. command]);
        Assert.Equal(0, ended.Status);
        long expected = File.ReadLines(counts).Where(l => l.Contains("raw_syscalls:sys_enter", StringComparison.Ordinal))
            .Select(l => long.Parse(l.Split(',')[0], CultureInfo.InvariantCulture)).Single();
        var report = _tracer.Verify();
        Assert.Equal((VerifyVerdict.Complete, 0UL), (report.Verdict, report.Dropped));
        return expected;
    }
}
