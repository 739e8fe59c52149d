using System.Buffers;
using System.Runtime.InteropServices;

namespace Tracer.Records;

/// <summary>A pool could not be made or taken over. The message is one line for the user.</summary>
public sealed class PoolException(string message) : Exception(message);

/// <summary>
/// The mapped file that holds all records in flight: head, trace header, process table, blocks (FORMAT.md, "Pool"). It outlives its
/// recorder: whoever takes the lock next commits what is in it. This type is the memory and the lock; who owns which block
/// is <see cref="RecordWriter"/>'s.
/// </summary>
public sealed unsafe class PoolFile : MemoryManager<byte>
{
    /// <summary>Blocks by default: 64 MiB, some seconds of a busy program against a stalled store.</summary>
    public const int DefaultBlocks = 16384;

    /// <summary>The fewest blocks that a pool is made with when there is little room: below it, holds would be the rule.</summary>
    public const int MinBlocks = 64;

    /// <summary>Slots in the process table.</summary>
    public const int DefaultSlots = 65536;

    /// <summary>File name ending of a pool.</summary>
    public const string Extension = ".pool";

    private const ulong Magic = 0x4c4f_4f50_4352_5401; // "\x01TRCPOOL" on disk
    private const int HeadSize = 4096;
    private const int TraceHeaderSize = 64 * 1024;
    private const int SlotChunk = 512;

    private readonly int _fd;
    private readonly byte* _base;
    private readonly long _length;
    private int _slotsAllocated;
    private bool _disposed;

    private PoolFile(string path, int fd, byte* memory, long length)
    {
        Path = path;
        _fd = fd;
        _base = memory;
        _length = length;
    }

    /// <summary>Where the file is.</summary>
    public string Path { get; }

    /// <summary>Identifies the pool.</summary>
    public Guid Id => new(new ReadOnlySpan<byte>(_base + 16, 16));

    /// <summary>Blocks in the pool.</summary>
    public int BlockCount => *(int*)(_base + 32);

    /// <summary>Slots in the process table.</summary>
    public int SlotCount => *(int*)(_base + 36);

    /// <summary>The last block number that was given.</summary>
    internal ref ulong SealedThrough => ref *(ulong*)(_base + 48);

    private ref int HeaderLength => ref *(int*)(_base + 56);

    private long BlocksAt => HeadSize + TraceHeaderSize + ((long)SlotCount * ProcessSlot.Size);

    /// <summary>
    /// Makes a pool file, allocates its blocks and locks it. With too little room it is made smaller, by halves, down to <see cref="MinBlocks"/>.
    /// </summary>
    /// <exception cref="PoolException">It can't be made: the reason and what to do.</exception>
    public static PoolFile Create(string directory, Guid id, int blocks = DefaultBlocks, int slots = DefaultSlots)
    {
        MakeDirectory(directory);
        string path = System.IO.Path.Combine(directory, id.ToString("N") + Extension);
        int fd = PoolInterop.open(path, PoolInterop.O_RDWR | PoolInterop.O_CREAT | PoolInterop.O_EXCL | PoolInterop.O_CLOEXEC | PoolInterop.O_NOFOLLOW, 0x180);
        if (fd < 0)
        {
            throw Failure($"pool {path} can't be made", Marshal.GetLastPInvokeError(), "choose another directory with --pool-dir");
        }

        try
        {
            if (!TryLock(fd))
            {
                throw new PoolException($"pool {path} is locked by another process");
            }

            blocks = Allocate(fd, path, blocks, slots);
            long length = HeadSize + TraceHeaderSize + ((long)slots * ProcessSlot.Size) + ((long)blocks * BlockHead.BlockSize);
            var pool = Map(path, fd, length);
            id.TryWriteBytes(new Span<byte>(pool._base + 16, 16));
            *(int*)(pool._base + 32) = blocks;
            *(int*)(pool._base + 36) = slots;
            *(int*)(pool._base + 8) = 1;
            Volatile.Write(ref *(ulong*)pool._base, Magic);
            pool._slotsAllocated = SlotChunk;
            return pool;
        }
        catch
        {
            File.Delete(path);
            PoolInterop.close(fd);
            throw;
        }
    }

    /// <summary>Takes over a pool whose owner is dead. Null while it lives.</summary>
    /// <exception cref="PoolException">It is not ours, not a pool, or of a newer version.</exception>
    public static PoolFile? TryTakeOver(string path)
    {
        int fd = PoolInterop.open(path, PoolInterop.O_RDWR | PoolInterop.O_CLOEXEC | PoolInterop.O_NOFOLLOW, 0);
        if (fd < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            throw Failure($"pool {path} can't be opened", errno, "it belongs to another user, or is a link");
        }

        PoolFile? pool = null;
        try
        {
            if (!TryLock(fd))
            {
                PoolInterop.close(fd);
                return null;
            }

            long length = new FileInfo(path).Length;
            if (length < HeadSize + TraceHeaderSize)
            {
                throw new PoolException($"pool {path} was never finished: {length} bytes");
            }

            pool = Map(path, fd, length);
            pool.CheckHead();
            return pool;
        }
        catch
        {
            if (pool is not null)
            {
                ((IDisposable)pool).Dispose();
            }
            else
            {
                PoolInterop.close(fd);
            }

            throw;
        }
    }

