using ZstdSharp;

namespace Tracer.Records;

/// <summary>
/// Makes segments of blocks: grouped by process, cut into frames, compressed. Its buffers are used again; the one large
/// allocation of a segment is the result. Not for use by two threads at once.
/// </summary>
public sealed class SegmentBuilder : IDisposable
{
    /// <summary>
    /// Raw bytes after which a frame is closed. Smaller ones compress worse, larger ones make reading one process read more of the
    /// others; FORMAT.md has the measurement.
    /// </summary>
    internal const int FrameTarget = 192 << 10;

    private readonly Dictionary<ProcessIdentity, int> _indexes = [];
    private readonly List<SegmentProcess> _processes = [];
    private readonly List<FrameEntry> _frames = [];
    private readonly Compressor _compressor;
    private readonly int _frameTarget;
    private SegmentEntry[] _entries = new SegmentEntry[256];
    private byte[] _raw = [];
    private byte[] _head = [];
    private byte[] _stored = [];
    private int _storedLength;
    private int _level;

    /// <summary>A builder that compresses at a level.</summary>
    /// <param name="level">As <see cref="Level"/>.</param>
    public SegmentBuilder(int level)
        : this(level, FrameTarget)
    {
    }

    internal SegmentBuilder(int level, int frameTarget)
    {
        _level = level;
        _frameTarget = frameTarget;
        _compressor = new Compressor(level);
    }

    /// <summary>Zstandard's level for the next <see cref="Build"/>: 3 when the writer keeps up, 1 under load. Other levels are Zstandard's own.</summary>
    public int Level
    {
        get => _level;
        set
        {
            if (_level != value)
            {
                _compressor.Level = value;
                _level = value;
            }
        }
    }

    /// <summary>Bytes of records and times in the blocks that were added.</summary>
    public int RawBytes { get; private set; }

    /// <summary>Blocks that were added.</summary>
    public int BlockCount { get; private set; }

    /// <summary>
    /// Adds a block. Nothing is copied: its memory must stay valid until <see cref="Build"/> has returned. A block must not be added twice,
    /// and none of a process before one of that process with a lower number is in this or an earlier segment (C4).
    /// </summary>
    public void Add(Block block)
    {
        ArgumentNullException.ThrowIfNull(block);
        if (block.Length > SegmentFormat.MaxBlockLength)
        {
            throw new ArgumentException($"a block of {block.Length} bytes", nameof(block));
        }

        if (!_indexes.TryGetValue(block.Process, out int index))
        {
            index = _indexes.Count;
            _indexes.Add(block.Process, index);
        }

        if (BlockCount == _entries.Length)
        {
            Array.Resize(ref _entries, BlockCount * 2);
        }

        RawBytes += block.Length;
        _entries[BlockCount++] = new SegmentEntry(index, block);
    }

    /// <summary>
    /// The segment of all blocks that were added, as one array of exactly its length, and an empty builder. On an exception the
    /// blocks are still there.
    /// </summary>
    /// <param name="state">What the segment's head says of the recorder.</param>
    public byte[] Build(SegmentState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var entries = _entries.AsSpan(0, BlockCount);
        entries.Sort(static (a, b) => a.Process != b.Process ? a.Process.CompareTo(b.Process) : a.Block.Number.CompareTo(b.Block.Number));
        CollectProcesses(entries);
        _frames.Clear();
        _storedLength = 0;
        int start = 0;
        long bytes = 0;
        for (int i = 0; i < entries.Length; i++)
        {
            bytes += entries[i].Block.Length;
            Span(entries[i].Process, _frames.Count);
            if (bytes >= _frameTarget || i + 1 - start == SegmentFormat.MaxFrameBlocks || i + 1 == entries.Length)
            {
                WriteFrame(entries[start..(i + 1)], bytes);
                start = i + 1;
                bytes = 0;
            }
        }

        byte[] segment = Assemble(state);
        Clear();
        return segment;
    }

