using System.Runtime.InteropServices;
using Tracer.Capture.Interop;

namespace Tracer.Tests.Capture;

public unsafe class InteropLayoutTests
{
    [Fact]
    public void Structures_OfTheKernelAndGlibc_HaveTheirSizes()
    {
        Assert.Equal(88, sizeof(PtraceSyscallInfo));
        Assert.Equal(128, sizeof(SigInfo));
        Assert.Equal(144, sizeof(Rusage));
        Assert.Equal(152, sizeof(Libc.SigAction));
        Assert.Equal(16, sizeof(Libc.Iovec));
        Assert.Equal(8, sizeof(Libc.Pollfd));
        Assert.Equal(64, sizeof(Libc.Sigevent));
        Assert.Equal(32, sizeof(Libc.Itimerspec));
    }

    [Theory]
    [InlineData(nameof(PtraceSyscallInfo.op), 0)]
    [InlineData(nameof(PtraceSyscallInfo.arch), 4)]
    [InlineData(nameof(PtraceSyscallInfo.instruction_pointer), 8)]
    [InlineData(nameof(PtraceSyscallInfo.stack_pointer), 16)]
    [InlineData(nameof(PtraceSyscallInfo.nr), 24)]
    [InlineData(nameof(PtraceSyscallInfo.args), 32)]
    [InlineData(nameof(PtraceSyscallInfo.rval), 24)]
    [InlineData(nameof(PtraceSyscallInfo.is_error), 32)]
    public void PtraceSyscallInfo_AField_IsWhereTheKernelPutsIt(string field, int offset) =>
        Assert.Equal(offset, (int)Marshal.OffsetOf<PtraceSyscallInfo>(field));

    [Theory]
    [InlineData(nameof(SigInfo.si_signo), 0)]
    [InlineData(nameof(SigInfo.si_errno), 4)]
    [InlineData(nameof(SigInfo.si_code), 8)]
    [InlineData(nameof(SigInfo.si_pid), 16)]
    [InlineData(nameof(SigInfo.si_uid), 20)]
    [InlineData(nameof(SigInfo.si_status), 24)]
    [InlineData(nameof(SigInfo.si_value), 24)]
    [InlineData(nameof(SigInfo.si_addr), 16)]
    public void SigInfo_AField_IsWhereTheKernelPutsIt(string field, int offset) =>
        Assert.Equal(offset, (int)Marshal.OffsetOf<SigInfo>(field));
}
