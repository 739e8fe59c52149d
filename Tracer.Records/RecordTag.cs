namespace Tracer.Records;

/// <summary>The first byte of an encoded record (FORMAT.md, "Records").</summary>
internal static class RecordTag
{
    /// <summary>Low five bits: the code.</summary>
    public const byte CodeMask = 0x1f;

    /// <summary>A thread id follows, as a zigzag difference from the one before.</summary>
    public const byte Thread = 0x20;

    /// <summary>A CPU number follows.</summary>
    public const byte Cpu = 0x40;

    /// <summary>Sysret: the call number follows. Payload kinds: more fragments follow.</summary>
    public const byte Extra = 0x80;

    /// <summary>Time steps back: a varint to subtract before the next record's delta.</summary>
    public const byte TimeBack = 28;

    /// <summary>The next fragment of a record.</summary>
    public const byte Continue = 29;

    /// <summary>The kind follows as a byte of its own.</summary>
    public const byte OtherKind = 31;

    /// <summary>In a Syscall's mask: the number of arguments follows.</summary>
    public const byte ArgumentCount = 0x40;

    private const int FirstOwn = 19;
    private const int OwnKinds = 9;

    /// <summary>The code of a kind: ktrace's numbers as they are, Tracer's own from 19.</summary>
    public static byte CodeOf(RecordKind kind)
    {
        int k = (int)kind;
        return k switch
        {
            >= 1 and <= 18 => (byte)k,
            >= 64 and < 64 + OwnKinds => (byte)(k - 64 + FirstOwn),
            _ => OtherKind,
        };
    }

    /// <summary>The kind of a code; None when the code is no kind.</summary>
    public static RecordKind KindOf(int code) => code switch
    {
        >= 1 and <= 18 => (RecordKind)code,
        >= FirstOwn and < FirstOwn + OwnKinds => (RecordKind)(code - FirstOwn + 64),
        _ => RecordKind.None,
    };
}
