using System.Buffers;
using System.Globalization;
using System.Text;

namespace Tracer.Records;

/// <summary>
/// Makes traced bytes safe to show: what could move a cursor, change a colour or feign a line is written as C writes it. Printable UTF-8 stays.
/// </summary>
public static class EscapedText
{
    private static readonly SearchValues<byte> Plain = SearchValues.Create(Printable("\"\\"u8));
    private static readonly SearchValues<byte> PlainOrNewline = SearchValues.Create([.. Printable([]), 0, (byte)'\n', (byte)'\r', (byte)'\t']);

    /// <summary>Adds the bytes in double quotes.</summary>
    public static void AppendQuoted(TextBuffer text, ReadOnlySpan<byte> untrusted)
    {
        text.Append((byte)'"');
        Append(text, untrusted);
        text.Append((byte)'"');
    }

    /// <summary>Adds the bytes; quotes, backslashes, control bytes and what is no printable UTF-8 are escaped.</summary>
    public static void Append(TextBuffer text, ReadOnlySpan<byte> untrusted)
    {
        while (!untrusted.IsEmpty)
        {
            int plain = untrusted.IndexOfAnyExcept(Plain);
            if (plain < 0)
            {
                text.Append(untrusted);
                return;
            }

            text.Append(untrusted[..plain]);
            untrusted = untrusted[plain..];
            untrusted = untrusted[AppendOne(text, untrusted)..];
        }
    }

    /// <summary>A text that came from a trace, for a line of a report: control characters are escaped, quotes stay.</summary>
    public static string Escape(string untrusted)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(untrusted);
        if (IsText(bytes, cut: false) && !bytes.AsSpan().ContainsAny("\n\r\t\0"u8))
        {
            return untrusted;
        }

        var text = new TextBuffer(bytes.Length * 2);
        for (ReadOnlySpan<byte> rest = bytes; !rest.IsEmpty;)
        {
            if (rest[0] is (byte)'"' or (byte)'\\')
            {
                text.Append(rest[0]);
                rest = rest[1..];
            }
            else
            {
                rest = rest[AppendOne(text, rest)..];
            }
        }

        return Encoding.UTF8.GetString(text.Written.Span);
    }

    /// <summary>
    /// Adds the first character, escaped if need be, and returns how many bytes it was. A line never ends or begins in the middle of one.
    /// </summary>
    public static int AppendOne(TextBuffer text, ReadOnlySpan<byte> untrusted)
    {
        byte first = untrusted[0];
        if (first < 0x80)
        {
            AppendAscii(text, first, untrusted.Length > 1 && untrusted[1] is >= (byte)'0' and <= (byte)'7');
            return 1;
        }

        bool shown = IsPrintable(untrusted, out int length);
        for (int i = 0; i < length; i++)
        {
            if (shown)
            {
                text.Append(untrusted[i]);
            }
            else
            {
                AppendOctal(text, untrusted[i]);
            }
        }

        return length;
    }

    /// <summary>True when the bytes are text: printable UTF-8, line ends, tabs and NULs, as kdump decides.</summary>
    /// <param name="untrusted">The bytes.</param>
    /// <param name="cut">They are the beginning of more: an unfinished character at the end does not count.</param>
    public static bool IsText(ReadOnlySpan<byte> untrusted, bool cut)
    {
        while (true)
        {
            int other = untrusted.IndexOfAnyExcept(PlainOrNewline);
            if (other < 0)
            {
                return true;
            }

            untrusted = untrusted[other..];
            if (untrusted[0] < 0x80)
            {
                return false;
            }

            if (!IsPrintable(untrusted, out int length))
            {
                return cut && Rune.DecodeFromUtf8(untrusted, out _, out _) == OperationStatus.NeedMoreData;
            }

            untrusted = untrusted[length..];
        }
    }

    private static bool IsPrintable(ReadOnlySpan<byte> untrusted, out int length) =>
        Rune.DecodeFromUtf8(untrusted, out var rune, out length) == OperationStatus.Done
        && Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse
            or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    private static void AppendAscii(TextBuffer text, byte character, bool octalFollows)
    {
        switch (character)
        {
            case (byte)'"': text.Append("\\\""u8); break;
            case (byte)'\\': text.Append("\\\\"u8); break;
            case (byte)'\n': text.Append("\\n"u8); break;
            case (byte)'\t': text.Append("\\t"u8); break;
            case (byte)'\r': text.Append("\\r"u8); break;
            case (byte)'\a': text.Append("\\a"u8); break;
            case (byte)'\b': text.Append("\\b"u8); break;
            case (byte)'\v': text.Append("\\v"u8); break;
            case (byte)'\f': text.Append("\\f"u8); break;
            case 0 when !octalFollows: text.Append("\\0"u8); break;
            case >= 0x20 and < 0x7f: text.Append(character); break;
            default: AppendOctal(text, character); break;
        }
    }

    private static void AppendOctal(TextBuffer text, byte value)
    {
        text.Append((byte)'\\');
        text.Append((byte)('0' + (value >> 6)));
        text.Append((byte)('0' + ((value >> 3) & 7)));
        text.Append((byte)('0' + (value & 7)));
    }

    private static byte[] Printable(ReadOnlySpan<byte> except)
    {
        var bytes = new List<byte>();
        for (byte b = 0x20; b < 0x7f; b++)
        {
            if (!except.Contains(b))
            {
                bytes.Add(b);
            }
        }

        return [.. bytes];
    }
}
