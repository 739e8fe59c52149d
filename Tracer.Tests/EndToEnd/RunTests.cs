using System.Text;
using Tracer.Records;
using Tracer.Records.Payloads;
using Tracer.Tests.Support;

namespace Tracer.Tests.EndToEnd;

/// <summary>The main job: <c>tracer run</c> on ordinary commands.</summary>
public sealed class RunTests : IDisposable
{
    private readonly TracerRun _tracer = new();

    public void Dispose() => _tracer.Dispose();

    [Fact]
    public void Run_Command_OutputAndStatusAreTheCommands()
    {
        var ended = _tracer.Run([], "sh", "-c", "echo out; echo err >&2; exit 7");
        Assert.Equal(7, ended.Status);
        Assert.Equal("out\n", ended.Output);
        Assert.StartsWith("err\n", ended.Error, StringComparison.Ordinal);
        Assert.Contains("dropped 0", ended.Error, StringComparison.Ordinal);
        Assert.Contains("tracer dump", ended.Error, StringComparison.Ordinal);
        Assert.Equal(VerifyVerdict.Complete, _tracer.Verify().Verdict);
    }

    [Fact]
    public void Run_Quiet_SaysNothing() => Assert.Equal("", _tracer.Run(["-q"], "true").Error);

    [Theory]
    [InlineData("TERM", 15)]
    [InlineData("KILL", 9)]
    [InlineData("SEGV", 11)]
    public void Run_CommandKilledBySignal_TracerDiesOfTheSameSignal(string signal, int number)
    {
        var ended = Command.Run(["sh", "-c", $"'{TracerRun.Executable}' run -q --pool-dir {_tracer.Pools} --store {_tracer.Store} -- sh -c 'kill -{signal} $$'; echo $?"]);
        Assert.Equal($"{128 + number}", ended.Output.Trim());
    }

    [Fact]
    public void Run_CommandNotFound_Says127AndLeavesNothing()
    {
        var ended = _tracer.Run([], "/no/such/command");
        Assert.Equal((127, "tracer: /no/such/command: command not found\n"), (ended.Status, ended.Error));
        Assert.Empty(Directory.GetFiles(_tracer.Pools));
    }

    [Fact]
    public void Run_CommandNotExecutable_Says126()
    {
        string file = Path.Combine(_tracer.Directory, "plain");
        File.WriteAllText(file, "text");
        var ended = _tracer.Run([], file);
        Assert.Equal(126, ended.Status);
        Assert.Equal($"tracer: {file}: Permission denied\n", ended.Error);
    }

    [Fact]
    public void Run_OptionsAfterTheCommand_BelongToTheCommand()
    {
        var ended = Command.Run([TracerRun.Executable, "run", "-q", "--store", _tracer.Store, "--pool-dir", _tracer.Pools, "echo", "-q", "--store", "--", "x"]);
        Assert.Equal("-q --store -- x\n", ended.Output);
    }

    [Fact]
    public void Run_ArgumentsOfAnyBytes_ReachTheCommandUnchanged()
    {
        // printf gives the bytes; .NET would decode them.
        string script = $"'{TracerRun.Executable}' run -q --pool-dir {_tracer.Pools} --store {_tracer.Store} -- printf %s \"$(printf '\\377\\001 x')\" | od -An -tx1";
        Assert.Equal("ff 01 20 78", Command.Run(["sh", "-c", script]).Output.Trim());
    }

    [Fact]
    public void Run_ProcInfo_HasTheArgumentsOfTheProcess()
    {
        Assert.Equal(0, _tracer.Run([], "sleep", "0.0", "0").Status);
        var infos = new List<ProcInfoPayload>();
        _tracer.ForEach((_, r) =>
        {
            if (r.Kind == RecordKind.ProcInfo)
            {
                infos.Add(ProcInfoPayload.Read(r.Payload));
            }
        });
        var info = Assert.Single(infos);
        Assert.Equal("sleep\0" + "0.0\0" + "0\0", Encoding.UTF8.GetString(info.Arguments.Span));
        Assert.Equal(("sleep", Environment.CurrentDirectory), (info.Comm, info.Directory));
    }

    [Fact]
    public void Run_EnvironmentDirectoryAndDescriptors_AreAsUntraced()
    {
        const string Look = "env | sort; pwd; ls -l /proc/self/fd | wc -l; umask; ulimit -n; cat /proc/self/status | grep -E '^Sig(Blk|Cgt)'";
        var plain = Command.Run(["sh", "-c", Look], new Dictionary<string, string?> { ["TRACER_STORE"] = _tracer.Store }, "/usr");
        using var traced = Command.Start(
            [TracerRun.Executable, "run", "-q", "--pool-dir", _tracer.Pools, "--", "sh", "-c", Look],
            new Dictionary<string, string?> { ["TRACER_STORE"] = _tracer.Store }, "/usr");
        traced.StandardInput.Close();
        Assert.Equal(plain.Output, Command.End(traced).Output);
    }

    [Fact]
    public void Run_NoInherit_ChildrenAreNotRecorded()
    {
        Assert.Equal(0, _tracer.Run(["--no-inherit"], "sh", "-c", "/bin/true; /bin/true; exit 0").Status);
        var report = _tracer.Verify();
        Assert.Equal(VerifyVerdict.Complete, report.Verdict);
        Assert.Single(report.Processes);
    }

    [Fact]
    public void Run_ForksInALoop_EachProcessHasItsEnd()
    {
        Assert.Equal(0, _tracer.Run([], "sh", "-c", "i=0; while [ $i -lt 50 ]; do /bin/true; i=$((i+1)); done").Status);
        var report = _tracer.Verify();
        Assert.Equal(VerifyVerdict.Complete, report.Verdict);
        Assert.Equal(51, report.Processes.Count);
        Assert.All(report.Processes, p => Assert.Equal("exit", p.End, ignoreCase: true));
    }

    [Fact]
    public void Run_DescendantOutlivesCommand_IsRecordedToItsEndAndStatusIsTheCommands()
    {
        var ended = _tracer.Run([], "sh", "-c", "(sleep 3; echo late) & exit 5");
        Assert.Equal((5, "late\n"), (ended.Status, ended.Output));
        Assert.Contains("the command has ended", ended.Error, StringComparison.Ordinal);
        Assert.Equal(VerifyVerdict.Complete, _tracer.Verify().Verdict);
    }

    [Fact]
    public void Run_EachPolicy_IsComplete()
    {
        Assert.Equal(0, _tracer.Run(["--commit", "each"], "sh", "-c", "ls / >/dev/null").Status);
        var report = _tracer.Verify();
        Assert.Equal((VerifyVerdict.Complete, 0UL), (report.Verdict, report.Dropped));
        Assert.All(report.Processes, p => Assert.True(p.HeldNs > 0));
    }

    [Fact]
    public void Run_SeveralRecordersOnOneStore_AllAreComplete()
    {
        var running = Enumerable.Range(0, 4).Select(_ => _tracer.Start(["-q"], ["sh", "-c", "ls -lR /etc >/dev/null"])).ToList();
        foreach (var run in running)
        {
            Assert.Equal(0, Command.End(run).Status);
            run.Dispose();
        }

        using var store = Tracer.Actors.SqliteStore.OpenExisting(_tracer.Store);
        var traces = store.ListTraces();
        Assert.Equal([1, 2, 3, 4], traces.Select(t => t.Number));
        Assert.All(traces, t => Assert.Equal(VerifyVerdict.Complete, _tracer.Verify(t).Verdict));
    }
}
