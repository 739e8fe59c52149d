using System.Buffers.Text;

namespace Tracer.Records;

/// <summary>Writes text into a span of UTF-8 bytes. What does not fit is remembered, so that only the end needs a check.</summary>
internal ref struct Utf8Cursor(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;
    private int _length;
    private bool _overflowed;

    /// <summary>Bytes written, or 0 when something did not fit.</summary>
    public readonly int Length => _overflowed ? 0 : _length;

    public void Append(scoped ReadOnlySpan<byte> text)
    {
        if (_overflowed || !text.TryCopyTo(_destination[_length..])) _overflowed = true;
        else _length += text.Length;
    }

    public void Append(byte character)
    {
        if (_overflowed || _length == _destination.Length) _overflowed = true;
        else _destination[_length++] = character;
    }

    public void AppendDecimal(long value)
    {
        if (_overflowed || !Utf8Formatter.TryFormat(value, _destination[_length..], out var written)) _overflowed = true;
        else _length += written;
    }

    public void AppendDecimal(ulong value)
    {
        if (_overflowed || !Utf8Formatter.TryFormat(value, _destination[_length..], out var written)) _overflowed = true;
        else _length += written;
    }

    /// <summary>As C's <c>%#lx</c>: lower case, and zero without a prefix.</summary>
    public void AppendHex(ulong value)
    {
        if (value != 0) Append("0x"u8);
        AppendDigits(value, 4);
    }

    /// <summary>As C's <c>%#lo</c>: a leading zero, and zero as one digit.</summary>
    public void AppendOctal(ulong value)
    {
        if (value != 0) Append((byte)'0');
        AppendDigits(value, 3);
    }

    private void AppendDigits(ulong value, int bitsPerDigit)
    {
        var digits = Math.Max(1, (64 - System.Numerics.BitOperations.LeadingZeroCount(value) + bitsPerDigit - 1) / bitsPerDigit);
        if (_overflowed || digits > _destination.Length - _length)
        {
            _overflowed = true;
            return;
        }

        var mask = (1ul << bitsPerDigit) - 1;
        for (var i = _length + digits - 1; i >= _length; i--)
        {
            _destination[i] = "0123456789abcdef"u8[(int)(value & mask)];
            value >>= bitsPerDigit;
        }

        _length += digits;
    }
}
