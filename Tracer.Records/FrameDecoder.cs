using ZstdSharp;

namespace Tracer.Records;

/// <summary>Decompresses and checks frames. Holds the decompressor's memory, so one is kept while many frames are read.</summary>
internal sealed class FrameDecoder : IDisposable
{
    private readonly Decompressor _decompressor = new();

    /// <summary>Reads the blocks of a frame; their bytes are in <paramref name="buffer"/>, which must be as long as the frame or longer.</summary>
    public void Read(Segment segment, int frame, byte[] buffer, List<Block> into)
    {
        int length = segment.FrameLength(frame);
        string where = $"{segment.Where}, frame {frame} at byte {segment.FrameOffset(frame)}";
        var stored = segment.FrameBytes(frame);
        var raw = buffer.AsSpan(0, length);
        if (stored.Length == length)
        {
            stored.CopyTo(raw);
        }
        else
        {
            Decompress(stored, raw, where);
        }

        if (Crc32C.Compute(raw) != segment.FrameCrc(frame))
        {
            throw new RecordFormatException(where, 0, "its checksum is wrong");
        }

        SegmentFrame.Read(buffer.AsMemory(0, length), where, segment.Processes, into);
    }

    public void Dispose() => _decompressor.Dispose();

    private void Decompress(ReadOnlySpan<byte> stored, Span<byte> raw, string where)
    {
        int length;
        try
        {
            length = _decompressor.Unwrap(stored, raw);
        }
        catch (ZstdException e)
        {
            throw new RecordFormatException(where, 0, $"it can't be decompressed: {e.Message}");
        }

        if (length != raw.Length)
        {
            throw new RecordFormatException(where, 0, $"{length} bytes decompressed, the head says {raw.Length}");
        }
    }
}
