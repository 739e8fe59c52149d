using System.Diagnostics;
using Tracer.Records;
using Tracer.Tests.Support;

namespace Tracer.Tests.Records;

public sealed class PoolFileTests : IDisposable
{
    private readonly string _directory = TestPool.NewDirectory();

    private static TraceHeader Header => new()
    {
        TraceId = Guid.CreateVersion7(),
        Number = 1,
        Command = ["ls", "-l"],
        Points = "+",
        Policy = "window",
        Collector = "ptrace",
        GenioSize = 256,
        Host = "h",
        MachineId = "m",
        BootId = "b",
        Machine = 0xc000003e,
        Uid = 0,
        StartedRealtimeNs = 1,
        StartedMonotonicNs = 1,
        TracerVersion = "0",
    };

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Create_NewDirectory_BothAreTheOwnersAlone()
    {
        string directory = Path.Combine(_directory, "new");
        using var pool = PoolFile.Create(directory, Guid.CreateVersion7(), 8, 4);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(directory));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(pool.Path));
        Assert.Equal((8, 4, true), (pool.BlockCount, pool.SlotCount, pool.IsEmpty));
    }

    [Fact]
    public void Create_DirectoryIsALink_IsRefused()
    {
        string link = Path.Combine(_directory, "link");
        Directory.CreateSymbolicLink(link, Directory.CreateDirectory(Path.Combine(_directory, "real")).FullName);
        AssertRefused("is a link", () => PoolFile.Create(link, Guid.NewGuid(), 8, 4));
        AssertRefused("is a link", () => PoolFile.Create(link + "/", Guid.NewGuid(), 8, 4));
    }

    [Fact]
    public void Create_DirectoryIsAFile_IsRefused()
    {
        string file = Path.Combine(_directory, "file");
        File.WriteAllText(file, "");
        AssertRefused("can't be made", () => PoolFile.Create(file, Guid.NewGuid(), 8, 4));
    }

    [Fact]
    public void Create_DirectoryOthersCanWriteTo_IsRefused()
    {
        File.SetUnixFileMode(_directory, (UnixFileMode)0x1ff);
        AssertRefused("can be written to by others", () => PoolFile.Create(_directory, Guid.NewGuid(), 8, 4));
        File.SetUnixFileMode(_directory, (UnixFileMode)0x1c0);
    }

    [SkippableFact]
    public void Create_DirectoryOfAnotherUser_IsRefused()
    {
        string directory = Directory.CreateDirectory(Path.Combine(_directory, "theirs")).FullName;
        GiveAway(directory);
        AssertRefused("belongs to user 12345", () => PoolFile.Create(directory, Guid.NewGuid(), 8, 4));
    }

    [Fact]
    public void TryTakeOver_OwnerLives_IsNull()
    {
        string path;
        using (var pool = PoolFile.Create(_directory, Guid.CreateVersion7(), 8, 4))
        {
            path = pool.Path;
            Assert.Null(PoolFile.TryTakeOver(path));
        }

        using var taken = PoolFile.TryTakeOver(path);
        Assert.NotNull(taken);
        Assert.Null(PoolFile.TryTakeOver(path));
    }

    [SkippableFact]
    public void TryTakeOver_FileOfAnotherUser_IsRefused()
    {
        string path = Dead();
        GiveAway(path);
        AssertRefused("belongs to user 12345", () => PoolFile.TryTakeOver(path));
        Assert.Empty(PoolDirectory.FindDead(_directory));
    }

    [Fact]
    public void TryTakeOver_LinkOrNoFile_IsRefused()
    {
        string link = Path.Combine(_directory, "link.pool");
        File.CreateSymbolicLink(link, Dead());
        AssertRefused("is a link", () => PoolFile.TryTakeOver(link));
        AssertRefused("is not there", () => PoolFile.TryTakeOver(Path.Combine(_directory, "none.pool")));
        AssertRefused("no regular file", () => PoolFile.TryTakeOver("/dev/null"));
        AssertRefused("can't be opened", () => PoolFile.TryTakeOver(_directory));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(4096)]
    [InlineData(70_000)]
    [InlineData(80_000)]
    public void TryTakeOver_Truncated_IsRefused(int length)
    {
        string path = Dead();
        using (var file = File.OpenWrite(path))
        {
            file.SetLength(length);
        }

        AssertRefused("", () => PoolFile.TryTakeOver(path));
    }

    [Theory]
    [InlineData(0, "no pool")]
    [InlineData(8, "version")]
    [InlineData(32, "damaged")]
    [InlineData(36, "damaged")]
    [InlineData(40, "damaged")]
    [InlineData(56, "can't be taken over")]
    [InlineData(60, "can't be taken over")]
    [InlineData(4096, "can't be taken over")]
    public void TryTakeOver_HeadOverwritten_IsRefused(int at, string why)
    {
        string path = Dead();
        using (var file = File.OpenWrite(path))
        {
            file.Position = at;
            file.Write([0xff, 0xff, 0xff, 0x7f]);
        }

        AssertRefused(why, () => PoolFile.TryTakeOver(path));
    }

    [Fact]
    public void Run_GarbageInTableAndBlocks_EndsWithoutAnException()
    {
        var random = new Random(5);
        for (int i = 0; i < 300; i++)
        {
            using var pool = new TestPool(8, 8);
            var story = new PoolStory(pool.Writer);
            for (int pid = 100; pid < 103; pid++)
            {
                var tale = story.Begin(pid)!;
                story.Stop(tale, new Told(RecordKind.Genio, pid, story.Now, Payload: new byte[3000]));
                story.Stop(tale, new Told(RecordKind.Syscall, pid, story.Now, 3, 0, [1, 2, 3]));
                story.Async(tale, new Told(RecordKind.Psig, pid, story.Now, Payload: new byte[600]));
            }

            using var copy = pool.Copy("damaged");
            var bytes = copy.GetSpan();
            for (int flips = random.Next(1, 40); flips > 0; flips--)
            {
                // Half of them into heads and slots, where most of what is trusted stands.
                int at = random.Next(69_632, bytes.Length);
                bytes[random.Next(2) == 0 ? at : at / 4096 * 4096 + random.Next(96)] = (byte)random.Next(256);
            }

            var writer = PoolRecovery.Run(copy, story.Now);
            for (int n = 0; n < 20 && !writer.IsDrained; n++)
            {
                while (writer.TryTake() is { } block)
                {
                    writer.Return(block);
                    writer.CommittedThrough(block.Number);
                }

                writer.Tick(story.Now += 1_000_000_000);
            }

            writer.Pool.Collect();
            Assert.True(writer.Pool.IsConserved);
        }
    }

    [Fact]
    public void Header_SetTwice_TheLastIsRead()
    {
        using var pool = PoolFile.Create(_directory, Guid.CreateVersion7(), 8, 4);
        Assert.Null(pool.Header);
        for (int i = 0; i < 4; i++)
        {
            pool.Header = Header with { Number = i };
            Assert.Equal(i, pool.Header!.Number);
        }

        pool.Header = Header with { Command = [new string('x', 200_000), "y"], Name = new string('n', 100_000) };
        Assert.Equal(("...", 1024), (pool.Header!.Command[1], pool.Header.Command[0].Length));
    }

    [Fact]
    public void FindDead_EmptyLiveDeadAndOther_ListsTheDeadOldestFirst()
    {
        string first = Dead();
        string second = Dead();
        string empty = PathOfClosed(PoolFile.Create(_directory, Guid.CreateVersion7(), 8, 4));
        string unfinished = Path.Combine(_directory, "0.pool");
        File.WriteAllBytes(unfinished, []);
        string foreign = Path.Combine(_directory, "1.pool");
        File.WriteAllText(foreign, "not a pool, and perhaps somebody's");
        Directory.CreateDirectory(Path.Combine(_directory, "2.pool"));
        using var live = PoolFile.Create(_directory, Guid.CreateVersion7(), 8, 4);
        Assert.Equal([first, second], PoolDirectory.FindDead(_directory));
        Assert.False(File.Exists(empty));
        Assert.False(File.Exists(unfinished));
        Assert.True(File.Exists(foreign));
        Assert.True(File.Exists(live.Path));
        using var taken = PoolFile.TryTakeOver(first);
        Assert.Equal([second], PoolDirectory.FindDead(_directory));
        Assert.Empty(PoolDirectory.FindDead(Path.Combine(_directory, "none")));
    }

    [Fact]
    public void Default_RuntimeDirectorySetOrNot_IsOnTmpfs()
    {
        string? before = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        try
        {
            Environment.SetEnvironmentVariable("XDG_RUNTIME_DIR", "/run/user/7");
            Assert.Equal("/run/user/7/tracer", PoolDirectory.Default());
            Environment.SetEnvironmentVariable("XDG_RUNTIME_DIR", "relative");
            Assert.StartsWith("/dev/shm/tracer-", PoolDirectory.Default());
            Environment.SetEnvironmentVariable("XDG_RUNTIME_DIR", null);
            Assert.StartsWith("/dev/shm/tracer-", PoolDirectory.Default());
        }
        finally
        {
            Environment.SetEnvironmentVariable("XDG_RUNTIME_DIR", before);
        }
    }

    [SkippableTheory]
    [InlineData(700, 64)] // head, table of 512 and 64 blocks, but not 128
    [InlineData(2048, 256)]
    public void Create_SmallTmpfs_GivesASmallerPool(int sizeKiB, int blocks)
    {
        string mount = Mount(sizeKiB);
        try
        {
            using var file = PoolFile.Create(mount, Guid.CreateVersion7(), 1024, 65536);
            Assert.Equal(blocks, file.BlockCount);
            file.Populate();

            // The table can't grow on a full file system: a birth is held then. Fill all to see that no store meets a hole.
            using (var filler = File.Create(Path.Combine(mount, "filler")))
            {
                Fill(filler);
            }

            var story = new PoolStory(new RecordWriter(file));
            int born = 0;
            for (int pid = 1; pid < 2000; pid++)
            {
                if (story.Begin(pid) is { } tale)
                {
                    born++;
                    story.Async(tale, new Told(RecordKind.Psig, pid, story.Now, Payload: new byte[40]));
                    story.End(tale);
                }

                if (pid % 700 == 0)
                {
                    story.Take();
                }
            }

            Assert.InRange(born, 1, 512);
            story.Drain();
            StoryCheck.Complete(story);
        }
        finally
        {
            Unmount(mount);
        }
    }

    [SkippableFact]
    public void Create_TmpfsWithoutRoom_IsRefusedAndLeavesNothing()
    {
        string mount = Mount(400);
        try
        {
            AssertRefused("make room there", () => PoolFile.Create(mount, Guid.NewGuid()));
            Assert.Empty(Directory.GetFileSystemEntries(mount));
        }
        finally
        {
            Unmount(mount);
        }
    }

    [Fact]
    public void Create_OnTheDiskOfTheTests_IsAllocated()
    {
        string directory = Directory.CreateTempSubdirectory("tracer-pool-").FullName;
        try
        {
            using var pool = PoolFile.Create(directory, Guid.CreateVersion7(), 64, 8);
            pool.Populate();
            Assert.Equal(64, pool.BlockCount);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static string PathOfClosed(PoolFile pool)
    {
        using (pool)
        {
            return pool.Path;
        }
    }

    private string Dead()
    {
        using var pool = PoolFile.Create(_directory, Guid.CreateVersion7(), 8, 4);
        pool.Header = Header;
        Thread.Sleep(2); // the next UUIDv7 is of another millisecond
        return pool.Path;
    }

    private static void AssertRefused(string why, Func<PoolFile?> open)
    {
        var e = Assert.Throws<PoolException>(() => open());
        Assert.Contains(why, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    private static void GiveAway(string path)
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "chown to another user needs root");
        Run("chown", "12345", path);
    }

    private string Mount(int sizeKiB)
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "mount needs root");
        string mount = Directory.CreateDirectory(Path.Combine(_directory, "mount")).FullName;
        Skip.IfNot(Run("mount", "-t", "tmpfs", "-o", $"size={sizeKiB}k,mode=0700", "none", mount), "mount is not permitted here");
        return mount;
    }

    private static void Unmount(string mount) => Run("umount", mount);

    private static void Fill(FileStream file)
    {
        try
        {
            while (true)
            {
                file.Write(new byte[4096]);
                file.Flush();
            }
        }
        catch (IOException)
        {
            // full
        }
    }

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