    /// <summary>Forgets the blocks that were added.</summary>
    public void Clear()
    {
        _entries.AsSpan(0, BlockCount).Clear();
        _indexes.Clear();
        _processes.Clear();
        BlockCount = 0;
        RawBytes = 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _compressor.Dispose();

    private void CollectProcesses(ReadOnlySpan<SegmentEntry> entries)
    {
        _processes.Clear();
        for (int i = 0; i < entries.Length;)
        {
            var first = entries[i].Block;
            var last = first;
            int blocks = 0;
            ulong kinds = 0;
            for (; i < entries.Length && entries[i].Process == _processes.Count; i++)
            {
                last = entries[i].Block;
                kinds |= last.Kinds;
                blocks++;
            }

            _processes.Add(new SegmentProcess
            {
                Identity = first.Process,
                FirstFrame = -1,
                LastFrame = -1,
                Blocks = blocks,
                FirstSeq = first.FirstSeq,
                LastSeq = last.LastSeq,
                Kinds = kinds,
                FirstTimeNs = first.BaseTimeNs,
                LastTimeNs = last.LastTimeNs,
            });
        }
    }

    private void Span(int process, int frame)
    {
        var entry = _processes[process];
        if (entry.LastFrame != frame)
        {
            _processes[process] = entry with { FirstFrame = entry.FirstFrame < 0 ? frame : entry.FirstFrame, LastFrame = frame };
        }
    }

    private void WriteFrame(ReadOnlySpan<SegmentEntry> entries, long bytes)
    {
        Grow(ref _raw, 0, SegmentFrame.MaxLength(entries.Length, bytes));
        var raw = _raw.AsSpan(0, SegmentFrame.Write(_raw, entries, _processes));
        Grow(ref _stored, _storedLength, Compressor.GetCompressBound(raw.Length));
        int stored = _compressor.Wrap(raw, _stored.AsSpan(_storedLength));
        if (stored >= raw.Length)
        {
            raw.CopyTo(_stored.AsSpan(_storedLength));
            stored = raw.Length;
        }

        _frames.Add(new FrameEntry(raw.Length, stored, Crc32C.Compute(raw)));
        _storedLength += stored;
    }

    private byte[] Assemble(SegmentState state)
    {
        int bound = SegmentFormat.PrefixLength + SegmentFormat.MaxStateLength(state) + (2 * Varint.MaxLength)
            + (_processes.Count * SegmentFormat.MaxProcessEntry) + (_frames.Count * SegmentFormat.MaxFrameEntry) + SegmentFormat.CrcLength;
        Grow(ref _head, 0, bound);
        var w = new SpanWriter(_head.AsSpan(SegmentFormat.PrefixLength));
        SegmentFormat.WriteState(ref w, state);
        w.Varint((ulong)_frames.Count);
        foreach (var frame in _frames)
        {
            w.Varint((ulong)frame.RawLength);
            w.Varint((ulong)frame.StoredLength);
            w.UInt32(frame.Crc);
        }

        w.Varint((ulong)_processes.Count);
        var previous = default(SegmentProcess);
        foreach (var process in _processes)
        {
            process.Write(ref w, previous);
            previous = process;
        }

        int end = SegmentFormat.PrefixLength + w.Position;
        var prefix = new SpanWriter(_head);
        prefix.Bytes(SegmentFormat.Magic);
        prefix.UInt32(SegmentFormat.Version);
        prefix.UInt32((uint)w.Position);
        var crc = new SpanWriter(_head.AsSpan(end));
        crc.UInt32(Crc32C.Compute(_head.AsSpan(0, end)));
        end += SegmentFormat.CrcLength;

        byte[] segment = GC.AllocateUninitializedArray<byte>(end + _storedLength);
        _head.AsSpan(0, end).CopyTo(segment);
        _stored.AsSpan(0, _storedLength).CopyTo(segment.AsSpan(end));
        return segment;
    }

    /// <summary>Makes room for more bytes behind those that are used, with space to spare so that it seldom happens.</summary>
    private static void Grow(ref byte[] buffer, int used, int more)
    {
        int needed = checked(used + more);
        if (buffer.Length < needed)
        {
            byte[] larger = GC.AllocateUninitializedArray<byte>(checked(needed + (needed / 2)));
            buffer.AsSpan(0, used).CopyTo(larger);
            buffer = larger;
        }
    }
}

/// <summary>A frame in a segment's head.</summary>
/// <param name="RawLength">Bytes before compression.</param>
/// <param name="StoredLength">Bytes in the segment; equal to the raw length when it is not compressed.</param>
/// <param name="Crc">CRC-32C of the raw bytes.</param>
internal readonly record struct FrameEntry(int RawLength, int StoredLength, uint Crc);
