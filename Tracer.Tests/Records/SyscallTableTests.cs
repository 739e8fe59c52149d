using System.Text;
using System.Text.RegularExpressions;
using Tracer.Records;

namespace Tracer.Tests.Records;

public sealed partial class SyscallTableTests
{
    private const string X64Header = "/usr/include/x86_64-linux-gnu/asm/unistd_64.h";

    [Theory]
    [InlineData(0, "read")]
    [InlineData(1, "write")]
    [InlineData(2, "open")]
    [InlineData(3, "close")]
    [InlineData(9, "mmap")]
    [InlineData(13, "rt_sigaction")]
    [InlineData(16, "ioctl")]
    [InlineData(17, "pread64")]
    [InlineData(22, "pipe")]
    [InlineData(40, "sendfile")]
    [InlineData(56, "clone")]
    [InlineData(57, "fork")]
    [InlineData(59, "execve")]
    [InlineData(60, "exit")]
    [InlineData(61, "wait4")]
    [InlineData(72, "fcntl")]
    [InlineData(89, "readlink")]
    [InlineData(101, "ptrace")]
    [InlineData(157, "prctl")]
    [InlineData(158, "arch_prctl")]
    [InlineData(165, "mount")]
    [InlineData(202, "futex")]
    [InlineData(217, "getdents64")]
    [InlineData(231, "exit_group")]
    [InlineData(257, "openat")]
    [InlineData(262, "newfstatat")]
    [InlineData(302, "prlimit64")]
    [InlineData(318, "getrandom")]
    [InlineData(322, "execveat")]
    [InlineData(332, "statx")]
    [InlineData(334, "rseq")]
    [InlineData(335, "uretprobe")]
    [InlineData(336, "uprobe")]
    [InlineData(424, "pidfd_send_signal")]
    [InlineData(435, "clone3")]
    [InlineData(437, "openat2")]
    [InlineData(447, "memfd_secret")]
    [InlineData(451, "cachestat")]
    [InlineData(453, "map_shadow_stack")]
    [InlineData(462, "mseal")]
    [InlineData(469, "file_setattr")]
    [InlineData(471, "rseq_slice_yield")]
    public void TryGet_X64Number_NamesTheCall(int number, string name) => AssertNamed(Machine.X64, number, name);

    [Theory]
    [InlineData(0, "io_setup")]
    [InlineData(25, "fcntl")]
    [InlineData(29, "ioctl")]
    [InlineData(38, "renameat")]
    [InlineData(56, "openat")]
    [InlineData(57, "close")]
    [InlineData(62, "lseek")]
    [InlineData(63, "read")]
    [InlineData(64, "write")]
    [InlineData(71, "sendfile")]
    [InlineData(79, "newfstatat")]
    [InlineData(80, "fstat")]
    [InlineData(93, "exit")]
    [InlineData(94, "exit_group")]
    [InlineData(98, "futex")]
    [InlineData(117, "ptrace")]
    [InlineData(163, "getrlimit")]
    [InlineData(172, "getpid")]
    [InlineData(198, "socket")]
    [InlineData(220, "clone")]
    [InlineData(221, "execve")]
    [InlineData(222, "mmap")]
    [InlineData(223, "fadvise64")]
    [InlineData(242, "accept4")]
    [InlineData(260, "wait4")]
    [InlineData(281, "execveat")]
    [InlineData(291, "statx")]
    [InlineData(293, "rseq")]
    [InlineData(435, "clone3")]
    [InlineData(447, "memfd_secret")]
    [InlineData(462, "mseal")]
    public void TryGet_Arm64Number_NamesTheCall(int number, string name) => AssertNamed(Machine.Arm64, number, name);

    [Theory]
    [InlineData(Machine.X64, -1)]
    [InlineData(Machine.X64, int.MinValue)]
    [InlineData(Machine.X64, int.MaxValue)]
    [InlineData(Machine.X64, 337)]
    [InlineData(Machine.X64, 423)]
    [InlineData(Machine.X64, 1000)]
    [InlineData(Machine.X64, 0x4000_0000)]
    [InlineData(Machine.Arm64, 244)]
    [InlineData(Machine.Arm64, 335)]
    [InlineData((Machine)0, 0)]
    [InlineData((Machine)9, 0)]
    public void TryGet_UnknownNumberOrMachine_FindsNothing(Machine machine, int number)
    {
        Assert.False(SyscallTable.TryGet(machine, number, out var info));
        Assert.Null(info);
    }

    [Theory]
    [InlineData(Machine.X64, "openat", 257)]
    [InlineData(Machine.Arm64, "openat", 56)]
    [InlineData(Machine.Arm64, "open", -1)]
    [InlineData(Machine.X64, "no such call", -1)]
    [InlineData(Machine.X64, "", -1)]
    public void TryFind_Name_GivesTheMachinesNumber(Machine machine, string name, int expected)
    {
        Assert.Equal(expected >= 0, SyscallTable.TryFind(machine, name, out var number));
        Assert.Equal(expected, number);
    }

