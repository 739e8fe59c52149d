using System.Diagnostics;
using System.Globalization;
using Tracer.Capture;
using Tracer.Capture.Interop;
using Tracer.Records;
using Tracer.Records.Payloads;
using Tracer.Tests.Support;

namespace Tracer.Tests.Capture;

/// <summary>Threads, signals, stops, detaching: a traced command behaves as it does untraced.</summary>
public class PtraceProcessTests
{
    private const string Python = "/usr/bin/python3";

    [Fact]
    public void Signals_AnIgnoredACaughtAndADefaultOne_AreRecordedWithWhatBecomesOfThem()
    {
        (FakeSink sink, CollectorResult result) = Capturing.Trace(
            "sh", "-c", "trap : USR1; trap '' USR2; kill -USR1 $$; kill -USR2 $$; kill -TERM $$");

        Assert.Equal(15, result.WaitStatus);
        PsigPayload[] signals = [.. sink.Of(RecordKind.Psig).Select(r => PsigPayload.Read(r.Bytes))];
        Assert.Equal([(10, SignalAction.Caught), (12, SignalAction.Ignore), (15, SignalAction.Default)], signals.Select(s => (s.Signal, s.Action)));
        Assert.All(signals, s => Assert.Equal(sink.Records[0].Pid, s.SenderPid));
    }

    [Fact]
    public void GroupStop_UntilSigcont_IsStoppedAndGoesOn()
    {
        var sink = new FakeSink();
        var capturing = new Capturing(sink, new CaptureOptions(), SpawnOptions.Of("sh", "-c", "kill -STOP $$; exit 5"));
        Capturing.Until(() => State(capturing.Command.Pid) == 't' && sink.Snapshot().Any(r => r.Kind == RecordKind.Psig));
        Thread.Sleep(20);
        Assert.True(capturing.IsRunning);
        int continued = 0;
        while (capturing.IsRunning)
        {
            // SIGCONT may come before the stop is complete; one that does is lost, as it would be untraced.
            Libc.kill(capturing.Command.Pid, 18);
            continued++;
            Thread.Sleep(20);
        }

        Assert.Equal(5 << 8, capturing.Wait().WaitStatus);
        Assert.InRange(continued, 1, 100);
    }

    [Fact]
    public void NoInherit_Children_RunUntraced()
    {
        (FakeSink sink, CollectorResult result) = Capturing.Trace(
            new CaptureOptions { InheritChildren = false }, "sh", "-c", "/bin/true; /bin/sh -c 'exit 9'; exit $?");

        Assert.Equal(9 << 8, result.WaitStatus);
        Assert.Equal(1, result.Processes);
        Assert.Single(sink.Records.Select(r => r.Pid).Distinct());
    }

    [SkippableFact]
    public void Threads_OfTheCommand_AreFollowedEvenWithoutInherit()
    {
        RequirePython();
        (FakeSink sink, CollectorResult result) = Capturing.Trace(
            new CaptureOptions { InheritChildren = false }, Python, "-S", "-c",
            "import threading,os\nts=[threading.Thread(target=lambda:[os.getppid() for _ in range(100)]) for _ in range(8)]\n"
            + "[t.start() for t in ts]\n[t.join() for t in ts]");

        Assert.Equal(0, result.WaitStatus);
        Assert.Equal(1, result.Processes);
        Assert.Equal(800, Calls(sink, "getppid"));
        Assert.Equal(9, sink.Of(RecordKind.Syscall).Select(r => r.Tid).Distinct().Count());
    }

    [SkippableFact]
    public void Exec_ByAThreadThatIsNotTheLeader_GoesOnAsTheLeader()
    {
        RequirePython();
        (FakeSink sink, CollectorResult result) = Capturing.Trace(
            Python, "-S", "-c",
            "import threading,os,time\nfor i in range(3): threading.Thread(target=time.sleep,args=(100,),daemon=True).start()\n"
            + "threading.Thread(target=lambda:os.execv('/bin/sh',['sh','-c','exit 6'])).start()\ntime.sleep(100)");

        Assert.Equal(6 << 8, result.WaitStatus);
        ProcCtorPayload exec = sink.Of(RecordKind.ProcCtor).Select(r => ProcCtorPayload.Read(r.Bytes)).Single(b => b.Reason == BirthReason.Exec);
        Assert.NotEqual(0, exec.FormerTid);
        FakeRecord last = sink.Of(RecordKind.Syscall).Last();
        Assert.Equal(last.Pid, last.Tid);
    }

    [SkippableFact]
    public void Vfork_AndExec_AreFollowed()
    {
        RequirePython();
        (FakeSink sink, CollectorResult result) = Capturing.Trace(
            Python, "-S", "-c", "import os\npid=os.posix_spawn('/bin/sh',['sh','-c','exit 2'],os.environ)\nos._exit(os.waitpid(pid,0)[1]>>8)");

        Assert.Equal(2 << 8, result.WaitStatus);
        Assert.Contains(sink.Of(RecordKind.ProcCtor), r => ProcCtorPayload.Read(r.Bytes).Reason == BirthReason.Vfork);
    }

