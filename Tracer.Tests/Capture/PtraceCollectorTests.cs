using Tracer.Capture;
using Tracer.Records;
using Tracer.Records.Payloads;
using Tracer.Tests.Support;

namespace Tracer.Tests.Capture;

public class PtraceCollectorTests
{
    private static int Number(string name)
    {
        Assert.True(SyscallTable.TryFind(ThisMachine, name, out int number));
        return number;
    }

    private static Machine ThisMachine =>
        System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64
            ? Machine.Arm64
            : Machine.X64;

    [Fact]
    public void Run_True_BeginsWithItsBirthAndEndsWithItsDeath()
    {
        (FakeSink sink, CollectorResult result) = Capturing.Trace("true");

        Assert.Equal(0, result.WaitStatus);
        Assert.Equal(0, result.SpawnErrno);
        Assert.Equal(1, result.Processes);
        Assert.Equal([RecordKind.ProcCtor, RecordKind.ProcInfo, RecordKind.Args, RecordKind.Syscall], sink.Records.Take(4).Select(r => r.Kind));
        Assert.Equal("true\0", sink.Records[2].Text);
        var birth = ProcCtorPayload.Read(sink.Records[0].Bytes);
        Assert.Equal(BirthReason.Start, birth.Reason);
        Assert.Equal(ThisMachine.ToAuditArch(), birth.Machine);
        var info = ProcInfoPayload.Read(sink.Records[1].Bytes);
        Assert.EndsWith("/true", info.Executable, StringComparison.Ordinal);
        Assert.Equal("true", info.Comm);
        Assert.Equal(Environment.ProcessId, info.ParentPid);
        Assert.Equal(Environment.CurrentDirectory, info.Directory);
        Assert.Equal(RecordKind.ProcDtor, sink.Records[^1].Kind);
        Assert.Equal(EndReason.Exit, Assert.Single(sink.Ends).Value);
        Assert.DoesNotContain(sink.Of(RecordKind.Syscall), r => r.Number == Number("execve"));
        Assert.Equal(Number("exit_group"), sink.Of(RecordKind.Syscall).Last().Number);
        // Every call returns but exit_group.
        Assert.Equal(sink.Of(RecordKind.Syscall).Count(), sink.Of(RecordKind.Sysret).Count() + 1);
    }

    [Fact]
    public void Run_DdOfKnownBytes_RecordsEachReadAndWriteWithItsData()
    {
        (FakeSink sink, CollectorResult result) = Capturing.Trace("dd", "if=/dev/zero", "of=/dev/null", "bs=1000", "count=50", "status=none");

        Assert.Equal(0, result.WaitStatus);
        FakeRecord[] data = [.. sink.Of(RecordKind.Genio).Where(r => r.TrueLength == 1000)];
        Assert.Equal(50, data.Count(r => r is { Write: false, Argument: 0 }));
        Assert.Equal(50, data.Count(r => r is { Write: true, Argument: 1 }));
        Assert.All(data, r => Assert.Equal(new byte[256], r.Bytes));
        Assert.Contains(sink.Of(RecordKind.Namei), r => r.Text == "/dev/zero");
        Assert.Equal(50, sink.Of(RecordKind.Syscall).Count(r => r.Number == Number("write") && r.Arguments[0] == 1));
    }

    [Theory]
    [InlineData("exit 7", 7 << 8)]
    [InlineData("kill -TERM $$", 15)]
    [InlineData("kill -KILL $$", 9)]
    public void Run_Ends_GiveTheirWaitStatus(string script, int status)
    {
        (FakeSink sink, CollectorResult result) = Capturing.Trace("sh", "-c", script);

        Assert.Equal(status, result.WaitStatus);
        Assert.Equal(status, ProcDtorPayload.Read(sink.Of(RecordKind.ProcDtor).Single().Bytes).WaitStatus);
    }

    [Fact]
    public void Run_Forks_FollowsEachAndSaysWhoseChildItIs()
    {
        (FakeSink sink, CollectorResult result) = Capturing.Trace("sh", "-c", "for i in 1 2 3 4 5; do /bin/true; done; exit 3");

        Assert.Equal(3 << 8, result.WaitStatus);
        Assert.Equal(6, result.Processes);
        Assert.Equal(6, sink.Ends.Count);
        int command = sink.Records[0].Pid;
        ProcCtorPayload[] births = [.. sink.Of(RecordKind.ProcCtor).Select(r => ProcCtorPayload.Read(r.Bytes))];
        Assert.Equal(5, births.Count(b => b.Reason is BirthReason.Fork or BirthReason.Vfork && b.ParentPid == command));
        Assert.Equal(5, births.Count(b => b.Reason == BirthReason.Exec));
        Assert.Equal(5, sink.Of(RecordKind.Args).Count(r => r.Text == "/bin/true\0"));
    }

    [Fact]
    public void Run_NotFound_GivesErrnoAndNoRecords()
    {
        (FakeSink sink, CollectorResult result) = Capturing.Trace("/no/such/command");

        Assert.Equal(127, HeldCommand.ExitStatusOf(result.SpawnErrno));
        Assert.Empty(sink.Records);
    }

    [Fact]
    public void Run_NotExecutable_GivesErrno()
    {
        (_, CollectorResult result) = Capturing.Trace("/etc/passwd");

        Assert.Equal(126, HeldCommand.ExitStatusOf(result.SpawnErrno));
    }

    [Fact]
    public void Run_ArgumentsThatAreNotUtf8_ArriveByteForByte()
    {
        var sink = new FakeSink();
        byte[] odd = [0xff, 0xfe, (byte)'x', 0x80];
        var command = new SpawnOptions
        {
            Arguments = ["sh"u8.ToArray(), "-c"u8.ToArray(), "printf %s \"$1$TRACER_ODD\""u8.ToArray(), "sh"u8.ToArray(), odd],
            Environment = [[.. "TRACER_ODD="u8, 0xc3], "PATH=/usr/bin:/bin"u8.ToArray()],
        };
        new Capturing(sink, new CaptureOptions { Points = Points.Default | Points.Envs }, command).Wait();

        Assert.Contains(sink.Of(RecordKind.Genio), r => r.Write && r.Bytes.SequenceEqual((byte[])[.. odd, 0xc3]));
        Assert.True(sink.Of(RecordKind.Args).First().Bytes.AsSpan().EndsWith((byte[])[.. "sh\0"u8, .. odd, 0]));
        Assert.True(sink.Of(RecordKind.Envs).First().Bytes.AsSpan().StartsWith((byte[])[.. "TRACER_ODD="u8, 0xc3, 0]));
    }
}