    [Fact]
    public void Table_ComparedWithItsSource_HoldsEveryRow()
    {
        var rows = File.ReadLines(Path.Combine(SyscallsFolder(), "syscalls.tsv"))
            .Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split('\t')).ToList();
        Assert.True(rows.Count > 380);
        foreach (var (machine, column) in new[] { (Machine.X64, 1), (Machine.Arm64, 2) })
        {
            var byNumber = rows.Where(row => row[column] != "-").ToDictionary(row => int.Parse(row[column], null));
            for (var number = 0; number < 2000; number++)
            {
                Assert.Equal(byNumber.TryGetValue(number, out var row), SyscallTable.TryGet(machine, number, out var info));
                if (row is null) continue;
                Assert.Equal(row[0], info!.Name);
                Assert.Equal(row[0], Encoding.ASCII.GetString(info.Utf8Name));
                Assert.Equal(row[3], info.ArgCount == 0 ? "-" : string.Join(',', info.Kinds.ToArray()));
            }
        }
    }

    [SkippableFact]
    public void Table_ComparedWithTheX64Header_NamesEveryCall()
    {
        Skip.IfNot(File.Exists(X64Header), $"{X64Header} is not installed");
        var defined = HeaderNumber().Matches(File.ReadAllText(X64Header));
        Assert.NotEmpty(defined);
        foreach (Match match in defined) AssertNamed(Machine.X64, int.Parse(match.Groups[2].Value, null), match.Groups[1].Value);
    }

    [Fact]
    public void Kinds_WithALengthInTheNextArgument_HaveOne()
    {
        ArgKind[] counted =
        [
            ArgKind.ReadBuffer, ArgKind.WriteBuffer, ArgKind.ReadVec, ArgKind.WriteVec, ArgKind.ReadMmsg, ArgKind.WriteMmsg,
        ];
        ArgKind[] lengths = [ArgKind.Size, ArgKind.ULong, ArgKind.UInt];
        foreach (var info in All())
        {
            for (var i = 0; i < info.ArgCount; i++)
            {
                if (!counted.Contains(info[i])) continue;
                Assert.True(lengths.Contains(info[i + 1]), info.Name);
                Assert.Equal(ArgKind.Fd, info[0]);
            }
        }
    }

    [Theory]
    [InlineData("rename", 2)]
    [InlineData("renameat2", 2)]
    [InlineData("linkat", 2)]
    [InlineData("symlink", 2)]
    [InlineData("mount", 2)]
    [InlineData("pivot_root", 2)]
    [InlineData("move_mount", 2)]
    [InlineData("execve", 1)]
    [InlineData("execveat", 1)]
    [InlineData("statx", 1)]
    [InlineData("fanotify_mark", 1)]
    [InlineData("openat2", 1)]
    [InlineData("fspick", 1)]
    [InlineData("quotactl", 1)]
    [InlineData("memfd_create", 0)]
    [InlineData("bpf", 0)]
    public void Kinds_OfCallsThatLookUpNames_NameEachPath(string name, int paths)
    {
        Assert.True(SyscallTable.TryFind(Machine.X64, name, out var number));
        Assert.True(SyscallTable.TryGet(Machine.X64, number, out var info));
        Assert.Equal(paths, info.Kinds.Count(ArgKind.Path));
    }

    [Theory]
    [InlineData("open", 0x0u, 2)]
    [InlineData("open", 0x41u, 3)]
    [InlineData("openat", 0x8_0000u, 3)]
    [InlineData("openat", 0x8_0241u, 4)]
    [InlineData("openat", 0x41_0002u, 4)]
    [InlineData("mkdir", 0u, 2)]
    public void CountMeaningful_OpenThatCreatesNothing_LeavesTheModeOut(string name, uint flags, int expected)
    {
        Assert.True(SyscallTable.TryFind(Machine.X64, name, out var number));
        Assert.True(SyscallTable.TryGet(Machine.X64, number, out var info));
        var args = new ulong[SyscallInfo.MaxArgs];
        if (info.Kinds.IndexOf(ArgKind.OpenFlags) is >= 0 and var index) args[index] = flags;
        Assert.Equal(expected, info.CountMeaningful(args));
        Assert.Equal(1, info.CountMeaningful(args.AsSpan(0, 1)));
    }

    [Theory]
    [InlineData(Machine.X64, 0xC000003Eu)]
    [InlineData(Machine.Arm64, 0xC00000B7u)]
    public void AuditArch_OfAMachine_MapsBothWays(Machine machine, uint auditArch)
    {
        Assert.Equal(auditArch, machine.ToAuditArch());
        Assert.True(MachineExtensions.TryFromAuditArch(auditArch, out var back));
        Assert.Equal(machine, back);
        Assert.False(MachineExtensions.TryFromAuditArch(0x40000003, out _)); // AUDIT_ARCH_I386
    }

    private static void AssertNamed(Machine machine, int number, string name)
    {
        Assert.True(SyscallTable.TryGet(machine, number, out var info), $"{machine} {number} {name}");
        Assert.Equal(name, info.Name);
    }

    private static IEnumerable<SyscallInfo> All()
    {
        foreach (var machine in new[] { Machine.X64, Machine.Arm64 })
        {
            for (var number = 0; number < SyscallTable.NumberLimit(machine); number++)
            {
                if (SyscallTable.TryGet(machine, number, out var info)) yield return info;
            }
        }
    }

    private static string SyscallsFolder()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Tracer.sln"))) folder = folder.Parent;
        Assert.NotNull(folder);
        return Path.Combine(folder.FullName, "Tracer.Records", "Syscalls");
    }

    [GeneratedRegex(@"^#define __NR_(\w+) (\d+)", RegexOptions.Multiline)]
    private static partial Regex HeaderNumber();
}
