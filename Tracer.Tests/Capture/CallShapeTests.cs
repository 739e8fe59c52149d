using Tracer.Capture;
using Tracer.Records;

namespace Tracer.Tests.Capture;

public class CallShapeTests
{
    [Theory]
    [InlineData("read", 3, 0, "ReadBuffer", 1, 0, "None")]
    [InlineData("write", 3, 0, "WriteBuffer", 1, 0, "None")]
    [InlineData("readv", 3, 0, "ReadVec", 1, 0, "None")]
    [InlineData("sendmmsg", 4, 0, "WriteMmsg", 1, 0, "None")]
    [InlineData("recvmsg", 3, 0, "ReadMsg", 1, 0, "None")]
    [InlineData("openat", 4, 0b10, "None", 0, 0, "None")]
    [InlineData("renameat", 4, 0b1010, "None", 0, 0, "None")]
    [InlineData("execve", 3, 1, "None", 0, 2, "None")]
    [InlineData("execveat", 5, 0b10, "None", 0, 3, "None")]
    [InlineData("clone", 5, 0, "None", 0, 0, "Clone")]
    [InlineData("clone3", 2, 0, "None", 0, 0, "Clone3")]
    [InlineData("getpid", 0, 0, "None", 0, 0, "None")]
    public void For_ACall_SaysWhatToReadOnBothMachines(string name, int args, int paths, string data, int dataArg, int exec, string role)
    {
        foreach (Machine machine in (Machine[])[Machine.X64, Machine.Arm64])
        {
            Assert.True(SyscallTable.TryFind(machine, name, out int number));
            CallShape shape = CallShapes.For(machine.ToAuditArch())[number];
            Assert.Equal((args, paths, data, dataArg, exec, role), ((int)shape.ArgCount, (int)shape.PathMask, shape.Data.ToString(), (int)shape.DataArg, (int)shape.ExecArgs, shape.Role.ToString()));
        }
    }

    [Fact]
    public void For_AMachineThatIsNotDecoded_KnowsNoCall() => Assert.Empty(CallShapes.For(0x40000003));
}
