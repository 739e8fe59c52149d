using System.Buffers.Binary;
using System.Text;

namespace Tracer.Records;

/// <summary>Reads bounds-checked fields from untrusted bytes and names the byte when one is wrong.</summary>
/// <param name="untrusted">The bytes.</param>
/// <param name="where">What they are, for the error.</param>
/// <param name="baseOffset">Offset of the first byte in <paramref name="where"/>.</param>
public ref struct SpanCursor(ReadOnlySpan<byte> untrusted, string where, long baseOffset = 0)
{
    private readonly ReadOnlySpan<byte> _bytes = untrusted;
    private int _position;

    /// <summary>Bytes consumed.</summary>
    public readonly int Position => _position;

    /// <summary>Bytes left.</summary>
    public readonly int Remaining => _bytes.Length - _position;

    /// <summary>Offset of the next byte in the named part.</summary>
    public readonly long Offset => baseOffset + _position;

    /// <summary>An error at the next byte.</summary>
    public readonly RecordFormatException Error(string problem) => new(where, Offset, problem);

    /// <summary>One byte.</summary>
    public byte Byte()
    {
        if (_position >= _bytes.Length)
        {
            throw Error("ends within a field");
        }

        return _bytes[_position++];
    }

    /// <summary>A varint of at most 64 bits.</summary>
    public ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte b = Byte();
            if (shift == 63 && b > 1)
            {
                throw Error("a number is longer than 64 bits");
            }

            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }
    }

    /// <summary>A zigzag varint.</summary>
    public long Signed() => Records.Varint.UnZigZag(Varint());

    /// <summary>A varint that must not be above a bound: counts and lengths are checked before anything is allocated.</summary>
    public int Count(int max, string what)
    {
        ulong value = Varint();
        return value <= (ulong)max ? (int)value : throw Error($"{what} is {value}, above {max}");
    }

    /// <summary>A varint that must fit in 32 bits, signed.</summary>
    public int Int32()
    {
        long value = Signed();
        return value is >= int.MinValue and <= int.MaxValue ? (int)value : throw Error("a number is longer than 32 bits");
    }

    /// <summary>4 bytes, little endian.</summary>
    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4));

    /// <summary>8 bytes, little endian.</summary>
    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(8));

    /// <summary>A span of that many bytes.</summary>
    public ReadOnlySpan<byte> Bytes(int length)
    {
        if ((uint)length > (uint)Remaining)
        {
            throw Error($"{length} bytes wanted, {Remaining} left");
        }

        var span = _bytes.Slice(_position, length);
        _position += length;
        return span;
    }

    /// <summary>A length (varint) and that many bytes.</summary>
    public ReadOnlySpan<byte> Blob() => Bytes(Count(Remaining, "a length"));

    /// <summary>A length and that many bytes of UTF-8; a bad sequence becomes U+FFFD.</summary>
    public string Text() => Encoding.UTF8.GetString(Blob());

    /// <summary>The rest.</summary>
    public ReadOnlySpan<byte> Rest() => Bytes(Remaining);
}
