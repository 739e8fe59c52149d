namespace Tracer.Records;

/// <summary>
/// Shows records in kdump's line shape: <c>pid(6) [tid(6)] comm(8..19) [times] OP  detail</c>; data on lines of its own below.
/// Nothing is allocated per record.
/// </summary>
/// <remarks>What comes from a traced program is escaped, so that each line of output is one that Tracer made.</remarks>
public sealed partial class KdumpText : IRecordText
{
    private const int ThreadColumns = 6;

    private readonly TraceView _trace;
    private readonly RecordTextOptions _options;
    private readonly bool _hasTimes;
    private long _firstNs;
    private long _previousNs;
    private bool _shown;

    /// <summary>A writer of lines. It remembers the times of what it has shown.</summary>
    public KdumpText(TraceView trace, RecordTextOptions options)
    {
        _trace = trace;
        _options = options;
        _hasTimes = options.ShowAbsolute || options.ShowElapsed || options.ShowRelative;
    }

    /// <inheritdoc/>
    public void Write(ProcessView process, RecordDecoder record, TextBuffer text)
    {
        text.Append(process.PidColumn.Span);
        if (_options.ShowThread)
        {
            text.AppendDecimal(record.Tid, ThreadColumns);
            text.Append((byte)' ');
        }

        text.Append(process.CommColumn.Span);
        if (_hasTimes)
        {
            AppendTimes(record.TimeNs, text);
        }

        switch (record.Kind)
        {
            case RecordKind.Syscall:
                text.Append("CALL  "u8);
                AppendCall(process, record, text);
                text.Append((byte)'\n');
                break;
            case RecordKind.Sysret:
                text.Append("RET   "u8);
                AppendReturn(process, record, text);
                text.Append((byte)'\n');
                break;
            default:
                AppendTag(record.Kind, text);
                AppendPayload(record, text);
                break;
        }
    }

    private void AppendTimes(long timeNs, TextBuffer text)
    {
        if (!_shown)
        {
            _shown = true;
            _firstNs = timeNs;
            _previousNs = timeNs;
        }

        if (_options.ShowAbsolute)
        {
            text.AppendSeconds(_trace.ToRealtimeNs(timeNs));
            text.Append((byte)' ');
        }

        if (_options.ShowElapsed)
        {
            text.AppendSeconds(unchecked(timeNs - _firstNs));
            text.Append((byte)' ');
        }

        if (_options.ShowRelative)
        {
            text.AppendSeconds(unchecked(timeNs - _previousNs));
            text.Append((byte)' ');
        }

        _previousNs = timeNs;
    }

    private static void AppendTag(RecordKind kind, TextBuffer text)
    {
        const int TagColumns = 6;
        int start = text.Length;
        var tag = RecordWords.Tag(kind);
        if (tag.IsEmpty)
        {
            text.Append((byte)'#');
            text.AppendDecimal((long)kind);
        }
        else
        {
            text.Append(tag);
        }

        do
        {
            text.Append((byte)' ');
        }
        while (text.Length - start < TagColumns);
    }

    private void AppendPayload(RecordDecoder record, TextBuffer text)
    {
        int start = text.Length;
        try
        {
            AppendKnownPayload(record, text);
        }
        catch (RecordFormatException e)
        {
            text.Length = start;
            text.Append("damaged: ");
            text.Append(e.Message);
            text.Append((byte)'\n');
            AppendHexDump(record.Payload, text);
        }
    }

    private void AppendKnownPayload(RecordDecoder record, TextBuffer text)
    {
        var payload = record.Payload;
        switch (record.Kind)
        {
            case RecordKind.Namei:
                AppendName(NameiSpans.Read(payload), text);
                break;
            case RecordKind.Genio:
                AppendData(GenioSpans.Read(payload), text);
                return;
            case RecordKind.Psig:
                AppendSignal(Payloads.PsigPayload.Read(payload), text);
                break;
            case RecordKind.Args or RecordKind.Envs:
                AppendStrings(payload, text);
                break;
            case RecordKind.ProcCtor:
                AppendBirth(Payloads.ProcCtorPayload.Read(payload), text);
                break;
            case RecordKind.ProcDtor:
                AppendDeath(Payloads.ProcDtorPayload.Read(payload), text);
                break;
            case RecordKind.ProcInfo:
                AppendInfo(ProcInfoSpans.Read(payload), text);
                break;
            case RecordKind.Drop:
                AppendDrop(Payloads.DropPayload.Read(payload), text);
                break;
            case RecordKind.Held:
                AppendHeld(Payloads.HeldPayload.Read(payload), text);
                break;
            case RecordKind.End:
                AppendEnd(Payloads.EndPayload.Read(payload), text);
                break;
            case RecordKind.Clock:
                AppendClock(Payloads.ClockPayload.Read(payload), text);
                break;
            case RecordKind.Blind:
                text.Append(VerifyWords.Of(Payloads.BlindPayload.Read(payload).Reason));
                break;
            case RecordKind.Gap when payload.IsEmpty:
                text.Append("not traced from here on, until the next record"u8);
                break;
            default:
                text.AppendDecimal((long)payload.Length);
                text.Append(" bytes\n"u8);
                AppendHexDump(payload, text);
                return;
        }

        text.Append((byte)'\n');
    }
}
