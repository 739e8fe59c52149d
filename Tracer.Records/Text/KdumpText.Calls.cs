namespace Tracer.Records;

// System calls: CALL, RET and the names of files.
public sealed partial class KdumpText
{
    private void AppendCall(ProcessView process, RecordDecoder record, TextBuffer text)
    {
        var arguments = record.Arguments;
        var machine = process.Machine;
        if (!SyscallTable.TryGet(machine, record.Number, out var call))
        {
            AppendUnknownCall(record, text);
            return;
        }

        text.Append(call.Utf8Name);
        text.Append((byte)'(');
        var kinds = call.Kinds;
        int count = call.CountMeaningful(arguments);
        for (int i = 0; i < count; i++)
        {
            if (i > 0)
            {
                text.Append((byte)',');
            }

            text.Advance(ArgumentText.Format(text.Free(ArgumentText.MaxLength), machine, kinds[i], arguments[i], _options.Raw));
        }

        text.Append((byte)')');
    }

    private static void AppendUnknownCall(RecordDecoder record, TextBuffer text)
    {
        AppendNumber(record.Number, text);
        text.Append((byte)'(');
        for (int i = 0; i < record.ArgumentCount; i++)
        {
            if (i > 0)
            {
                text.Append((byte)',');
            }

            text.AppendHex(record.Arguments[i]);
        }

        text.Append((byte)')');
    }

    private void AppendReturn(ProcessView process, RecordDecoder record, TextBuffer text)
    {
        if (SyscallTable.TryGet(process.Machine, record.Number, out var call))
        {
            text.Append(call.Utf8Name);
        }
        else
        {
            AppendNumber(record.Number, text);
        }

        text.Append((byte)' ');
        long result = record.Result;
        if (RecordWords.IsError(result))
        {
            AppendError(result, text);
            return;
        }

        text.AppendDecimal(result);
        if (result is < 0 or > 9 && !_options.Raw)
        {
            text.Append((byte)'/');
            text.AppendHex(unchecked((ulong)result));
        }
    }

    private void AppendError(long result, TextBuffer text)
    {
        if (RecordWords.IsRestart(result))
        {
            text.Append("RESTART"u8);
            return;
        }

        int errno = (int)-result;
        text.Append("-1 errno "u8);
        text.AppendDecimal((long)errno);
        var meaning = Symbols.ErrnoText(errno);
        if (!_options.Raw && !meaning.IsEmpty)
        {
            text.Append((byte)' ');
            text.Append(meaning);
        }
    }

    private static void AppendNumber(int number, TextBuffer text)
    {
        text.Append((byte)'[');
        text.AppendDecimal((long)number);
        text.Append((byte)']');
    }

    private static void AppendName(in NameiSpans name, TextBuffer text)
    {
        EscapedText.AppendQuoted(text, name.Path);
        if (name.IsCut)
        {
            text.Append("..."u8);
        }
    }

    private static void AppendStrings(ReadOnlySpan<byte> untrusted, TextBuffer text)
    {
        bool first = true;
        while (!untrusted.IsEmpty)
        {
            if (!first)
            {
                text.Append((byte)' ');
            }

            first = false;
            int end = untrusted.IndexOf((byte)0);
            if (end < 0)
            {
                EscapedText.AppendQuoted(text, untrusted);
                text.Append("..."u8);
                return;
            }

            EscapedText.AppendQuoted(text, untrusted[..end]);
            untrusted = untrusted[(end + 1)..];
        }
    }
}
