using System.Text;
using Tracer.Records;

namespace Tracer.Tests.Records;

public sealed class ArgumentTextTests
{
    [Theory]
    [InlineData(ArgKind.Hex, 0ul, "0")]
    [InlineData(ArgKind.Hex, 0x10ul, "0x10")]
    [InlineData(ArgKind.Hex, ulong.MaxValue, "0xffffffffffffffff")]
    [InlineData(ArgKind.Pointer, 0x7ffc20ul, "0x7ffc20")]
    [InlineData(ArgKind.Path, 0x7ffc20ul, "0x7ffc20")]
    [InlineData(ArgKind.ReadBuffer, 0xabcdeful, "0xabcdef")]
    [InlineData(ArgKind.Size, 4096ul, "0x1000")]
    [InlineData(ArgKind.Int, 0xffff_fffful, "-1")]
    [InlineData(ArgKind.Int, 0x1234_5678_0000_0007ul, "7")]
    [InlineData(ArgKind.UInt, 0xffff_ffff_ffff_fffful, "4294967295")]
    [InlineData(ArgKind.Long, ulong.MaxValue, "-1")]
    [InlineData(ArgKind.Long, 0x8000_0000_0000_0000ul, "-9223372036854775808")]
    [InlineData(ArgKind.ULong, ulong.MaxValue, "18446744073709551615")]
    [InlineData(ArgKind.Fd, 3ul, "3")]
    [InlineData(ArgKind.Fd, 0xffff_ffff_ffff_fffful, "-1")]
    [InlineData(ArgKind.DirFd, 0xffff_ff9cul, "AT_FDCWD")]
    [InlineData(ArgKind.DirFd, 0xffff_ffff_ffff_ff9cul, "AT_FDCWD")]
    [InlineData(ArgKind.DirFd, 5ul, "5")]
    [InlineData(ArgKind.Uid, 0xffff_fffful, "-1")]
    [InlineData(ArgKind.Uid, 65534ul, "65534")]
    [InlineData(ArgKind.Pid, 0xffff_fffeul, "-2")]
    [InlineData(ArgKind.Mode, 0x1a4ul, "0644")]
    [InlineData(ArgKind.Mode, 0ul, "0")]
    [InlineData(ArgKind.Mode, 0xffff_0000_0000_81a4ul, "0100644")]
    public void Format_Number_IsWrittenAsItsKind(ArgKind kind, ulong value, string expected) =>
        Assert.Equal(expected, Text(Machine.X64, kind, value));

    [Theory]
    [InlineData(ArgKind.OpenFlags, 0ul, "0<O_RDONLY>")]
    [InlineData(ArgKind.OpenFlags, 0x241ul, "0x241<O_WRONLY|O_CREAT|O_TRUNC>")]
    [InlineData(ArgKind.OpenFlags, 0x80000ul, "0x80000<O_RDONLY|O_CLOEXEC>")]
    [InlineData(ArgKind.OpenFlags, 0x101002ul, "0x101002<O_RDWR|O_SYNC>")]
    [InlineData(ArgKind.OpenFlags, 0x1001ul, "0x1001<O_WRONLY|O_DSYNC>")]
    [InlineData(ArgKind.OpenFlags, 0x410002ul, "0x410002<O_RDWR|O_TMPFILE>")]
    [InlineData(ArgKind.OpenFlags, 0x4000_0001ul, "0x40000001<O_WRONLY><invalid=0x40000000>")]
    [InlineData(ArgKind.OpenFlags, 0xffff_ffff_0000_0001ul, "0x1<O_WRONLY>")]
    [InlineData(ArgKind.Prot, 0ul, "0<PROT_NONE>")]
    [InlineData(ArgKind.Prot, 3ul, "0x3<PROT_READ|PROT_WRITE>")]
    [InlineData(ArgKind.Prot, 0x10ul, "0x10<invalid=0x10>")]
    [InlineData(ArgKind.MapFlags, 0x22ul, "0x22<MAP_PRIVATE|MAP_ANONYMOUS>")]
    [InlineData(ArgKind.MapFlags, 0x5404_0022ul, "0x54040022<MAP_PRIVATE|MAP_HUGE_2MB|MAP_ANONYMOUS|MAP_HUGETLB>")]
    [InlineData(ArgKind.AccessMode, 0ul, "0<F_OK>")]
    [InlineData(ArgKind.AccessMode, 5ul, "0x5<X_OK|R_OK>")]
    [InlineData(ArgKind.AtFlags, 0ul, "0")]
    [InlineData(ArgKind.AtFlags, 0x1100ul, "0x1100<AT_SYMLINK_NOFOLLOW|AT_EMPTY_PATH>")]
    [InlineData(ArgKind.UnlinkFlags, 0x200ul, "0x200<AT_REMOVEDIR>")]
    [InlineData(ArgKind.AccessFlags, 0x200ul, "0x200<AT_EACCESS>")]
    [InlineData(ArgKind.CloneFlags, 0x120_0011ul, "0x1200011<SIGCHLD|CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID>")]
    [InlineData(ArgKind.UnshareFlags, 0x80ul, "0x80<CLONE_NEWTIME>")]
    [InlineData(ArgKind.FutexOp, 0x80ul, "0x80<FUTEX_WAIT|FUTEX_PRIVATE_FLAG>")]
    [InlineData(ArgKind.FutexOp, 0x189ul, "0x189<FUTEX_WAIT_BITSET|FUTEX_PRIVATE_FLAG|FUTEX_CLOCK_REALTIME>")]
    [InlineData(ArgKind.SockType, 0x8_0001ul, "0x80001<SOCK_STREAM|SOCK_CLOEXEC>")]
    [InlineData(ArgKind.MsgFlags, 0x4040ul, "0x4040<MSG_DONTWAIT|MSG_NOSIGNAL>")]
    [InlineData(ArgKind.MountFlags, 0xc0ed_0001ul, "0xc0ed0001<MS_MGC_VAL|MS_RDONLY>")]
    [InlineData(ArgKind.StatxMask, 0x7fful, "0x7ff<STATX_BASIC_STATS>")]
    [InlineData(ArgKind.WaitOptions, 0x4000_0001ul, "0x40000001<WNOHANG|__WALL>")]
    public void Format_Flags_AreNumberAndNames(ArgKind kind, ulong value, string expected) =>
        Assert.Equal(expected, Text(Machine.X64, kind, value));

