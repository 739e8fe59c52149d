using Tracer.Records;

namespace Tracer.Tests.Support;

/// <summary>Segments whose checksums are right and whose contents are not: what a damaged writer or an attacker could make.</summary>
internal static class SegmentForge
{
    /// <summary>Changes bytes of the head and mends its checksum.</summary>
    public static byte[] Head(byte[] segment, Action<Span<byte>> change)
    {
        byte[] forged = [.. segment];
        int end = SegmentFormat.PrefixLength + BitConverter.ToInt32(forged, 8);
        change(forged.AsSpan(SegmentFormat.PrefixLength..end));
        BitConverter.GetBytes(Crc32C.Compute(forged.AsSpan(0, end))).CopyTo(forged, end);
        return forged;
    }

    /// <summary>A segment with one frame, not compressed, of the bytes that are given.</summary>
    public static byte[] Frame(SegmentState state, byte[] raw, params SegmentProcess[] processes)
    {
        byte[] bytes = new byte[2000 + (processes.Length * SegmentFormat.MaxProcessEntry) + raw.Length];
        var w = new SpanWriter(bytes.AsSpan(SegmentFormat.PrefixLength));
        SegmentFormat.WriteState(ref w, state);
        w.Varint(1);
        w.Varint((ulong)raw.Length);
        w.Varint((ulong)raw.Length);
        w.UInt32(Crc32C.Compute(raw));
        w.Varint((ulong)processes.Length);
        var previous = default(SegmentProcess);
        foreach (var process in processes)
        {
            process.Write(ref w, previous);
            previous = process;
        }

        int end = SegmentFormat.PrefixLength + w.Position;
        var prefix = new SpanWriter(bytes);
        prefix.Bytes(SegmentFormat.Magic);
        prefix.UInt32(SegmentFormat.Version);
        prefix.UInt32((uint)w.Position);
        BitConverter.GetBytes(Crc32C.Compute(bytes.AsSpan(0, end))).CopyTo(bytes, end);
        raw.CopyTo(bytes, end + SegmentFormat.CrcLength);
        return bytes[..(end + SegmentFormat.CrcLength + raw.Length)];
    }

    /// <summary>The raw bytes of a segment's only frame.</summary>
    public static byte[] RawFrame(IReadOnlyList<Block> blocks, Segment segment)
    {
        var entries = blocks.Select(b => new SegmentEntry(segment.Processes.Select(p => p.Identity).ToList().IndexOf(b.Process), b)).ToArray();
        byte[] raw = new byte[SegmentFrame.MaxLength(entries.Length, blocks.Sum(b => b.Length))];
        return raw[..SegmentFrame.Write(raw, entries, segment.Processes)];
    }
}
