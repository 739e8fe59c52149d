namespace Tracer.Records.Payloads;

/// <summary>Why events are missing.</summary>
public enum DropReason : byte
{
    /// <summary>The reserve of the process was used up (C3).</summary>
    PoolFull = 1,

    /// <summary>The kernel had no room (perf's LOST, a ring).</summary>
    Kernel = 2,

    /// <summary>The recorder died before they reached the pool.</summary>
    RecorderDied = 3,

    /// <summary><c>--on-stall gap</c>: counted while the store was stalled.</summary>
    Stall = 4,

    /// <summary>Bytes in a dead pool could not be read.</summary>
    Damaged = 5,
}

/// <summary>Payload of <see cref="RecordKind.Drop"/>: events of one kind that are not in the journal.</summary>
/// <param name="Kind">Which kind; <see cref="RecordKind.None"/> for several or unknown.</param>
/// <param name="Count">How many; null when it can't be known.</param>
/// <param name="FirstNs">CLOCK_MONOTONIC of the first.</param>
/// <param name="LastNs">CLOCK_MONOTONIC of the last.</param>
/// <param name="Reason">Why.</param>
public readonly record struct DropPayload(RecordKind Kind, ulong? Count, long FirstNs, long LastNs, DropReason Reason)
{
    /// <summary>The longest encoding, in bytes.</summary>
    public const int MaxLength = 40;

    /// <summary>Writes the payload and returns its length.</summary>
    public int Write(Span<byte> destination)
    {
        var w = new SpanWriter(destination);
        w.Byte((byte)Kind);
        w.Byte((byte)Reason);
        w.Byte(Count.HasValue ? (byte)1 : (byte)0);
        w.Varint(Count ?? 0);
        w.Signed(FirstNs);
        w.Signed(LastNs);
        return w.Position;
    }

    /// <summary>Reads the payload; throws <see cref="RecordFormatException"/> when it is damaged.</summary>
    public static DropPayload Read(ReadOnlySpan<byte> untrusted)
    {
        var c = new SpanCursor(untrusted, "Drop payload");
        var kind = (RecordKind)c.Byte();
        var reason = (DropReason)c.Byte();
        bool known = c.Byte() != 0;
        ulong count = c.Varint();
        return new(kind, known ? count : null, c.Signed(), c.Signed(), reason);
    }
}

/// <summary>Why a thread was held.</summary>
public enum HoldReason : byte
{
    /// <summary>Its process could have no block.</summary>
    NoBlock = 1,

    /// <summary>Policy <c>each</c>: its record was not committed yet.</summary>
    Each = 2,

    /// <summary>No room for a new process in the process table or pool: held at its birth.</summary>
    Birth = 3,
}

/// <summary>Payload of <see cref="RecordKind.Held"/>; the record's time is the end of the hold.</summary>
/// <param name="Reason">Why.</param>
/// <param name="DurationNs">How long, in nanoseconds.</param>
public readonly record struct HeldPayload(HoldReason Reason, long DurationNs)
{
    /// <summary>The longest encoding, in bytes.</summary>
    public const int MaxLength = 16;

    /// <summary>Writes the payload and returns its length.</summary>
    public int Write(Span<byte> destination)
    {
        var w = new SpanWriter(destination);
        w.Byte((byte)Reason);
        w.Signed(DurationNs);
        return w.Position;
    }

    /// <summary>Reads the payload; throws <see cref="RecordFormatException"/> when it is damaged.</summary>
    public static HeldPayload Read(ReadOnlySpan<byte> untrusted)
    {
        var c = new SpanCursor(untrusted, "Held payload");
        return new((HoldReason)c.Byte(), c.Signed());
    }
}

/// <summary>Why the records of a process end.</summary>
public enum EndReason : byte
{
    /// <summary>The process has ended.</summary>
    Exit = 1,

    /// <summary>Tracing was ended; the process goes on.</summary>
    Detach = 2,

    /// <summary>Left before an exec of a set-id or capability-bearing file (C13).</summary>
    SetId = 3,

    /// <summary>The recorder died; the process may go on.</summary>
    RecorderDied = 4,

    /// <summary><c>--on-stall detach</c> or <c>kill</c>.</summary>
    Stall = 5,
}