    [SkippableFact]
    public void Vectors_AndMessages_GiveTheirDataInOneRecord()
    {
        RequirePython();
        (FakeSink sink, CollectorResult result) = Capturing.Trace(
            Python, "-S", "-c",
            "import os,socket\nr,w=os.pipe()\nos.writev(w,[b'ab',b'',b'cde'])\nb=[bytearray(2),bytearray(9)]\nos.readv(r,b)\n"
            + "a,c=socket.socketpair()\na.sendmsg([b'xy',b'z'])\nc.recvmsg(9)\na.send(b'12')\nc.recv(9)\n"
            + "try: os.write(r,b'bad')\nexcept OSError: pass");

        Assert.Equal(0, result.WaitStatus);
        Assert.Equal(2, sink.Of(RecordKind.Genio).Count(r => r.Text == "abcde" && r.TrueLength == 5));
        Assert.Equal(2, sink.Of(RecordKind.Genio).Count(r => r.Text == "xyz"));
        Assert.Equal(2, sink.Of(RecordKind.Genio).Count(r => r.Text == "12"));
        Assert.Single(sink.Of(RecordKind.Genio), r => r.Text == "bad" && r.Write);
    }

    [Fact]
    public void Sigkill_OfAProcessWithThreadsInCalls_EndsTheTrace()
    {
        var sink = new FakeSink();
        var capturing = new Capturing(sink, new CaptureOptions(), SpawnOptions.Of("sh", "-c", "sleep 100 & sleep 100 & wait"));
        Capturing.Until(() => sink.Snapshot().Count(r => r.Kind == RecordKind.ProcCtor) == 5);
        foreach (int pid in sink.Snapshot().Select(r => r.Pid).Distinct())
        {
            Libc.kill(pid, Libc.SIGKILL);
        }

        Assert.Equal(9, capturing.Wait().WaitStatus);
        Assert.Equal(3, sink.Ends.Count);
    }

    [Fact]
    public void Detach_ARunningCommand_GoesOnUntraced()
    {
        var sink = new FakeSink();
        string path = Path.Combine(Path.GetTempPath(), $"tracer-test-{Guid.NewGuid():N}");
        var capturing = new Capturing(
            sink, new CaptureOptions(), SpawnOptions.Of("sh", "-c", $"sleep 100 & while [ ! -e {path} ]; do sleep 0.01; done; kill $!; echo done > {path}.out"));
        Capturing.Until(() => sink.Snapshot().Count(r => r.Kind == RecordKind.ProcDtor) > 2);
        capturing.Collector.Detach();
        CollectorResult result = capturing.Wait();

        Assert.Null(result.WaitStatus);
        Assert.Contains(sink.Ends.Values, r => r == EndReason.Detach);
        Assert.Equal(0, TracerPid(capturing.Command.Pid));
        File.WriteAllText(path, "");
        Capturing.Until(() => File.Exists(path + ".out"));
        File.Delete(path);
        File.Delete(path + ".out");
    }

    [Fact]
    public void Detach_AStoppedCommand_StaysStopped()
    {
        var sink = new FakeSink();
        var capturing = new Capturing(sink, new CaptureOptions(), SpawnOptions.Of("sh", "-c", "kill -STOP $$; sleep 100"));
        Capturing.Until(() => State(capturing.Command.Pid) == 't' && sink.Snapshot().Any(r => r.Kind == RecordKind.Psig));
        Thread.Sleep(50);
        capturing.Collector.Detach();
        Assert.Null(capturing.Wait().WaitStatus);

        // It is woken, and stops itself again as one that is not traced.
        Capturing.Until(() => State(capturing.Command.Pid) == 'T');
        capturing.Kill();
    }

    [Fact]
    public void Detach_WithKillOnExit_KillsAndRecordsTheEnds()
    {
        var sink = new FakeSink();
        var capturing = new Capturing(
            sink, new CaptureOptions { KillOnExit = true }, SpawnOptions.Of("sh", "-c", "sleep 100 & sleep 100"));
        Capturing.Until(() => sink.Snapshot().Count(r => r.Kind == RecordKind.ProcCtor) == 5);
        capturing.Collector.Detach();

        Assert.Equal(9, capturing.Wait().WaitStatus);
        Assert.All(sink.Ends.Values, r => Assert.Equal(EndReason.Exit, r));
    }

