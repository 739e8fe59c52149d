using System.Buffers.Binary;
using System.Text;

namespace Tracer.Records;

/// <summary>Writes fields into a span that the caller made large enough; running out is a bug and throws.</summary>
/// <param name="destination">Where to write.</param>
public ref struct SpanWriter(Span<byte> destination)
{
    private readonly Span<byte> _bytes = destination;
    private int _position;

    /// <summary>Bytes written.</summary>
    public readonly int Position => _position;

    /// <summary>What has been written.</summary>
    public readonly ReadOnlySpan<byte> Written => _bytes[.._position];

    /// <summary>One byte.</summary>
    public void Byte(byte value) => _bytes[_position++] = value;

    /// <summary>A varint.</summary>
    public void Varint(ulong value) => _position += Records.Varint.Write(_bytes[_position..], value);

    /// <summary>A zigzag varint.</summary>
    public void Signed(long value) => Varint(Records.Varint.ZigZag(value));

    /// <summary>4 bytes, little endian.</summary>
    public void UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes[_position..], value);
        _position += 4;
    }

    /// <summary>8 bytes, little endian.</summary>
    public void UInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_bytes[_position..], value);
        _position += 8;
    }

    /// <summary>Bytes as they are.</summary>
    public void Bytes(scoped ReadOnlySpan<byte> value)
    {
        value.CopyTo(_bytes[_position..]);
        _position += value.Length;
    }

    /// <summary>A length and the bytes.</summary>
    public void Blob(scoped ReadOnlySpan<byte> value)
    {
        Varint((ulong)value.Length);
        Bytes(value);
    }

    /// <summary>A length and the text as UTF-8.</summary>
    public void Text(string value)
    {
        int length = Encoding.UTF8.GetByteCount(value);
        Varint((ulong)length);
        Encoding.UTF8.GetBytes(value, _bytes[_position..]);
        _position += length;
    }
}
