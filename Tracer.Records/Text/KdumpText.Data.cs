namespace Tracer.Records;

// Data that was read and written: GIO, and the payload of kinds that have no text of their own.
public sealed partial class KdumpText
{
    /// <summary>kdump's width when there is no terminal: always, so that output does not depend on where it goes.</summary>
    private const int Columns = 80;
    private const int BytesPerLine = 16;

    private static ReadOnlySpan<byte> Indent => "       "u8;

    private void AppendData(in GenioSpans io, TextBuffer text)
    {
        text.Append("fd "u8);
        text.AppendDecimal((long)io.Fd);
        text.Append(io.IsWrite ? " wrote "u8 : " read "u8);
        AppendCount(io.Length, text);
        bool cut = (ulong)io.Data.Length != io.Length;
        if (cut)
        {
            text.Append(", first "u8);
            AppendCount((ulong)io.Data.Length, text);
            text.Append(" kept"u8);
        }

        var data = io.Data;
        if (!_options.HideData && data.Length > _options.MaxData)
        {
            data = data[.._options.MaxData];
            cut = true;
            text.Append(", first "u8);
            text.AppendDecimal((long)data.Length);
            text.Append(" shown"u8);
        }

        text.Append((byte)'\n');
        if (_options.HideData || data.IsEmpty)
        {
            return;
        }

        if (EscapedText.IsText(data, cut))
        {
            AppendTextLines(data, text);
        }
        else
        {
            AppendHexLines(data, text);
        }
    }

    private static void AppendCount(ulong count, TextBuffer text)
    {
        text.AppendDecimal(count);
        text.Append(count == 1 ? " byte"u8 : " bytes"u8);
    }

    /// <summary>Each line is a string of its own, as C joins them; one ends where the data has a line end, or where it is full.</summary>
    private static void AppendTextLines(ReadOnlySpan<byte> data, TextBuffer text)
    {
        while (!data.IsEmpty)
        {
            text.Append(Indent);
            text.Append((byte)'"');
            data = data[AppendTextLine(data, text)..];
            text.Append("\"\n"u8);
        }
    }

    private static int AppendTextLine(ReadOnlySpan<byte> data, TextBuffer text)
    {
        int limit = text.Length + Columns - Indent.Length - 2;
        int used = 0;
        while (used < data.Length)
        {
            int before = text.Length;
            int length = EscapedText.AppendOne(text, data[used..]);
            if (text.Length > limit)
            {
                text.Length = before;
                break;
            }

            used += length;
            if (data[used - 1] == '\n')
            {
                break;
            }
        }

        return used;
    }

    private void AppendHexDump(ReadOnlySpan<byte> data, TextBuffer text)
    {
        if (!_options.HideData)
        {
            AppendHexLines(data[..Math.Min(data.Length, _options.MaxData)], text);
        }
    }

    /// <summary><c>0x0000 7f45 4c46 ... |.ELF...|</c>, sixteen bytes a line.</summary>
    private static void AppendHexLines(ReadOnlySpan<byte> data, TextBuffer text)
    {
        for (int at = 0; at < data.Length; at += BytesPerLine)
        {
            text.Append(Indent);
            text.Append("0x"u8);
            for (int shift = at > 0xffff ? 20 : 12; shift >= 0; shift -= 4)
            {
                text.Append(Digit(at >> shift));
            }

            var line = data[at..Math.Min(at + BytesPerLine, data.Length)];
            for (int i = 0; i < BytesPerLine; i++)
            {
                if (i % 2 == 0)
                {
                    text.Append((byte)' ');
                }

                text.Append(i < line.Length ? Digit(line[i] >> 4) : (byte)' ');
                text.Append(i < line.Length ? Digit(line[i]) : (byte)' ');
            }

            text.Append("  |"u8);
            foreach (byte b in line)
            {
                text.Append(b is >= 0x20 and < 0x7f ? b : (byte)'.');
            }

            text.Append("|\n"u8);
        }
    }

    private static byte Digit(int value) => "0123456789abcdef"u8[value & 0xf];
}
