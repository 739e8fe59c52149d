using System.Buffers;
using System.Text.Json;

namespace Tracer.Records;

/// <summary>
/// Writes and reads the JSON of <see cref="TraceHeader"/> and <see cref="TraceEnd"/> by hand: with the serializer, some 250 methods
/// are compiled at each start, which is a good part of what <c>ls</c> takes.
/// </summary>
internal static class TraceHeaderJson
{
    public static byte[] Write(TraceHeader header)
    {
        var bytes = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(bytes);
        json.WriteStartObject();
        json.WriteNumber("version"u8, header.Version);
        json.WriteString("traceId"u8, header.TraceId);
        json.WriteNumber("number"u8, header.Number);
        json.WriteString("name"u8, header.Name);
        WriteList(json, "command"u8, header.Command);
        json.WriteString("points"u8, header.Points);
        WriteList(json, "notCovered"u8, header.NotCovered);
        json.WriteString("policy"u8, header.Policy);
        json.WriteString("collector"u8, header.Collector);
        json.WriteNumber("genioSize"u8, header.GenioSize);
        json.WriteString("host"u8, header.Host);
        json.WriteString("machineId"u8, header.MachineId);
        json.WriteString("bootId"u8, header.BootId);
        json.WriteNumber("machine"u8, header.Machine);
        json.WriteNumber("uid"u8, header.Uid);
        json.WriteNumber("startedRealtimeNs"u8, header.StartedRealtimeNs);
        json.WriteNumber("startedMonotonicNs"u8, header.StartedMonotonicNs);
        json.WriteString("tracerVersion"u8, header.TracerVersion);
        json.WriteEndObject();
        json.Flush();
        return bytes.WrittenSpan.ToArray();
    }

    public static byte[] Write(TraceEnd end)
    {
        var bytes = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(bytes);
        json.WriteStartObject();
        json.WriteNumber("version"u8, end.Version);
        json.WriteString("reason"u8, end.Reason);
        if (end.WaitStatus is { } status)
        {
            json.WriteNumber("waitStatus"u8, status);
        }
        else
        {
            json.WriteNull("waitStatus"u8);
        }

        json.WriteNumber("endedRealtimeNs"u8, end.EndedRealtimeNs);
        json.WriteNumber("blocks"u8, end.Blocks);
        json.WriteNumber("segments"u8, end.Segments);
        json.WriteString("lastHash"u8, end.LastHash);
        json.WriteEndObject();
        json.Flush();
        return bytes.WrittenSpan.ToArray();
    }

    public static TraceHeader ReadHeader(ReadOnlySpan<byte> untrusted)
    {
        var fields = new Fields(untrusted, "trace header", TraceHeader.CurrentVersion);
        return new TraceHeader
        {
            Version = fields.Version,
            TraceId = fields.Required("traceId", e => e.GetGuid()),
            Number = fields.Required("number", e => e.GetInt32()),
            Name = fields.Optional("name", e => e.GetString()),
            Command = fields.Required("command", List),
            Points = fields.Required("points", Text),
            NotCovered = fields.Optional("notCovered", List) ?? [],
            Policy = fields.Required("policy", Text),
            Collector = fields.Required("collector", Text),
            GenioSize = fields.Required("genioSize", e => e.GetInt32()),
            Host = fields.Required("host", Text),
            MachineId = fields.Required("machineId", Text),
            BootId = fields.Required("bootId", Text),
            Machine = fields.Required("machine", e => e.GetUInt32()),
            Uid = fields.Required("uid", e => e.GetUInt32()),
            StartedRealtimeNs = fields.Required("startedRealtimeNs", e => e.GetInt64()),
            StartedMonotonicNs = fields.Required("startedMonotonicNs", e => e.GetInt64()),
            TracerVersion = fields.Required("tracerVersion", Text),
        };
    }

    public static TraceEnd ReadEnd(ReadOnlySpan<byte> untrusted)
    {
        var fields = new Fields(untrusted, "trace end", TraceEnd.CurrentVersion);
        return new TraceEnd
        {
            Version = fields.Version,
            Reason = fields.Required("reason", Text),
            WaitStatus = fields.Optional("waitStatus", e => (int?)e.GetInt32()),
            EndedRealtimeNs = fields.Required("endedRealtimeNs", e => e.GetInt64()),
            Blocks = fields.Required("blocks", e => e.GetUInt64()),
            Segments = fields.Required("segments", e => e.GetUInt64()),
            LastHash = fields.Required("lastHash", Text),
        };
    }

    private static string Text(JsonElement element) => element.GetString() ?? throw new FormatException();

    private static IReadOnlyList<string> List(JsonElement element)
    {
        string[] list = new string[element.GetArrayLength()];
        int i = 0;
        foreach (var item in element.EnumerateArray())
        {
            list[i++] = Text(item);
        }

        return list;
    }

    private static void WriteList(Utf8JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyList<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }

    /// <summary>The fields of an object, untrusted: whatever is wrong with one is an error that names it.</summary>
    private sealed class Fields
    {
        private readonly JsonElement _object;
        private readonly string _where;

        public Fields(ReadOnlySpan<byte> untrusted, string where, int currentVersion)
        {
            _where = where;
            try
            {
                var reader = new Utf8JsonReader(untrusted);
                _object = JsonElement.ParseValue(ref reader);
            }
            catch (JsonException e)
            {
                throw new RecordFormatException(where, e.BytePositionInLine ?? 0, $"it is not the JSON of a {where}");
            }

            if (_object.ValueKind != JsonValueKind.Object)
            {
                throw new RecordFormatException(where, 0, $"it is not the JSON of a {where}");
            }

            Version = Optional("version", e => (int?)e.GetInt32()) ?? currentVersion;
            if (Version > currentVersion)
            {
                throw new RecordFormatException(where, 0, $"version {Version}; this Tracer reads up to {currentVersion}");
            }
        }

        public int Version { get; }

        public T Required<T>(string name, Func<JsonElement, T> read) =>
            _object.TryGetProperty(name, out var element)
                ? Read(name, element, read)
                : throw new RecordFormatException(_where, 0, $"it has no {name}");

        public T? Optional<T>(string name, Func<JsonElement, T> read) =>
            _object.TryGetProperty(name, out var element) && element.ValueKind != JsonValueKind.Null ? Read(name, element, read) : default;

        private T Read<T>(string name, JsonElement element, Func<JsonElement, T> read)
        {
            try
            {
                return read(element);
            }
            catch (Exception e) when (e is InvalidOperationException or FormatException)
            {
                throw new RecordFormatException(_where, 0, $"its {name} can't be read");
            }
        }
    }
}
