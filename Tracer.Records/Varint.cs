using System.Runtime.CompilerServices;

namespace Tracer.Records;

/// <summary>LEB128 numbers, 7 bits a byte, least significant first, at most 10 bytes (FORMAT.md, "Numbers").</summary>
public static class Varint
{
    /// <summary>The longest encoding of 64 bits.</summary>
    public const int MaxLength = 10;

    /// <summary>Writes a number and returns its length. The destination must have <see cref="MaxLength"/> bytes of room.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Write(Span<byte> destination, ulong value)
    {
        int i = 0;
        while (value >= 0x80)
        {
            destination[i++] = unchecked((byte)(value | 0x80));
            value >>= 7;
        }

        destination[i] = (byte)value;
        return i + 1;
    }

    /// <summary>The length that <see cref="Write"/> would use.</summary>
    public static int Length(ulong value)
    {
        int n = 1;
        while (value >= 0x80)
        {
            value >>= 7;
            n++;
        }

        return n;
    }

    /// <summary>Maps a signed number so that small magnitudes are short: 0, -1, 1, -2 become 0, 1, 2, 3.</summary>
    public static ulong ZigZag(long value) => unchecked((ulong)((value << 1) ^ (value >> 63)));

    /// <summary>The reverse of <see cref="ZigZag"/>.</summary>
    public static long UnZigZag(ulong value) => unchecked((long)(value >> 1) ^ -(long)(value & 1));
}
