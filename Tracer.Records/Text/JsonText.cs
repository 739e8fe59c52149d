using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Tracer.Records;

/// <summary>
/// Shows records as JSON, one object a line (docs/json.md). Fields are added, not changed: a change of meaning raises <see cref="Version"/>.
/// </summary>
public sealed partial class JsonText : IRecordText, IDisposable
{
    /// <summary>The value of <c>v</c>.</summary>
    public const int Version = 1;

    private readonly TraceView _trace;
    private readonly RecordTextOptions _options;
    private readonly TextBuffer _scratch = new(1024);
    private readonly TextBuffer _line = new(4096);
    private readonly Utf8JsonWriter _json;

    /// <summary>A writer of lines. Of the options those on data count.</summary>
    public JsonText(TraceView trace, RecordTextOptions options)
    {
        _trace = trace;
        _options = options;

        _json = new Utf8JsonWriter(_line, Indented with { Indented = false, SkipValidation = true });
    }

    /// <summary>For JSON that people look at, too. Nothing of it goes into HTML; control characters are escaped all the same.</summary>
    public static JsonWriterOptions Indented { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Indented = true };

    /// <summary>The name of a kind; its number when this version has no name for it.</summary>
    public static string NameOf(RecordKind kind)
    {
        var name = RecordWords.Name(kind);
        return name.IsEmpty ? ((int)kind).ToString(CultureInfo.InvariantCulture) : Encoding.ASCII.GetString(name);
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    /// <inheritdoc/>
    public void Write(ProcessView process, RecordDecoder record, TextBuffer text)
    {
        try
        {
            WriteObject(process, record, damage: null);
        }
        catch (RecordFormatException e)
        {
            WriteObject(process, record, e.Message);
        }

        text.Append(_line.Written.Span);
        text.Append((byte)'\n');
    }

    private void WriteObject(ProcessView process, RecordDecoder record, string? damage)
    {
        _line.Clear();
        _json.Reset(_line);
        _json.WriteStartObject();
        _json.WriteNumber("v"u8, Version);
        _json.WriteNumber("pid"u8, process.Identity.Pid);
        _json.WriteNumber("tid"u8, record.Tid);
        if (record.Cpu >= 0)
        {
            _json.WriteNumber("cpu"u8, record.Cpu);
        }

        WriteBytes("comm"u8, "comm_base64"u8, process.Comm.Span);
        _json.WriteNumber("seq"u8, record.Seq);
        _json.WriteNumber("time"u8, record.TimeNs);
        WriteRealtime("realtime"u8, _trace.ToRealtimeNs(record.TimeNs));
        WriteKind("kind"u8, "kind_number"u8, record.Kind);
        if (damage is null)
        {
            WriteFields(process, record);
        }
        else
        {
            _json.WriteString("damaged"u8, damage);
            _json.WriteBase64String("payload_base64"u8, record.Payload);
        }

        _json.WriteEndObject();
        _json.Flush();
    }

    private void WriteKind(ReadOnlySpan<byte> name, ReadOnlySpan<byte> numberName, RecordKind kind)
    {
        var word = RecordWords.Name(kind);
        _json.WriteString(name, word.IsEmpty ? "unknown"u8 : word);
        if (word.IsEmpty)
        {
            _json.WriteNumber(numberName, (int)kind);
        }
    }

    /// <summary>A text field, or its sibling in base64 when the bytes are not UTF-8.</summary>
    private void WriteBytes(ReadOnlySpan<byte> name, ReadOnlySpan<byte> base64Name, ReadOnlySpan<byte> untrusted)
    {
        if (Utf8.IsValid(untrusted))
        {
            _json.WriteString(name, untrusted);
        }
        else
        {
            _json.WriteBase64String(base64Name, untrusted);
        }
    }

    /// <summary>Strings with a NUL after each; all of them in base64 when one is not UTF-8.</summary>
    private void WriteStrings(ReadOnlySpan<byte> name, ReadOnlySpan<byte> base64Name, ReadOnlySpan<byte> untrusted)
    {
        bool isText = Utf8.IsValid(untrusted);
        _json.WriteStartArray(isText ? name : base64Name);
        for (var rest = untrusted; !rest.IsEmpty;)
        {
            int end = rest.IndexOf((byte)0);
            var one = end < 0 ? rest : rest[..end];
            if (isText)
            {
                _json.WriteStringValue(one);
            }
            else
            {
                _json.WriteBase64StringValue(one);
            }

            rest = end < 0 ? default : rest[(end + 1)..];
        }

        _json.WriteEndArray();
    }

    private void WriteHex(ReadOnlySpan<byte> name, ulong value)
    {
        Hex(value);
        _json.WriteString(name, _scratch.Written.Span);
    }

    private void Hex(ulong value)
    {
        _scratch.Clear();
        _scratch.Append("0x"u8);
        Utf8Formatter.TryFormat(value, _scratch.Free(16), out int digits, new System.Buffers.StandardFormat('x'));
        _scratch.Advance(digits);
    }

    /// <summary>ISO 8601 in UTC with nine digits.</summary>
    private void WriteRealtime(ReadOnlySpan<byte> name, long realtimeNs)
    {
        const long PerSecond = 1_000_000_000;
        long seconds = Math.DivRem(realtimeNs, PerSecond, out long nanoseconds);
        if (nanoseconds < 0)
        {
            nanoseconds += PerSecond;
            seconds--;
        }

        _scratch.Clear();
        DateTime.UnixEpoch.AddSeconds(seconds).TryFormat(_scratch.Free(32), out int written, "s", CultureInfo.InvariantCulture);
        _scratch.Advance(written);
        _scratch.AppendFraction((uint)nanoseconds);
        _scratch.Append((byte)'Z');
        _json.WriteString(name, _scratch.Written.Span);
    }
}
