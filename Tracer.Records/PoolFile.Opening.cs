using System.Runtime.InteropServices;

namespace Tracer.Records;

public sealed unsafe partial class PoolFile
{
    /// <summary>
    /// Makes a pool file, allocates its blocks and locks it. With too little room it is made smaller, by halves, down to <see cref="MinBlocks"/>.
    /// </summary>
    /// <exception cref="PoolException">It can't be made: the reason and what to do.</exception>
    public static PoolFile Create(string directory, Guid id, int blocks = DefaultBlocks, int slots = DefaultSlots)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(slots);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(slots, DefaultSlots);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(blocks);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(blocks, MaxBlocks);
        PoolDirectory.Make(directory);
        string path = System.IO.Path.Combine(directory, id.ToString("N") + Extension);
        int fd = OpenNew(path);
        PoolFile? pool = null;
        try
        {
            blocks = Allocate(fd, path, blocks, slots);
            pool = Map(path, fd, LengthOf(blocks, slots));
            id.TryWriteBytes(new Span<byte>(pool._base + 16, 16));
            *(int*)(pool._base + 32) = blocks;
            *(int*)(pool._base + 36) = slots;
            *(int*)(pool._base + 40) = Math.Min(slots, SlotChunk);
            *(int*)(pool._base + 8) = Version;
            Volatile.Write(ref *(ulong*)pool._base, Magic);
            return pool;
        }
        catch
        {
            File.Delete(path);
            Close(pool, fd);
            throw;
        }
    }

    /// <summary>Takes over a pool whose owner is dead. Null while it lives, or when another has just finished it.</summary>
    /// <exception cref="PoolException">It is not ours, not a pool, or of a newer version.</exception>
    public static PoolFile? TryTakeOver(string path)
    {
        int fd = PoolInterop.open(path, PoolInterop.O_RDWR | PoolInterop.O_CLOEXEC | PoolInterop.O_NOFOLLOW | PoolInterop.O_NONBLOCK, 0);
        if (fd < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            throw errno switch
            {
                PoolInterop.ENOENT => new PoolException($"pool {path} is not there"),
                PoolInterop.ELOOP => new PoolException($"pool {path} is a link; give the file itself"),
                _ => Failure($"pool {path} can't be opened", errno, "the user whose recorder made it can recover it"),
            };
        }

        PoolFile? pool = null;
        try
        {
            CheckOwner(path, fd);
            if (!TryLock(fd))
            {
                PoolInterop.close(fd);
                return null;
            }

            // Whoever had the lock may have finished and removed it since it was opened.
            var facts = FactsOf(path, fd);
            if (facts.Nlink == 0)
            {
                PoolInterop.close(fd);
                return null;
            }

            if (facts.Size < TableAt)
            {
                throw new PoolException($"pool {path} is no pool, or was never finished: {facts.Size} bytes");
            }

            pool = Map(path, fd, facts.Size);
            pool.CheckHead();
            return pool;
        }
        catch
        {
            Close(pool, fd);
            throw;
        }
    }

    /// <summary>Maps the blocks' pages now, so that the writer meets no page fault; only a hint, old kernels don't know it.</summary>
    public void Populate()
    {
        _ = PoolInterop.madvise((nint)(_base + BlocksAt), (nuint)BlockCount * BlockHead.BlockSize, PoolInterop.MADV_POPULATE_WRITE);
    }

    /// <summary>
    /// What a pool file that nobody has open holds, without taking it over: true when there is something to recover. False when its owner lives, when
    /// it is another user's, or when it is none. A pool that never got as far as a trace header is removed.
    /// </summary>
    internal static bool HasContent(string path)
    {
        int fd = PoolInterop.open(path, PoolInterop.O_RDWR | PoolInterop.O_CLOEXEC | PoolInterop.O_NOFOLLOW | PoolInterop.O_NONBLOCK, 0);
        if (fd < 0)
        {
            return false;
        }

        try
        {
            // Asks for the lock without taking it: a recovery that begins meanwhile must not take this look for an owner.
            var facts = FactsOf(path, fd);
            if ((facts.Mode & PoolInterop.S_IFMT) != PoolInterop.S_IFREG || facts.Uid != PoolInterop.geteuid() || IsLocked(fd))
            {
                return false;
            }

            Span<byte> head = stackalloc byte[64];
            using var handle = new Microsoft.Win32.SafeHandles.SafeFileHandle(fd, ownsHandle: false);
            int length = RandomAccess.Read(handle, head, 0);
            bool started = length == head.Length && MemoryMarshal.Read<ulong>(head) == Magic;
            if (started && MemoryMarshal.Read<ulong>(head[56..]) != 0)
            {
                return true;
            }

            // With the lock no maker is between its open and its first store; the maker looks whether its file is still there.
            if ((started || head[..length].IndexOfAnyExcept((byte)0) < 0) && TryLock(fd))
            {
                File.Delete(path);
            }

            return false;
        }
        catch (Exception e) when (e is PoolException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
        finally
        {
            PoolInterop.close(fd);
        }
    }

    /// <summary>Makes the file and locks it; again when someone who tidies up took it for one that was left behind.</summary>
    private static int OpenNew(string path)
    {
        const int Tries = 10;
        for (int i = 0; i < Tries; i++)
        {
            int flags = PoolInterop.O_RDWR | PoolInterop.O_CREAT | PoolInterop.O_EXCL | PoolInterop.O_CLOEXEC | PoolInterop.O_NOFOLLOW;
            int fd = PoolInterop.open(path, flags, 0x180);
            if (fd < 0)
            {
                throw Failure($"pool {path} can't be made", Marshal.GetLastPInvokeError(), "choose another directory with --pool-dir");
            }

            if (TryLock(fd) && FactsOf(path, fd).Nlink == 1)
            {
                return fd;
            }

            File.Delete(path);
            PoolInterop.close(fd);
        }

        throw new PoolException($"pool {path} can't be locked; choose another directory with --pool-dir");
    }

    private static long LengthOf(int blocks, int slots) => TableAt + ((long)slots * ProcessSlot.Size) + ((long)blocks * BlockHead.BlockSize);

    private static void Close(PoolFile? pool, int fd)
    {
        if (pool is not null)
        {
            ((IDisposable)pool).Dispose();
        }
        else
        {
            PoolInterop.close(fd);
        }
    }

    private static bool TryLock(int fd)
    {
        // The lock belongs to the open file description: it is held until the last descriptor of it is closed, that is, for life.
        var flock = new PoolInterop.Flock { Type = PoolInterop.F_WRLCK };
        return PoolInterop.fcntl(fd, PoolInterop.F_OFD_SETLK, &flock) == 0;
    }

    private static bool IsLocked(int fd)
    {
        var flock = new PoolInterop.Flock { Type = PoolInterop.F_WRLCK };
        return PoolInterop.fcntl(fd, PoolInterop.F_OFD_GETLK, &flock) != 0 || flock.Type != PoolInterop.F_UNLCK;
    }

    private static PoolInterop.Statx FactsOf(string path, int fd)
    {
        PoolInterop.Statx facts;
        return PoolInterop.statx(fd, "", PoolInterop.AT_EMPTY_PATH, PoolInterop.STATX_BASIC_STATS, &facts) == 0
            ? facts
            : throw Failure($"pool {path} can't be read", Marshal.GetLastPInvokeError(), "check the directory");
    }

    private static void CheckOwner(string path, int fd)
    {
        var facts = FactsOf(path, fd);
        if ((facts.Mode & PoolInterop.S_IFMT) != PoolInterop.S_IFREG)
        {
            throw new PoolException($"pool {path} is no regular file");
        }

        if (facts.Uid != PoolInterop.geteuid())
        {
            throw new PoolException($"pool {path} belongs to user {facts.Uid}; only that user can recover it");
        }

        if (facts.Nlink > 1)
        {
            throw new PoolException($"pool {path} has {facts.Nlink} names; a pool has one");
        }
    }

    /// <summary>Allocates head, first slots and blocks, so that no later store can meet a full file system (SIGBUS).</summary>
    private static int Allocate(int fd, string path, int blocks, int slots)
    {
        long blocksAt = LengthOf(0, slots);
        int error = Fallocate(fd, 0, TableAt + ((long)Math.Min(slots, SlotChunk) * ProcessSlot.Size));
        while (error == 0 && (error = Fallocate(fd, blocksAt, (long)blocks * BlockHead.BlockSize)) == PoolInterop.ENOSPC && blocks / 2 >= MinBlocks)
        {
            // Where the file system can't allocate, the library writes zeros instead and stops at the full disk: give back what it wrote.
            blocks /= 2;
            error = PoolInterop.ftruncate(fd, blocksAt) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }

        return error == 0 ? blocks : throw Failure($"pool {path} can't be allocated", error, "make room there, or choose another directory with --pool-dir");
    }

    private static int Fallocate(int fd, long offset, long length)
    {
        int error;
        while ((error = PoolInterop.posix_fallocate(fd, offset, length)) == PoolInterop.EINTR)
        {
        }

        return error;
    }

    private static PoolFile Map(string path, int fd, long length)
    {
        nint memory = PoolInterop.mmap(0, (nuint)length, PoolInterop.PROT_READ_WRITE, PoolInterop.MAP_SHARED, fd, 0);
        return memory != -1
            ? new PoolFile(path, fd, (byte*)memory, length)
            : throw Failure($"pool {path} can't be mapped", Marshal.GetLastPInvokeError(), "the address space or locked memory is limited");
    }

    private void CheckHead()
    {
        if (*(ulong*)_base != Magic)
        {
            throw new PoolException($"pool {Path} is no pool, or was never finished");
        }

        if (*(int*)(_base + 8) != Version)
        {
            throw new PoolException($"pool {Path} has version {*(int*)(_base + 8)}; this Tracer reads {Version}: recover it with the one that made it");
        }

        if (BlockCount is <= 0 or > MaxBlocks || SlotCount is <= 0 or > DefaultSlots || LengthOf(BlockCount, SlotCount) != _length
            || SlotsReady < 0 || SlotsReady > SlotCount || SealedThrough > MaxNumber)
        {
            throw new PoolException($"pool {Path} is damaged: its length {_length} is not that of {BlockCount} blocks and {SlotCount} slots");
        }

        // A copy of a pool may have lost what was allocated and empty.
        int error = Fallocate(_fd, 0, TableAt + ((long)SlotsReady * ProcessSlot.Size));
        error = error == 0 ? Fallocate(_fd, BlocksAt, (long)BlockCount * BlockHead.BlockSize) : error;
        if (error != 0)
        {
            throw Failure($"pool {Path} can't be allocated", error, "make room there");
        }

        try
        {
            _ = Header;
        }
        catch (RecordFormatException e)
        {
            throw new PoolException($"pool {Path} can't be taken over: {e.Message}");
        }
    }

    private static PoolException Failure(string what, int errno, string cure) =>
        new($"{what}: {Marshal.GetPInvokeErrorMessage(errno)}; {cure}");
}
