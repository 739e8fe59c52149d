namespace Tracer.Records.Payloads;

/// <summary>What becomes of a signal.</summary>
public enum SignalAction : byte
{
    /// <summary>SIG_DFL.</summary>
    Default = 0,

    /// <summary>SIG_IGN.</summary>
    Ignore = 1,

    /// <summary>A handler runs.</summary>
    Caught = 2,

    /// <summary>The disposition could not be read.</summary>
    Unknown = 3,
}

/// <summary>Payload of <see cref="RecordKind.Psig"/>: a signal as PTRACE_GETSIGINFO gave it (ptrace(2), sigaction(2)).</summary>
/// <param name="Signal">Signal number.</param>
/// <param name="Code"><c>si_code</c>.</param>
/// <param name="Errno"><c>si_errno</c>.</param>
/// <param name="Action">Disposition at delivery.</param>
/// <param name="SenderPid"><c>si_pid</c>, where the code says there is a sender, else 0.</param>
/// <param name="SenderUid"><c>si_uid</c>, likewise.</param>
/// <param name="Address"><c>si_addr</c> of a fault, else <c>si_status</c> of SIGCHLD or <c>si_value</c>; 0 when there is none.</param>
public readonly record struct PsigPayload(int Signal, int Code, int Errno, SignalAction Action, int SenderPid, uint SenderUid, ulong Address)
{
    /// <summary>The longest encoding, in bytes.</summary>
    public const int MaxLength = 64;

    /// <summary>Writes the payload and returns its length.</summary>
    public int Write(Span<byte> destination)
    {
        var w = new SpanWriter(destination);
        w.Signed(Signal);
        w.Signed(Code);
        w.Signed(Errno);
        w.Byte((byte)Action);
        w.Signed(SenderPid);
        w.Varint(SenderUid);
        w.Varint(Address);
        return w.Position;
    }

    /// <summary>Reads the payload; throws <see cref="RecordFormatException"/> when it is damaged.</summary>
    public static PsigPayload Read(ReadOnlySpan<byte> untrusted)
    {
        var c = new SpanCursor(untrusted, "Psig payload");
        return new(c.Int32(), c.Int32(), c.Int32(), (SignalAction)c.Byte(), c.Int32(), unchecked((uint)c.Varint()), c.Varint());
    }
}