/// <summary>Payload of <see cref="RecordKind.End"/>. <c>stored events + dropped = generated</c>, or the trace is damaged.</summary>
/// <param name="Reason">Why it ends.</param>
/// <param name="LastSeq">Sequence number of this very record: the last of the process.</param>
/// <param name="Generated">Events (kinds 1 to 18) counted at the source.</param>
/// <param name="Dropped">Of these, in Drop records; null when a count is unknown.</param>
/// <param name="HeldNs">Time its threads were held, all reasons, nanoseconds.</param>
/// <param name="Holds">How often.</param>
public readonly record struct EndPayload(EndReason Reason, ulong LastSeq, ulong Generated, ulong? Dropped, long HeldNs, ulong Holds)
{
    /// <summary>The longest encoding, in bytes.</summary>
    public const int MaxLength = 56;

    /// <summary>Writes the payload and returns its length.</summary>
    public int Write(Span<byte> destination)
    {
        var w = new SpanWriter(destination);
        w.Byte((byte)Reason);
        w.Varint(LastSeq);
        w.Varint(Generated);
        w.Byte(Dropped.HasValue ? (byte)1 : (byte)0);
        w.Varint(Dropped ?? 0);
        w.Signed(HeldNs);
        w.Varint(Holds);
        return w.Position;
    }

    /// <summary>Reads the payload; throws <see cref="RecordFormatException"/> when it is damaged.</summary>
    public static EndPayload Read(ReadOnlySpan<byte> untrusted)
    {
        var c = new SpanCursor(untrusted, "End payload");
        var reason = (EndReason)c.Byte();
        ulong last = c.Varint();
        ulong generated = c.Varint();
        bool known = c.Byte() != 0;
        ulong dropped = c.Varint();
        return new(reason, last, generated, known ? dropped : null, c.Signed(), c.Varint());
    }
}

/// <summary>Payload of <see cref="RecordKind.Clock"/>; the record's time is CLOCK_MONOTONIC (clock_gettime(2)).</summary>
/// <param name="RealtimeNs">CLOCK_REALTIME at the same moment, nanoseconds since 1970.</param>
/// <param name="BoottimeNs">CLOCK_BOOTTIME at the same moment, nanoseconds.</param>
public readonly record struct ClockPayload(long RealtimeNs, long BoottimeNs)
{
    /// <summary>The longest encoding, in bytes.</summary>
    public const int MaxLength = 20;

    /// <summary>Writes the payload and returns its length.</summary>
    public int Write(Span<byte> destination)
    {
        var w = new SpanWriter(destination);
        w.Signed(RealtimeNs);
        w.Signed(BoottimeNs);
        return w.Position;
    }

    /// <summary>Reads the payload; throws <see cref="RecordFormatException"/> when it is damaged.</summary>
    public static ClockPayload Read(ReadOnlySpan<byte> untrusted)
    {
        var c = new SpanCursor(untrusted, "Clock payload");
        return new(c.Signed(), c.Signed());
    }
}

/// <summary>What a collector can't see.</summary>
public enum BlindReason : byte
{
    /// <summary>The process set up io_uring: its operations need no system call (io_uring(7)).</summary>
    IoUring = 1,

    /// <summary>Another tracer has it.</summary>
    OtherTracer = 2,

    /// <summary>A child was made that ptrace does not let us follow (CLONE_UNTRACED).</summary>
    Untraced = 3,

    /// <summary>A system call under an ABI that this version does not decode.</summary>
    Abi = 4,
}

/// <summary>Payload of <see cref="RecordKind.Blind"/>.</summary>
/// <param name="Reason">What.</param>
public readonly record struct BlindPayload(BlindReason Reason)
{
    /// <summary>The longest encoding, in bytes.</summary>
    public const int MaxLength = 1;

    /// <summary>Writes the payload and returns its length.</summary>
    public int Write(Span<byte> destination)
    {
        destination[0] = (byte)Reason;
        return 1;
    }

    /// <summary>Reads the payload; throws <see cref="RecordFormatException"/> when it is damaged.</summary>
    public static BlindPayload Read(ReadOnlySpan<byte> untrusted)
    {
        var c = new SpanCursor(untrusted, "Blind payload");
        return new((BlindReason)c.Byte());
    }
}