    [Theory]
    [InlineData(Machine.X64, 0x1_0000ul, "0x10000<O_RDONLY|O_DIRECTORY>")]
    [InlineData(Machine.Arm64, 0x4000ul, "0x4000<O_RDONLY|O_DIRECTORY>")]
    [InlineData(Machine.X64, 0x2_0000ul, "0x20000<O_RDONLY|O_NOFOLLOW>")]
    [InlineData(Machine.Arm64, 0x8000ul, "0x8000<O_RDONLY|O_NOFOLLOW>")]
    [InlineData(Machine.X64, 0x4000ul, "0x4000<O_RDONLY|O_DIRECT>")]
    [InlineData(Machine.Arm64, 0x1_0000ul, "0x10000<O_RDONLY|O_DIRECT>")]
    [InlineData(Machine.X64, 0x8000ul, "0x8000<O_RDONLY|O_LARGEFILE>")]
    [InlineData(Machine.Arm64, 0x2_0000ul, "0x20000<O_RDONLY|O_LARGEFILE>")]
    [InlineData(Machine.Arm64, 0x40_4002ul, "0x404002<O_RDWR|O_TMPFILE>")]
    public void Format_OpenFlags_FollowTheMachine(Machine machine, ulong value, string expected) =>
        Assert.Equal(expected, Text(machine, ArgKind.OpenFlags, value));

    [Theory]
    [InlineData(ArgKind.Signal, 15ul, "SIGTERM")]
    [InlineData(ArgKind.Signal, 34ul, "SIGRT_2")]
    [InlineData(ArgKind.Signal, 0ul, "0")]
    [InlineData(ArgKind.Signal, 99ul, "<invalid=0x63>")]
    [InlineData(ArgKind.Whence, 2ul, "SEEK_END")]
    [InlineData(ArgKind.Whence, 9ul, "<invalid=0x9>")]
    [InlineData(ArgKind.FcntlCommand, 1030ul, "F_DUPFD_CLOEXEC")]
    [InlineData(ArgKind.RusageWho, 0xffff_fffful, "RUSAGE_CHILDREN")]
    [InlineData(ArgKind.RusageWho, ulong.MaxValue, "RUSAGE_CHILDREN")]
    [InlineData(ArgKind.ClockId, 1ul, "CLOCK_MONOTONIC")]
    [InlineData(ArgKind.ClockId, 0xffff_fffaul, "-6")]
    [InlineData(ArgKind.PrctlOption, 0x5356_4d41ul, "PR_SET_VMA")]
    [InlineData(ArgKind.SockDomain, 1ul, "AF_UNIX")]
    [InlineData(ArgKind.SemCommand, 12ul, "GETVAL")]
    [InlineData(ArgKind.IoctlRequest, 0x5401ul, "TCGETS")]
    [InlineData(ArgKind.IoctlRequest, 0x8008_6601ul, "FS_IOC_GETFLAGS")]
    [InlineData(ArgKind.IoctlRequest, 0xc018_ae99ul, "_IOWR(0xae,0x99,0x18)")]
    [InlineData(ArgKind.IoctlRequest, 0x7a01ul, "_IO(0x7a,0x1)")]
    [InlineData(ArgKind.IoctlRequest, 0x77ul, "<invalid=0x77>")]
    public void Format_Enumeration_IsItsName(ArgKind kind, ulong value, string expected) =>
        Assert.Equal(expected, Text(Machine.X64, kind, value));

