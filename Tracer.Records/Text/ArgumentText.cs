namespace Tracer.Records;

/// <summary>Writes one argument of a system call as kdump does: flags by name, modes octal, addresses hexadecimal.</summary>
/// <remarks>
/// Flags: <c>0x241&lt;O_WRONLY|O_CREAT|O_TRUNC&gt;</c>, with <c>&lt;invalid=0x...&gt;</c> for bits without a name. Enumerations:
/// the name, or <c>&lt;invalid=0x...&gt;</c>. Descriptors, ids and counts are decimal, unlike kdump's, so that they are the numbers
/// which RET and GIO lines show. Nothing is allocated.
/// </remarks>
public static class ArgumentText
{
    /// <summary>Bytes that are enough for every kind and value.</summary>
    public const int MaxLength = 640;

    /// <summary>Writes an argument.</summary>
    /// <param name="destination">Where to; never too small with <see cref="MaxLength"/> bytes.</param>
    /// <param name="machine">The machine the call was made on: some flags differ. Anything but arm64 is read as x86-64.</param>
    /// <param name="kind">The kind; one that is not defined is shown as <see cref="ArgKind.Hex"/>.</param>
    /// <param name="untrustedValue">The register. Of a C int the low 32 bits count, of a mode the low 16, as for the kernel.</param>
    /// <param name="raw">Numbers only, as with kdump's <c>-n</c>: signed kinds and enumerations decimal, all else hexadecimal.</param>
    /// <returns>Bytes written; 0 if the text does not fit, and then the destination's content is undefined.</returns>
    public static int Format(Span<byte> destination, Machine machine, ArgKind kind, ulong untrustedValue, bool raw)
    {
        var text = new Utf8Cursor(destination);
        switch (kind)
        {
            case ArgKind.Signal:
                AppendEnumeration(ref text, Symbols.SignalName(Low32Signed(untrustedValue)), kind, Low32(untrustedValue), raw);
                break;
            case ArgKind.Int or ArgKind.Fd or ArgKind.Pid:
                text.AppendDecimal((long)Low32Signed(untrustedValue));
                break;
            case ArgKind.Long:
                text.AppendDecimal(unchecked((long)untrustedValue));
                break;
            case ArgKind.UInt:
                text.AppendDecimal((ulong)Low32(untrustedValue));
                break;
            case ArgKind.ULong:
                text.AppendDecimal(untrustedValue);
                break;
            case ArgKind.Uid or ArgKind.Gid:
                if (Low32(untrustedValue) == uint.MaxValue) text.Append("-1"u8);
                else text.AppendDecimal((ulong)Low32(untrustedValue));
                break;
            case ArgKind.DirFd:
                const int AtFdCwd = -100;
                if (!raw && Low32Signed(untrustedValue) == AtFdCwd) text.Append("AT_FDCWD"u8);
                else text.AppendDecimal((long)Low32Signed(untrustedValue));
                break;
            case ArgKind.Mode:
                if (raw) text.AppendHex(untrustedValue & 0xffff);
                else text.AppendOctal(untrustedValue & 0xffff);
                break;
            default:
                if (ArgumentNames.Flags(machine, kind) is { } flags) AppendFlags(ref text, flags, kind, untrustedValue, raw);
                else if (ArgumentNames.Values(kind) is { } values)
                {
                    AppendEnumeration(ref text, values.Find(Low32(untrustedValue)), kind, Low32(untrustedValue), raw);
                }
                else text.AppendHex(untrustedValue);
                break;
        }

        return text.Length;
    }

    private static void AppendFlags(ref Utf8Cursor text, FlagNames flags, ArgKind kind, ulong value, bool raw)
    {
        // These are unsigned long in the kernel; all other sets of flags are int.
        var isLong = kind is ArgKind.Prot or ArgKind.MapFlags or ArgKind.MremapFlags or ArgKind.CloneFlags
            or ArgKind.UnshareFlags or ArgKind.MountFlags;
        if (!isLong) value = Low32(value);
        if (raw) text.AppendHex(value);
        else flags.Write(ref text, value);
    }

    private static void AppendEnumeration(ref Utf8Cursor text, ReadOnlySpan<byte> name, ArgKind kind, uint value, bool raw)
    {
        if (!raw && !name.IsEmpty) text.Append(name);
        else if (kind == ArgKind.IoctlRequest && raw) text.AppendHex(value);
        else if (kind == ArgKind.IoctlRequest && (value >> 8 & 0xff) != 0) AppendIoctl(ref text, value);
        else if (raw || IsPlainNumber(kind, value)) text.AppendDecimal((long)Low32Signed(value));
        else
        {
            text.Append("<invalid="u8);
            text.AppendHex(value);
            text.Append((byte)'>');
        }
    }

    // Signal 0 only asks whether the process is there; negative clock ids name a process or a device.
    private static bool IsPlainNumber(ArgKind kind, uint value) =>
        kind == ArgKind.Signal && value == 0 || kind == ArgKind.ClockId && Low32Signed(value) < 0;

    // asm-generic/ioctl.h: direction in 2 bits, size in 14, type in 8, number in 8.
    private static void AppendIoctl(ref Utf8Cursor text, uint request)
    {
        text.Append((request >> 30) switch { 0 => "_IO("u8, 1 => "_IOW("u8, 2 => "_IOR("u8, _ => "_IOWR("u8 });
        text.AppendHex(request >> 8 & 0xff);
        text.Append((byte)',');
        text.AppendHex(request & 0xff);
        if (request >> 16 != 0)
        {
            text.Append((byte)',');
            text.AppendHex(request >> 16 & 0x3fff);
        }

        text.Append((byte)')');
    }

    private static uint Low32(ulong value) => unchecked((uint)value);

    private static int Low32Signed(ulong value) => unchecked((int)value);
}
