using System.Buffers;
using System.Text;

namespace Tracer.Records;

/// <summary>A pool could not be made or taken over. The message is one line for the user.</summary>
public sealed class PoolException(string message) : Exception(message);

/// <summary>
/// The mapped file that holds all records in flight: head, trace header, process table, blocks (FORMAT.md, "Pool"). It outlives its
/// recorder: whoever takes the lock next commits what is in it. This type is the memory and the lock; who owns which block
/// is <see cref="RecordWriter"/>'s.
/// </summary>
/// <remarks>This file is the memory; PoolFile.Opening.cs makes, locks, checks and takes over.</remarks>
public sealed unsafe partial class PoolFile : MemoryManager<byte>
{
    /// <summary>Blocks by default: 64 MiB, some seconds of a busy program against a stalled store.</summary>
    public const int DefaultBlocks = 16384;

    /// <summary>The fewest blocks that a pool is made with when there is little room: below it, holds would be the rule.</summary>
    public const int MinBlocks = 64;

    /// <summary>The most blocks: the file stays below 2 GiB, so that a span reaches all of it.</summary>
    public const int MaxBlocks = 400_000;

    /// <summary>Slots in the process table.</summary>
    public const int DefaultSlots = 65536;

    /// <summary>File name ending of a pool.</summary>
    public const string Extension = ".pool";

    /// <summary>No sequence or block number comes near this: a higher one is damage.</summary>
    internal const ulong MaxNumber = 1UL << 62;

    private const ulong Magic = 0x4c4f_4f50_4352_5401; // "\x01TRCPOOL" on disk
    private const int Version = 1;
    private const int HeadSize = 4096;

    /// <summary>Two of these: a header that is set again goes into the other one, and one store chooses.</summary>
    private const int TraceHeaderSize = 32 * 1024;
    private const int TableAt = HeadSize + (2 * TraceHeaderSize);
    private const int SlotChunk = 512;
    private const int DestinationAt = 256;

    private readonly int _fd;
    private readonly byte* _base;
    private readonly long _length;
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

    /// <summary>True when the pool was made but never got its trace header: nothing can be in it.</summary>
    public bool IsEmpty => HeaderPlace == 0;

    /// <summary>What the trace is, for whoever takes the pool over; null before it was set.</summary>
    /// <exception cref="RecordFormatException">It is damaged or of a newer version.</exception>
    public TraceHeader? Header
    {
        get
        {
            ulong place = HeaderPlace;
            int at = (int)(place >> 32);
            int length = (int)(place & 0xffff_ffff);
            return place == 0 ? null
                : at is 0 or TraceHeaderSize && length is > 0 and <= TraceHeaderSize
                    ? TraceHeader.FromJson(new ReadOnlySpan<byte>(_base + HeadSize + at, length))
                    : throw new RecordFormatException("pool head", 56, "the trace header is not where it can be");
        }

        set
        {
            byte[] json = JsonThatFits(value ?? throw new ArgumentNullException(nameof(value)));
            int at = HeaderPlace != 0 && HeaderPlace >> 32 == 0 ? TraceHeaderSize : 0;
            json.CopyTo(new Span<byte>(_base + HeadSize + at, TraceHeaderSize));
            CrashPoint.Passed();
            Volatile.Write(ref HeaderPlace, ((ulong)at << 32) | (uint)json.Length);
            CrashPoint.Passed();
        }
    }

    /// <summary>Slots whose memory is allocated; none above has ever been used. Reading above them would allocate them.</summary>
    internal ref int SlotsReady => ref *(int*)(_base + 40);

    /// <summary>The last block number that was given.</summary>
    internal ref ulong SealedThrough => ref *(ulong*)(_base + 48);

    /// <summary>Place (high half) and length of the trace header.</summary>
    private ref ulong HeaderPlace => ref *(ulong*)(_base + 56);

    private long BlocksAt => TableAt + ((long)SlotCount * ProcessSlot.Size);

    /// <summary>Where the recorder sends its blocks, for whoever takes the pool over: the full path of a store. Empty before it was set.</summary>
    /// <exception cref="PoolException">The path is too long for the pool's head.</exception>
    public string Destination
    {
        get
        {
            int length = *(int*)(_base + DestinationAt);
            return length is > 0 and <= HeadSize - DestinationAt - 4 ? Encoding.UTF8.GetString(_base + DestinationAt + 4, length) : "";
        }

        set
        {
            byte[] bytes = Encoding.UTF8.GetBytes(value);
            if (bytes.Length > HeadSize - DestinationAt - 4)
            {
                throw new PoolException($"the path of the store is {bytes.Length} bytes long; give one of at most {HeadSize - DestinationAt - 4}");
            }

            bytes.CopyTo(new Span<byte>(_base + DestinationAt + 4, bytes.Length));
            Volatile.Write(ref *(int*)(_base + DestinationAt), bytes.Length);
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

    internal ProcessSlot* SlotAt(int slot) => (ProcessSlot*)(_base + TableAt + ((long)slot * ProcessSlot.Size));

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
        while (slot >= SlotsReady)
        {
            int ready = Math.Min(SlotsReady + SlotChunk, SlotCount);
            if (Fallocate(_fd, TableAt + ((long)SlotsReady * ProcessSlot.Size), (ready - SlotsReady) * ProcessSlot.Size) != 0)
            {
                return false;
            }

            CrashPoint.Passed();
            Volatile.Write(ref SlotsReady, ready);
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

    /// <summary>A command line may be longer than there is room for; the exact one is in Args.</summary>
    private static byte[] JsonThatFits(TraceHeader header)
    {
        byte[] json = header.ToJson();
        if (json.Length > TraceHeaderSize)
        {
            json = (header with { Command = [Short(header.Command.FirstOrDefault("?")), "..."], Name = header.Name is { } name ? Short(name) : null })
                .ToJson();
        }

        return json;

        static string Short(string text) => text.Length <= 1024 ? text : text[..1024];
    }
}
