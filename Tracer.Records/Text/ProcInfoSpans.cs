using Tracer.Records.Payloads;

namespace Tracer.Records;

/// <summary>A ProcInfo payload with its texts as the bytes they are; <see cref="ProcInfoPayload"/> makes strings of them, which loses what is no UTF-8.</summary>
internal ref struct ProcInfoSpans
{
    public int ParentPid;
    public int NamespacePid;
    public int ProcessGroup;
    public int Session;
    public UserIds Uids;
    public UserIds Gids;
    public uint LoginUid;
    public ReadOnlySpan<byte> Comm;
    public ReadOnlySpan<byte> Executable;
    public ReadOnlySpan<byte> Directory;
    public ReadOnlySpan<byte> Cgroup;
    public ReadOnlySpan<byte> Arguments;

    /// <summary>Reads the payload; throws <see cref="RecordFormatException"/> when it is damaged.</summary>
    public static ProcInfoSpans Read(ReadOnlySpan<byte> untrusted)
    {
        var c = new SpanCursor(untrusted, "ProcInfo payload");
        return new ProcInfoSpans
        {
            ParentPid = c.Int32(),
            NamespacePid = c.Int32(),
            ProcessGroup = c.Int32(),
            Session = c.Int32(),
            Uids = UserIds.Read(ref c),
            Gids = UserIds.Read(ref c),
            LoginUid = unchecked((uint)c.Varint()),
            Comm = c.Blob(),
            Executable = c.Blob(),
            Directory = c.Blob(),
            Cgroup = c.Blob(),
            Arguments = c.Blob(),
        };
    }
}

/// <summary>A Genio payload (<see cref="IRecordSink.Genio"/>).</summary>
internal ref struct GenioSpans
{
    public int Fd;
    public bool IsWrite;

    /// <summary>Bytes that were read or written.</summary>
    public ulong Length;

    /// <summary>Of these, those that were kept.</summary>
    public ReadOnlySpan<byte> Data;

    /// <summary>Reads the payload; throws <see cref="RecordFormatException"/> when it is damaged.</summary>
    public static GenioSpans Read(ReadOnlySpan<byte> untrusted)
    {
        var c = new SpanCursor(untrusted, "Genio payload");
        int fd = c.Int32();
        byte flags = c.Byte();
        ulong? length = (flags & 2) != 0 ? c.Varint() : null;
        var data = c.Rest();
        return new GenioSpans { Fd = fd, IsWrite = (flags & 1) != 0, Length = length ?? (ulong)data.Length, Data = data };
    }
}

/// <summary>A Namei payload (<see cref="IRecordSink.Namei"/>).</summary>
internal ref struct NameiSpans
{
    /// <summary>Which argument of the call, from 0.</summary>
    public int Argument;

    /// <summary>The path was longer than what was kept.</summary>
    public bool IsCut;
    public ReadOnlySpan<byte> Path;

    /// <summary>Reads the payload; throws <see cref="RecordFormatException"/> when it is damaged.</summary>
    public static NameiSpans Read(ReadOnlySpan<byte> untrusted)
    {
        var c = new SpanCursor(untrusted, "Namei payload");
        byte head = c.Byte();
        return new NameiSpans { Argument = head & 0x7f, IsCut = (head & 0x80) != 0, Path = c.Rest() };
    }
}