    /// <summary>True when the file is a pool that was made but never got its trace header: nothing can be in it.</summary>
    public bool IsEmpty => HeaderLength == 0;

    /// <summary>What the trace is, for whoever takes the pool over; null before it was set.</summary>
    public TraceHeader? Header
    {
        get => HeaderLength is > 0 and <= TraceHeaderSize
            ? TraceHeader.FromJson(new ReadOnlySpan<byte>(_base + HeadSize, HeaderLength))
            : null;
        set
        {
            byte[] json = (value ?? throw new ArgumentNullException(nameof(value))).ToJson();
            if (json.Length > TraceHeaderSize)
            {
                json = (value with { Command = [value.Command.Count > 0 ? value.Command[0] : "?", "..."] }).ToJson();
            }

            json.CopyTo(new Span<byte>(_base + HeadSize, TraceHeaderSize));
            Volatile.Write(ref HeaderLength, json.Length);
        }
    }

    /// <summary>Unlinks the file: nothing is left to recover.</summary>
    public void Delete() => File.Delete(Path);

    /// <inheritdoc/>
    public override Span<byte> GetSpan() => new(_base, checked((int)_length));

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0) => new(_base + elementIndex);

    /// <inheritdoc/>
    public override void Unpin()
    {
    }

    internal BlockHead* HeadOf(int block) => (BlockHead*)(_base + BlocksAt + ((long)block * BlockHead.BlockSize));

    internal ProcessSlot* SlotAt(int slot) => (ProcessSlot*)(_base + HeadSize + TraceHeaderSize + ((long)slot * ProcessSlot.Size));

    /// <summary>The records in a block.</summary>
    internal ReadOnlyMemory<byte> BodyOf(int block)
    {
        uint used = HeadOf(block)->Used;
        return Memory.Slice((int)(BlocksAt + ((long)block * BlockHead.BlockSize) + BlockHead.Size), (int)(used & 0xffff));
    }

    /// <summary>The times in a block.</summary>
    internal ReadOnlyMemory<byte> TimesOf(int block)
    {
        int length = (int)(HeadOf(block)->Used >> 16);
        return Memory.Slice((int)(BlocksAt + ((long)(block + 1) * BlockHead.BlockSize) - length), length);
    }

    /// <summary>Makes sure that a slot's memory is allocated; false when there is no room.</summary>
    internal bool EnsureSlot(int slot)
    {
        while (slot >= _slotsAllocated)
        {
            int error = PoolInterop.posix_fallocate(
                _fd, HeadSize + TraceHeaderSize + ((long)_slotsAllocated * ProcessSlot.Size), SlotChunk * ProcessSlot.Size);
            if (error == PoolInterop.EINTR)
            {
                continue;
            }

            if (error != 0)
            {
                return false;
            }

            _slotsAllocated += SlotChunk;
        }

        return true;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        PoolInterop.munmap((nint)_base, (nuint)_length);
        PoolInterop.close(_fd);
    }

    private static void MakeDirectory(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PoolException($"pool directory {directory} can't be made ({e.Message}); choose another with --pool-dir");
        }
    }

    private static bool TryLock(int fd)
    {
        // The lock belongs to the open file description: it is held until the last descriptor of it is closed, that is, for life.
        var flock = new PoolInterop.Flock { Type = PoolInterop.F_WRLCK };
        return PoolInterop.fcntl(fd, PoolInterop.F_OFD_SETLK, &flock) == 0;
    }

    /// <summary>Allocates head, first slots and blocks, so that no later store can meet a full file system (SIGBUS).</summary>
    private static int Allocate(int fd, string path, int blocks, int slots)
    {
        long table = HeadSize + TraceHeaderSize + ((long)slots * ProcessSlot.Size);
        int error = Fallocate(fd, 0, HeadSize + TraceHeaderSize + (SlotChunk * ProcessSlot.Size));
        while (error == 0 && (error = Fallocate(fd, table, (long)blocks * BlockHead.BlockSize)) == PoolInterop.ENOSPC && blocks / 2 >= MinBlocks)
        {
            blocks /= 2;
            PoolInterop.ftruncate(fd, table);
            error = 0;
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

    /// <summary>Maps the blocks' pages now, so that the writer meets no page fault; only a hint, old kernels don't know it.</summary>
    public void Populate()
    {
        _ = PoolInterop.madvise((nint)(_base + BlocksAt), (nuint)BlockCount * BlockHead.BlockSize, PoolInterop.MADV_POPULATE_WRITE);
    }

    private void CheckHead()
    {
        if (*(ulong*)_base != Magic)
        {
            throw new PoolException($"pool {Path} is no pool");
        }

        if (*(int*)(_base + 8) != 1)
        {
            throw new PoolException($"pool {Path} has version {*(int*)(_base + 8)}; this Tracer reads 1");
        }

        if (BlockCount <= 0 || SlotCount <= 0 || BlocksAt + ((long)BlockCount * BlockHead.BlockSize) != _length)
        {
            throw new PoolException($"pool {Path} is damaged: its length {_length} is not that of {BlockCount} blocks and {SlotCount} slots");
        }

        _slotsAllocated = SlotCount;
    }

    private static PoolException Failure(string what, int errno, string cure) =>
        new($"{what}: {Marshal.GetPInvokeErrorMessage(errno)}; {cure}");
}