    [Fact]
    public void Detach_WhileHeld_LetsGoAndCounts()
    {
        var sink = new FakeSink();
        bool open = true;
        sink.AllowReserve = _ => Volatile.Read(ref open);
        var capturing = new Capturing(sink, new CaptureOptions(), SpawnOptions.Of("sh", "-c", "while :; do kill -0 $$; done"));
        Capturing.Until(() => sink.Snapshot().Any(r => r.Kind == RecordKind.Syscall));
        Volatile.Write(ref open, false);
        Thread.Sleep(20);
        capturing.Collector.Detach();
        Assert.Null(capturing.Wait().WaitStatus);

        Assert.NotEmpty(sink.Drops);
        Assert.Equal(0, TracerPid(capturing.Command.Pid));
        capturing.Kill();
    }

    [Fact]
    public void HeldCommand_Abandoned_IsGoneAndLeavesNoFifo()
    {
        var held = HeldCommand.Start(SpawnOptions.Of("sleep", "100"));
        int pid = held.Pid;
        Assert.NotEqual(0, pid);
        held.Abandon();

        Assert.True(State(pid) is 'X' or 'Z');
        Assert.Empty(Directory.GetDirectories("/tmp", $"tracer-hold-{Environment.ProcessId}-*"));
        held.Dispose();
    }

    [Fact]
    public void Dispositions_OfTheCommand_AreThoseOfTracersStart()
    {
        (FakeSink sink, _) = Capturing.Trace(new CaptureOptions { GenioSize = 4096 }, "cat", "/proc/self/status");

        string status = sink.Of(RecordKind.Genio).Single(r => r.Write).Text;
        Assert.Contains($"SigIgn:\t{StartSignals.Current.Ignored:x16}", status, StringComparison.Ordinal);
        Assert.Contains($"SigBlk:\t{StartSignals.Current.Blocked:x16}", status, StringComparison.Ordinal);
        Assert.Contains("SigCgt:\t0000000000000000", status, StringComparison.Ordinal);
    }

    [Fact]
    public void Dispositions_SighupIgnoredAtTheStart_StaysIgnored()
    {
        var sink = new FakeSink();
        var command = SpawnOptions.Of("grep", "SigIgn", "/proc/self/status") with { Signals = new StartSignals(1, 0) };
        new Capturing(sink, new CaptureOptions(), command).Wait();

        Assert.Contains("SigIgn:\t0000000000000001", sink.Of(RecordKind.Genio).Single(r => r.Write).Text, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("for i in 1 2 3 4 5 6 7 8; do /bin/true; done; echo x | cat | cat; ls /usr > /dev/null")]
    [InlineData("(dd if=/dev/zero of=/dev/null bs=1 count=2000 & dd if=/dev/zero of=/dev/null bs=1 count=2000 & wait) 2>/dev/null")]
    public void Counts_OfDeterministicCalls_EqualStraces(string script)
    {
        Skip.IfNot(File.Exists("/usr/bin/strace"), "strace is not installed");
        string log = Path.GetTempFileName();
        var strace = new ProcessStartInfo("/usr/bin/strace") { ArgumentList = { "-f", "-qq", "-e", "signal=none", "-o", log, "sh", "-c", script } };
        using (var process = Process.Start(strace)!)
        {
            process.WaitForExit();
        }

        // One line a call; a call that was cut in two has its rest on a "resumed" line. The first execve is not Tracer's.
        int expected = File.ReadLines(log).Count(l => !l.Contains(" resumed>", StringComparison.Ordinal) && !l.Contains("+++", StringComparison.Ordinal)) - 1;
        File.Delete(log);
        (FakeSink sink, _) = Capturing.Trace("sh", "-c", script);
        int restarts = sink.Of(RecordKind.Sysret).Count(r => r.Result is <= -Errno.ERESTARTSYS and >= -Errno.ERESTART_RESTARTBLOCK);

        // How often a wait or a read of a pipe is interrupted by SIGCHLD depends on who runs first.
        Assert.InRange(sink.Of(RecordKind.Syscall).Count() - expected, -restarts - 8, restarts + 8);
        Assert.Equal(sink.Of(RecordKind.Genio).Count(r => r.TrueLength == 1), sink.Of(RecordKind.Genio).Count(r => r.TrueLength == 1 && r.Bytes.Length == 1));
    }

    private static int Calls(FakeSink sink, string name)
    {
        Assert.True(SyscallTable.TryFind(Machine.X64, name, out int number));
        return sink.Of(RecordKind.Syscall).Count(r => r.Number == number);
    }

    private static void RequirePython() => Skip.IfNot(File.Exists(Python), $"{Python} is not installed");

    private static char State(int pid)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/stat");
            return stat[stat.LastIndexOf(')') + 2];
        }
        catch (IOException)
        {
            return 'X';
        }
    }

    private static int TracerPid(int pid) => int.Parse(
        File.ReadLines($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/status").Single(l => l.StartsWith("TracerPid:", StringComparison.Ordinal)).AsSpan(10),
        CultureInfo.InvariantCulture);
}
