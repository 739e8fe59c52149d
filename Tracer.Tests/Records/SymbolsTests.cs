using System.Text;
using Tracer.Records;

namespace Tracer.Tests.Records;

public sealed class SymbolsTests
{
    [Theory]
    [InlineData(1, "EPERM", "Operation not permitted")]
    [InlineData(2, "ENOENT", "No such file or directory")]
    [InlineData(4, "EINTR", "Interrupted system call")]
    [InlineData(11, "EAGAIN", "Resource temporarily unavailable")]
    [InlineData(35, "EDEADLK", "Resource deadlock avoided")]
    [InlineData(38, "ENOSYS", "Function not implemented")]
    [InlineData(95, "EOPNOTSUPP", "Operation not supported")]
    [InlineData(110, "ETIMEDOUT", "Connection timed out")]
    [InlineData(133, "EHWPOISON", "Memory page has hardware error")]
    public void Errno_Known_HasNameAndText(int errno, string name, string text)
    {
        Assert.Equal(name, Encoding.ASCII.GetString(Symbols.ErrnoName(errno)));
        Assert.Equal(text, Encoding.ASCII.GetString(Symbols.ErrnoText(errno)));
        Assert.False(Symbols.IsRestart(errno));
    }

    [Fact]
    public void Errno_1To133_AllButTwoAreNamed()
    {
        for (var errno = 1; errno <= 133; errno++)
        {
            Assert.Equal(errno is 41 or 58, Symbols.ErrnoName(errno).IsEmpty);
            Assert.Equal(errno is 41 or 58, Symbols.ErrnoText(errno).IsEmpty);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-2)]
    [InlineData(134)]
    [InlineData(515)]
    [InlineData(int.MinValue)]
    public void Errno_Unknown_IsEmpty(int errno)
    {
        Assert.True(Symbols.ErrnoName(errno).IsEmpty);
        Assert.True(Symbols.ErrnoText(errno).IsEmpty);
        Assert.False(Symbols.IsRestart(errno));
    }

    [Theory]
    [InlineData(512, "ERESTARTSYS")]
    [InlineData(513, "ERESTARTNOINTR")]
    [InlineData(514, "ERESTARTNOHAND")]
    [InlineData(516, "ERESTART_RESTARTBLOCK")]
    public void Errno_RestartCode_IsNamedAndMarked(int errno, string name)
    {
        Assert.Equal(name, Encoding.ASCII.GetString(Symbols.ErrnoName(errno)));
        Assert.False(Symbols.ErrnoText(errno).IsEmpty);
        Assert.True(Symbols.IsRestart(errno));
    }

    [Theory]
    [InlineData(1, "SIGHUP")]
    [InlineData(9, "SIGKILL")]
    [InlineData(11, "SIGSEGV")]
    [InlineData(17, "SIGCHLD")]
    [InlineData(29, "SIGIO")]
    [InlineData(31, "SIGSYS")]
    [InlineData(32, "SIGRTMIN")]
    [InlineData(33, "SIGRT_1")]
    [InlineData(64, "SIGRT_32")]
    [InlineData(0, "")]
    [InlineData(65, "")]
    [InlineData(-1, "")]
    public void SignalName_Number_IsItsName(int signal, string name) =>
        Assert.Equal(name, Encoding.ASCII.GetString(Symbols.SignalName(signal)));

    [Fact]
    public void SignalName_1To64_AreDistinct()
    {
        var names = Enumerable.Range(1, Symbols.LastSignal).Select(signal => Encoding.ASCII.GetString(Symbols.SignalName(signal)));
        Assert.Equal(Symbols.LastSignal, names.Where(name => name.Length > 0).Distinct().Count());
    }

    [Theory]
    [InlineData(15, 0, "SI_USER")]
    [InlineData(11, 0x80, "SI_KERNEL")]
    [InlineData(6, -6, "SI_TKILL")]
    [InlineData(34, -1, "SI_QUEUE")]
    [InlineData(11, 1, "SEGV_MAPERR")]
    [InlineData(11, 2, "SEGV_ACCERR")]
    [InlineData(11, 4, "SEGV_PKUERR")]
    [InlineData(7, 1, "BUS_ADRALN")]
    [InlineData(8, 1, "FPE_INTDIV")]
    [InlineData(5, 1, "TRAP_BRKPT")]
    [InlineData(17, 1, "CLD_EXITED")]
    [InlineData(17, 6, "CLD_CONTINUED")]
    [InlineData(29, 1, "POLL_IN")]
    [InlineData(31, 1, "SYS_SECCOMP")]
    [InlineData(15, 1, "")]
    [InlineData(11, 99, "")]
    public void SignalCode_OfASignal_IsItsName(int signal, int code, string name) =>
        Assert.Equal(name, Encoding.ASCII.GetString(Symbols.SignalCode(signal, code)));
}
