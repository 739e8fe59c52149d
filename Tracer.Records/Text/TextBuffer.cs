using System.Buffers;
using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text;

namespace Tracer.Records;

/// <summary>
/// UTF-8 text that grows and is used again: lines are made here and go out in large writes. Nothing is allocated once it has its size.
/// </summary>
public sealed class TextBuffer : IBufferWriter<byte>
{
    private byte[] _bytes;
    private int _length;

    /// <summary>A buffer.</summary>
    /// <param name="capacity">Bytes at first.</param>
    public TextBuffer(int capacity = 4096) => _bytes = new byte[capacity];

    /// <summary>Bytes in it. May be set back, to take away what was written since.</summary>
    public int Length
    {
        get => _length;
        set
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)value, (uint)_length);
            _length = value;
        }
    }

    /// <summary>What is in it. Valid until something is added.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

    /// <summary>Empties it.</summary>
    public void Clear() => _length = 0;

    /// <summary>Adds bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(scoped ReadOnlySpan<byte> text)
    {
        if (text.Length > _bytes.Length - _length)
        {
            Grow(text.Length);
        }

        text.CopyTo(_bytes.AsSpan(_length));
        _length += text.Length;
    }

    /// <summary>Adds one byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(byte character)
    {
        if (_length == _bytes.Length)
        {
            Grow(1);
        }

        _bytes[_length++] = character;
    }

    /// <summary>Adds a constant of the program. Traced text goes through <see cref="EscapedText"/>.</summary>
    public void Append(string trusted)
    {
        Span<byte> free = Free(trusted.Length * 3);
        Advance(Encoding.UTF8.GetBytes(trusted, free));
    }

    /// <summary>Adds a decimal number.</summary>
    public void AppendDecimal(long value)
    {
        if (unchecked((ulong)value) < 10)
        {
            Append((byte)('0' + value));
            return;
        }

        Utf8Formatter.TryFormat(value, Free(20), out int written);
        _length += written;
    }

    /// <summary>Adds a decimal number.</summary>
    public void AppendDecimal(ulong value)
    {
        Utf8Formatter.TryFormat(value, Free(20), out int written);
        _length += written;
    }

    /// <summary>Adds a decimal number, right-aligned in so many columns; a longer one takes what it needs.</summary>
    public void AppendDecimal(long value, int columns)
    {
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(value, digits, out int written);
        for (int i = written; i < columns; i++)
        {
            Append((byte)' ');
        }

        Append(digits[..written]);
    }

    /// <summary>Adds <c>0x</c> and hexadecimal digits; zero without a prefix, as C's <c>%#lx</c>.</summary>
    public void AppendHex(ulong value)
    {
        if (value == 0)
        {
            Append((byte)'0');
            return;
        }

        Append("0x"u8);
        Utf8Formatter.TryFormat(value, Free(16), out int written, new StandardFormat('x'));
        _length += written;
    }

    /// <summary>Adds nanoseconds as seconds with nine digits; a negative span has its sign in front.</summary>
    public void AppendSeconds(long nanoseconds)
    {
        ulong magnitude = unchecked((ulong)nanoseconds);
        if (nanoseconds < 0)
        {
            Append((byte)'-');
            magnitude = unchecked(0UL - magnitude);
        }

        ulong seconds = magnitude / 1_000_000_000;
        AppendDecimal(seconds);
        AppendFraction((uint)(magnitude - (seconds * 1_000_000_000)));
    }

    /// <summary>Adds a point and nine digits.</summary>
    public void AppendFraction(uint nanoseconds)
    {
        const int Digits = 9;
        var digits = Free(1 + Digits);
        digits[0] = (byte)'.';
        for (int i = Digits; i > 0; i--)
        {
            uint rest = nanoseconds / 10;
            digits[i] = (byte)('0' + (nanoseconds - (rest * 10)));
            nanoseconds = rest;
        }

        _length += 1 + Digits;
    }

    /// <summary>Room for at least that many bytes; <see cref="Advance"/> says how many were used.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> Free(int atLeast)
    {
        if (atLeast > _bytes.Length - _length)
        {
            Grow(atLeast);
        }

        return _bytes.AsSpan(_length);
    }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_bytes.Length - _length));
        _length += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        _ = Free(Math.Max(sizeHint, 1));
        return _bytes.AsMemory(_length);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => Free(Math.Max(sizeHint, 1));

    private void Grow(int atLeast) =>
        Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max(_bytes.Length * 2L, checked(_length + atLeast))));
}
