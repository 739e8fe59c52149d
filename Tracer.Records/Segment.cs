using System.Security.Cryptography;

namespace Tracer.Records;

/// <summary>
/// A stored segment (FORMAT.md, "Segments"). Parsing reads its head only; a frame is decompressed and checked when its blocks are read.
/// </summary>
public sealed class Segment
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly FrameEntry[] _frames;
    private readonly SegmentProcess[] _processes;
    private readonly int[] _offsets;
    private byte[]? _hash;

    private Segment(
        ReadOnlyMemory<byte> bytes, string where, SegmentState state, FrameEntry[] frames, int[] offsets, SegmentProcess[] processes)
    {
        _bytes = bytes;
        Where = where;
        State = state;
        _frames = frames;
        _offsets = offsets;
        _processes = processes;
    }

    /// <summary>What an error calls this segment.</summary>
    public string Where { get; }

    /// <summary>What the recorder said of itself.</summary>
    public SegmentState State { get; }

    /// <summary>Processes with blocks in this segment, in the order of their frames.</summary>
    public IReadOnlyList<SegmentProcess> Processes => _processes;

    /// <summary>SHA-256 of the stored bytes: the next segment's <see cref="SegmentState.PreviousHash"/>. Computed when first asked for.</summary>
    public byte[] Hash => _hash ??= HashOf(_bytes.Span);

    /// <summary>Frames that are compressed on their own.</summary>
    public int FrameCount => _frames.Length;

    /// <summary>Stored bytes.</summary>
    public int Length => _bytes.Length;

    /// <summary>SHA-256 of a segment as it is stored.</summary>
    public static byte[] HashOf(ReadOnlySpan<byte> segment) => SHA256.HashData(segment);

    /// <summary>Reads a segment's head. The bytes are kept, not copied.</summary>
    /// <param name="untrusted">The segment as stored.</param>
    /// <param name="where">What an error calls it, e.g. <c>segment 12</c>.</param>
    /// <exception cref="RecordFormatException">It is damaged, no segment, or of a newer version.</exception>
    public static Segment Parse(ReadOnlyMemory<byte> untrusted, string where)
    {
        var c = new SpanCursor(untrusted.Span, where);
        if (!untrusted.Span.StartsWith(SegmentFormat.Magic))
        {
            throw c.Error("it does not begin with the mark of a segment");
        }

        _ = c.Bytes(SegmentFormat.Magic.Length);
        uint version = c.UInt32();
        if (version is 0 or > SegmentFormat.Version)
        {
            throw new RecordFormatException(
                where, SegmentFormat.Magic.Length, $"format version {version}; this Tracer reads up to {SegmentFormat.Version}");
        }

        uint headLength = c.UInt32();
        if (headLength > (uint)c.Remaining)
        {
            throw c.Error($"a head of {headLength} bytes, {c.Remaining} left");
        }

        int headEnd = SegmentFormat.PrefixLength + (int)headLength;
        _ = c.Bytes((int)headLength);
        if (c.UInt32() != Crc32C.Compute(untrusted.Span[..headEnd]))
        {
            throw new RecordFormatException(where, headEnd, "the head's checksum is wrong");
        }

        return ParseHead(untrusted, where, headEnd);
    }

    /// <summary>
    /// What the recorder said of itself, from a segment's first bytes alone: enough for a list of traces. The head's checksum is not checked,
    /// because it lies behind the tables.
    /// </summary>
    /// <param name="untrustedStart">The segment's first bytes, at least as many as the state takes.</param>
    /// <param name="where">What an error calls it.</param>
    /// <exception cref="RecordFormatException">It is no segment, of a newer version, or too short.</exception>
    public static SegmentState PeekState(ReadOnlySpan<byte> untrustedStart, string where)
    {
        var c = new SpanCursor(untrustedStart, where);
        if (!untrustedStart.StartsWith(SegmentFormat.Magic))
        {
            throw c.Error("it does not begin with the mark of a segment");
        }

        _ = c.Bytes(SegmentFormat.Magic.Length);
        uint version = c.UInt32();
        if (version is 0 or > SegmentFormat.Version)
        {
            throw new RecordFormatException(
                where, SegmentFormat.Magic.Length, $"format version {version}; this Tracer reads up to {SegmentFormat.Version}");
        }

        _ = c.UInt32();
        return SegmentFormat.ReadState(ref c);
    }

    /// <summary>
    /// Reads the blocks, process by process, each process's by number. Only frames that are needed are decompressed, one at a time,
    /// each into memory of its own, so the blocks stay valid.
    /// </summary>
    /// <param name="only">Only this process; null for all.</param>
    /// <exception cref="RecordFormatException">A frame is damaged.</exception>
    public IEnumerable<Block> ReadBlocks(ProcessIdentity? only = null)
    {
        using var decoder = new FrameDecoder();
        var blocks = new List<Block>();
        var (first, last) = FramesOf(only);
        for (int frame = first; frame <= last; frame++)
        {
            blocks.Clear();
            decoder.Read(this, frame, new byte[FrameLength(frame)], blocks);
            foreach (var block in blocks)
            {
                if (only is null || block.Process == only)
                {
                    yield return block;
                }
            }
        }
    }

    internal int FrameLength(int frame) => _frames[frame].RawLength;

    internal uint FrameCrc(int frame) => _frames[frame].Crc;

    internal int FrameOffset(int frame) => _offsets[frame];

    internal ReadOnlySpan<byte> FrameBytes(int frame) => _bytes.Span.Slice(_offsets[frame], _frames[frame].StoredLength);

    private (int First, int Last) FramesOf(ProcessIdentity? only)
    {
        if (only is null)
        {
            return (0, _frames.Length - 1);
        }

        foreach (ref readonly var process in _processes.AsSpan())
        {
            if (process.Identity == only)
            {
                return (process.FirstFrame, process.LastFrame);
            }
        }

        return (0, -1);
    }

    private static Segment ParseHead(ReadOnlyMemory<byte> untrusted, string where, int headEnd)
    {
        const int LeastFrame = 2 + SegmentFormat.CrcLength;
        const int LeastProcess = 11;
        var c = new SpanCursor(
            untrusted.Span[SegmentFormat.PrefixLength..headEnd], where, SegmentFormat.PrefixLength);
        var state = SegmentFormat.ReadState(ref c);
        var frames = new FrameEntry[c.Count(c.Remaining / LeastFrame, "a count of frames")];
        var offsets = new int[frames.Length];
        long offset = headEnd + SegmentFormat.CrcLength;
        for (int i = 0; i < frames.Length; i++)
        {
            int raw = c.Count(SegmentFormat.MaxFrameRaw, "a frame's length");
            int stored = c.Count(raw, "a frame's stored length");
            if (stored > untrusted.Length - offset)
            {
                throw c.Error($"frame {i} has {stored} bytes, {untrusted.Length - offset} left");
            }

            frames[i] = new FrameEntry(raw, stored, c.UInt32());
            offsets[i] = (int)offset;
            offset += stored;
        }

        if (offset != untrusted.Length)
        {
            throw new RecordFormatException(where, offset, $"{untrusted.Length - offset} bytes too many");
        }

        var processes = new SegmentProcess[c.Count(c.Remaining / LeastProcess, "a count of processes")];
        var previous = default(SegmentProcess);
        for (int i = 0; i < processes.Length; i++)
        {
            processes[i] = previous = SegmentProcess.Read(ref c, previous, frames.Length);
        }

        return c.Remaining == 0
            ? new Segment(untrusted, where, state, frames, offsets, processes)
            : throw c.Error($"{c.Remaining} bytes of the head too many");
    }
}