    [Theory]
    [InlineData(ArgKind.OpenFlags, 0x241ul, "0x241")]
    [InlineData(ArgKind.DirFd, 0xffff_ff9cul, "-100")]
    [InlineData(ArgKind.Mode, 0x1a4ul, "0x1a4")]
    [InlineData(ArgKind.Signal, 15ul, "15")]
    [InlineData(ArgKind.Whence, 9ul, "9")]
    [InlineData(ArgKind.IoctlRequest, 0x5401ul, "0x5401")]
    [InlineData(ArgKind.Prot, 3ul, "0x3")]
    public void Format_Raw_HasNumbersOnly(ArgKind kind, ulong value, string expected) =>
        Assert.Equal(expected, Text(Machine.X64, kind, value, raw: true));

    [Fact]
    public void Format_EveryKindAndBit_FitsMaxLength()
    {
        var destination = new byte[ArgumentText.MaxLength];
        foreach (var (machine, kind) in MachinesAndKinds())
        {
            foreach (var value in Values())
            {
                Assert.InRange(ArgumentText.Format(destination, machine, kind, value, raw: false), 1, ArgumentText.MaxLength);
                Assert.InRange(ArgumentText.Format(destination, machine, kind, value, raw: true), 1, 20);
            }
        }
    }

    [Fact]
    public void Format_DestinationTooSmall_WritesNothingBeyondItAndReturnsZero()
    {
        var whole = new byte[ArgumentText.MaxLength];
        var guarded = new byte[ArgumentText.MaxLength + 1];
        foreach (var (machine, kind) in MachinesAndKinds())
        {
            foreach (var value in new[] { 0ul, 0x241ul, 0x8000_0001ul, ulong.MaxValue })
            {
                var needed = ArgumentText.Format(whole, machine, kind, value, raw: false);
                Assert.Equal(needed, ArgumentText.Format(guarded.AsSpan(0, needed), machine, kind, value, raw: false));
                for (var length = 0; length < needed; length++)
                {
                    guarded[length] = 0xa5;
                    Assert.Equal(0, ArgumentText.Format(guarded.AsSpan(0, length), machine, kind, value, raw: false));
                    Assert.Equal(0xa5, guarded[length]);
                }
            }
        }
    }

    [Fact]
    public void Format_EveryKind_AllocatesNothing()
    {
        var destination = new byte[ArgumentText.MaxLength];
        var kinds = Enum.GetValues<ArgKind>();
        FormatAll(destination, kinds);
        var before = GC.GetAllocatedBytesForCurrentThread();
        FormatAll(destination, kinds);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        static void FormatAll(byte[] destination, ArgKind[] kinds)
        {
            foreach (var kind in kinds) ArgumentText.Format(destination, Machine.Arm64, kind, 0x5401, raw: false);
        }
    }

    [Fact]
    public void Format_UndefinedKindOrMachine_IsShownPlainly()
    {
        Assert.Equal("0x2a", Text(Machine.X64, (ArgKind)255, 42));
        Assert.Equal("0x10000<O_RDONLY|O_DIRECTORY>", Text(0, ArgKind.OpenFlags, 0x1_0000));
    }

    private static IEnumerable<(Machine Machine, ArgKind Kind)> MachinesAndKinds() =>
        from machine in new[] { Machine.X64, Machine.Arm64 } from kind in Enum.GetValues<ArgKind>() select (machine, kind);

    // Each bit alone, all bits, and all bits but those of the names for several.
    private static IEnumerable<ulong> Values() =>
    [
        .. Enumerable.Range(0, 64).Select(bit => 1ul << bit),
        0, ulong.MaxValue, ~0x7fful, ~0x10_1000ul, ~0x41_4000ul, ~0x18ul, ~1ul, ~8ul, ~0x8800_00fful,
    ];

    private static string Text(Machine machine, ArgKind kind, ulong value, bool raw = false)
    {
        Span<byte> destination = stackalloc byte[ArgumentText.MaxLength];
        return Encoding.ASCII.GetString(destination[..ArgumentText.Format(destination, machine, kind, value, raw)]);
    }
}
