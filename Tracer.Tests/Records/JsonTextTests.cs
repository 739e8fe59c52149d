using System.Text.Json;
using Tracer.Records;
using Tracer.Records.Payloads;
using Tracer.Tests.Support;

namespace Tracer.Tests.Records;

public sealed class JsonTextTests : IDisposable
{
    private readonly RecordedTrace _trace = new();

    public void Dispose() => _trace.Dispose();

    [Fact]
    public void Call_AndReturn_AreObjects()
    {
        string[] lines = Lines(_trace.Open(4711, "/a", -2));

        Assert.Equal(
            [
                """{"v":1,"pid":4711,"tid":4711,"comm":"cat","seq":1,"time":5000001000,"realtime":"2023-11-14T22:13:20.000001000Z","kind":"syscall","name":"openat","number":257,"args":["0xffffffffffffff9c","0x7ffc20","0x80000","0x0"],"args_text":["AT_FDCWD","0x7ffc20","0x80000<O_RDONLY|O_CLOEXEC>"]}""",
                """{"v":1,"pid":4711,"tid":4711,"comm":"cat","seq":2,"time":5000001100,"realtime":"2023-11-14T22:13:20.000001100Z","kind":"namei","argument":1,"path":"/a","cut":false}""",
                """{"v":1,"pid":4711,"tid":4711,"comm":"cat","seq":3,"time":5000001600,"realtime":"2023-11-14T22:13:20.000001600Z","kind":"sysret","name":"openat","number":257,"result":-2,"errno":2,"error":"ENOENT"}""",
            ],
            lines);
    }

    [Fact]
    public void Call_First_HasNoPayloadAndIsShown() =>
        Assert.Equal("getpid", Objects(_trace.Call(1, 39, [], 1))[0].GetProperty("name").GetString());

    [Fact]
    public void Bytes_NoUtf8_AreBase64InASiblingField()
    {
        _trace.Io(1, 3, [0xff, 0xfe]).Io(1, 3, "a\u001b\n"u8, length: 100);

        var objects = Objects(_trace);

        Assert.False(objects[1].TryGetProperty("data", out _));
        Assert.Equal([0xff, 0xfe], objects[1].GetProperty("data_base64").GetBytesFromBase64());
        Assert.Equal("a\u001b\n", objects[4].GetProperty("data").GetString());
        Assert.Equal(100, objects[4].GetProperty("length").GetInt32());
        Assert.Equal(3, objects[4].GetProperty("kept").GetInt32());
    }

    [Fact]
    public void Line_OfControlBytes_HasNone()
    {
        string[] lines = Lines(_trace.Info(1, "\u001b[2J", "a\u0001").Open(1, "\u007f\u009b\n\u2028", 3));

        Assert.Equal(4, lines.Length);
        Assert.All(lines, line => Assert.DoesNotContain(line, char.IsControl));
    }

    [Fact]
    public void Strings_OneOfThemNoUtf8_AreAllBase64()
    {
        _trace.Append(1, RecordKind.Args, d => Put(d, "ls\0-l\0"u8)).Append(1, RecordKind.Envs, d => Put(d, [(byte)'a', 0, 0xff]));

        var objects = Objects(_trace);

        Assert.Equal(["ls", "-l"], objects[0].GetProperty("strings").EnumerateArray().Select(e => e.GetString()));
        Assert.False(objects[0].GetProperty("cut").GetBoolean());
        Assert.Equal(["YQ==", "/w=="], objects[1].GetProperty("strings_base64").EnumerateArray().Select(e => e.GetString()));
        Assert.True(objects[1].GetProperty("cut").GetBoolean());
    }

    [Fact]
    public void Drop_OfUnknownCount_IsNull()
    {
        _trace.Append(1, RecordKind.Drop, d => new DropPayload(RecordKind.Csw, null, 5, 6, DropReason.Kernel).Write(d));
        _trace.Append(1, RecordKind.Drop, d => new DropPayload(RecordKind.None, 7, 5, 6, DropReason.PoolFull).Write(d));

        var objects = Objects(_trace);

        Assert.Equal("csw", objects[0].GetProperty("dropped_kind").GetString());
        Assert.Equal(JsonValueKind.Null, objects[0].GetProperty("count").ValueKind);
        Assert.Equal(JsonValueKind.Null, objects[1].GetProperty("dropped_kind").ValueKind);
        Assert.Equal(7, objects[1].GetProperty("count").GetInt32());
    }

    [Fact]
    public void Kind_UnknownOrDamaged_HasItsBytes()
    {
        _trace.Append(1, (RecordKind)200, d => Put(d, "xyz"u8)).Append(1, RecordKind.End, d => Put(d, [0x80]));

        var objects = Objects(_trace);

        Assert.Equal("unknown", objects[0].GetProperty("kind").GetString());
        Assert.Equal(200, objects[0].GetProperty("kind_number").GetInt32());
        Assert.Equal("xyz"u8, objects[0].GetProperty("payload_base64").GetBytesFromBase64());
        Assert.StartsWith("End payload", objects[1].GetProperty("damaged").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Document_OfJson_NamesEveryField()
    {
        string document = File.ReadAllText(Path.Combine(Repository.Root, "docs", "json.md"));
        var payloads = new (RecordKind Kind, Func<byte[], int> Write)[]
        {
            (RecordKind.Psig, d => new PsigPayload(2, 0, 0, SignalAction.Caught, 1, 1, 1).Write(d)),
            (RecordKind.ProcCtor, d => new ProcCtorPayload(BirthReason.Start, MachineExtensions.AuditArchX64, 0, 0).Write(d)),
            (RecordKind.ProcDtor, d => new ProcDtorPayload(0, 0, 0, 0, 0, 0, 0, 0, 0, 0).Write(d)),
            (RecordKind.ProcDtor, d => new ProcDtorPayload(9, 0, 0, 0, 0, 0, 0, 0, 0, 0).Write(d)),
            (RecordKind.Drop, d => new DropPayload(RecordKind.Csw, 1, 0, 0, DropReason.Stall).Write(d)),
            (RecordKind.Held, d => new HeldPayload(HoldReason.Birth, 1).Write(d)),
            (RecordKind.Clock, d => new ClockPayload(1, 1).Write(d)),
            (RecordKind.Blind, d => new BlindPayload(BlindReason.Abi).Write(d)),
            (RecordKind.Args, d => Put(d, "a\0"u8)),
            ((RecordKind)200, d => Put(d, [0xff])),
            (RecordKind.End, d => new EndPayload(EndReason.Exit, 1, 1, 1, 1, 1).Write(d)),
        };
        _trace.Open(1, "/a", -2).Io(1, 3, "a"u8).Info(1, "ls", "ls");
        foreach (var (kind, write) in payloads)
        {
            _trace.Append(1, kind, write);
        }

        var missing = Objects(_trace).SelectMany(o => o.EnumerateObject()).Select(p => p.Name).Distinct()
            .Where(name => !document.Contains($"`{name}`", StringComparison.Ordinal));

        Assert.Empty(missing);
    }

    private static int Put(byte[] destination, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(destination);
        return bytes.Length;
    }

    private static string[] Lines(RecordedTrace trace)
    {
        var view = new TraceView(trace.Header);
        using var text = new JsonText(view, new());
        return ShownRecords.Of(trace, view, text);
    }

    private static List<JsonElement> Objects(RecordedTrace trace) => [.. Lines(trace).Select(line => JsonDocument.Parse(line).RootElement)];
}
