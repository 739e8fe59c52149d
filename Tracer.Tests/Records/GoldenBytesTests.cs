using Tracer.Records;
using Tracer.Records.Payloads;
using Tracer.Tests.Support;

namespace Tracer.Tests.Records;

/// <summary>
/// The bytes as FORMAT.md has them. When one of these fails, stored traces can't be read any more: raise the version, keep reading the old one.
/// </summary>
public sealed class GoldenBytesTests
{
    private static readonly ProcessIdentity Process = new(4711, 1, 99);

    [Fact]
    public void Psig_Golden_ReadsAndWrites()
    {
        var payload = new PsigPayload(11, 1, 0, SignalAction.Caught, 0, 0, 0xdeadbeef);
        AssertGolden("160200020000effdb6f50d", payload.Write, bytes => Assert.Equal(payload, PsigPayload.Read(bytes)));
    }

    [Fact]
    public void ProcCtor_Golden_ReadsAndWrites()
    {
        var payload = new ProcCtorPayload(BirthReason.Exec, 0xC000003E, 4710, 4712);
        AssertGolden("04be8080800ccc49d049", payload.Write, bytes => Assert.Equal(payload, ProcCtorPayload.Read(bytes)));
    }

    [Fact]
    public void ProcDtor_Golden_ReadsAndWrites()
    {
        var payload = new ProcDtorPayload(0x100, 1000, 2000, 3000, 4, 5, 6, 7, 8, 9);
        AssertGolden("8004d00fa01ff02e080a0c0e1012", payload.Write, bytes => Assert.Equal(payload, ProcDtorPayload.Read(bytes)));
    }

    [Fact]
    public void ProcInfo_Golden_ReadsAndWrites()
    {
        var payload = new ProcInfoPayload(
            1, 2, 3, 4, new(1000, 1001, 1002, 1003), new(5, 6, 7, 8), 0xffffffff, "sh", "/bin/sh", "/", "/a", "sh\0-c\0"u8.ToArray());
        AssertGolden(
            "02040608e807e907ea07eb0705060708ffffffff0f027368072f62696e2f7368012f022f61067368002d6300",
            payload.Write,
            bytes =>
            {
                var read = ProcInfoPayload.Read(bytes);
                Assert.Equal(payload.Arguments.ToArray(), read.Arguments.ToArray());
                Assert.Equal(payload with { Arguments = default }, read with { Arguments = default });
            });
    }

    [Fact]
    public void Drop_Golden_ReadsAndWrites()
    {
        var known = new DropPayload(RecordKind.Psig, 300, 1000, 2000, DropReason.PoolFull);
        AssertGolden("050101ac02d00fa01f", known.Write, bytes => Assert.Equal(known, DropPayload.Read(bytes)));
        var unknown = new DropPayload(RecordKind.None, null, -1, 2, DropReason.RecorderDied);
        AssertGolden("000300000104", unknown.Write, bytes => Assert.Equal(unknown, DropPayload.Read(bytes)));
    }

    [Fact]
    public void Held_Golden_ReadsAndWrites()
    {
        var payload = new HeldPayload(HoldReason.NoBlock, 5_000_000);
        AssertGolden("0180ade204", payload.Write, bytes => Assert.Equal(payload, HeldPayload.Read(bytes)));
    }

    [Fact]
    public void End_Golden_ReadsAndWrites()
    {
        var known = new EndPayload(EndReason.Exit, 1000, 900, 0, 12345, 3);
        AssertGolden("01e80784070100f2c00103", known.Write, bytes => Assert.Equal(known, EndPayload.Read(bytes)));
        var unknown = new EndPayload(EndReason.RecorderDied, 10, 9, null, 0, 0);
        AssertGolden("040a0900000000", unknown.Write, bytes => Assert.Equal(unknown, EndPayload.Read(bytes)));
    }

    [Fact]
    public void Clock_Golden_ReadsAndWrites()
    {
        var payload = new ClockPayload(1_700_000_000_000_000_000, 123_456_789);
        AssertGolden("8080d0e2c6bfce972faab4de75", payload.Write, bytes => Assert.Equal(payload, ClockPayload.Read(bytes)));
    }

    [Fact]
    public void Blind_Golden_ReadsAndWrites()
    {
        var payload = new BlindPayload(BlindReason.IoUring);
        AssertGolden("01", payload.Write, bytes => Assert.Equal(payload, BlindPayload.Read(bytes)));
    }

    /// <summary>Each form of a record: bytes of the body, of the times, and what a reader says.</summary>
    [Theory]
    [InlineData("010641010a", "00", "1 Syscall 4711 @1000 3(5)")]
    [InlineData("010641010a01060001060104", "0103f400", "1 Syscall 4711 @1000 3(5)|2 Syscall 4711 @1500 3(5)|3 Syscall 4711 @1501 3(7)")]
    [InlineData("014e4000", "00", "1 Syscall 4711 @1000 39()")]
    [InlineData("01017f06020406080a01", "00", "1 Syscall 4711 @1000 -1(1,2,3,4,5,18446744073709551615)")]
    [InlineData("010641010a0211", "02ac00", "1 Syscall 4711 @1000 3(5)|2 Sysret 4711 @1300 3=-9")]
    [InlineData("82820406", "00", "1 Sysret 4711 @1000 257=3")]
    [InlineData("21020641010a21010600", "0000", "1 Syscall 4712 @1000 3(5)|2 Syscall 4711 @1000 3(5)")]
    [InlineData("46030101", "00", "1 Csw 4711 @1000 cpu3 01")]
    [InlineData("0305012f657463", "00", "1 Namei 4711 @1000 012f657463")]
    [InlineData("040402016869", "00", "1 Genio 4711 @1000 02016869")]
    [InlineData("0406080280026869", "00", "1 Genio 4711 @1000 080280026869")]
    [InlineData("010641010a1cac02010600", "0000", "1 Syscall 4711 @1000 3(5)|2 Syscall 4711 @700 3(5)")]
    [InlineData("190101", "00", "1 70 4711 @1000 01")]
    [InlineData("1fc802aabb", "00", "1 200 4711 @1000 aabb")]
    public void Record_Golden_Decodes(string body, string times, string expected)
    {
        expected = expected.Replace(" 70 ", $" {RecordKind.Blind} ", StringComparison.Ordinal);
        Assert.Equal(expected, Decode(MakeBlock(body, times, expected.Count(c => c == '|') + 1)));
    }

    [Fact]
    public void Fragments_Golden_Join()
    {
        var decoder = new RecordDecoder();
        decoder.Load(MakeBlock("b00209616263646566676869", "00", 1));
        Assert.False(decoder.MoveNext());
        Assert.True(decoder.IsPartial);
        decoder.Load(MakeBlock("1d076a6b6c6d6e6f70010641010a", "00", 1, firstSeq: 2, continues: true, baseTimeNs: 3000));
        Assert.True(decoder.MoveNext());
        Assert.Equal("1 Args 4712 @1000 6162636465666768696a6b6c6d6e6f70", Describe(decoder));
        Assert.True(decoder.MoveNext());
        Assert.Equal("2 Syscall 4711 @3000 3(5)", Describe(decoder));
    }

    /// <summary>The worked example of FORMAT.md. Its frame is stored as it is: too small to gain by compression.</summary>
    [Fact]
    public void Segment_Golden_ReadsAndWrites()
    {
        const string Golden =
            "54725367" + "01000000" + "67000000" // magic, version, length of the head
            + "019a0000000070008000000000000001" + "019a0000000070008000000000000002" // trace, pool
            + "0000000000000000000000000000000000000000000000000000000000000000" // hash of the segment before
            + "01" + "01" + "01" + "00" // epoch, ordinal, committed through, beyond
            + "03" + "02" + "00" + "13" + "01" + "00" + "c08b7a" // records, events, dropped, raw bytes, processes, stored before, last time
            + "01" + "20" + "20" + "4ea78d36" // one frame: raw length, stored length, CRC-32C
            + "01" + "0e" + "00" + "f80a" + "00" + "00" + "01" + "01" + "04" + "8680808040" + "c88a7a" + "78" // one process
            + "af796854" // CRC-32C of all before
            + "01" + "05" + "00" + "02" + "00" + "03" + "01" + "00" + "00" + "78" + "77" + "10" + "03" // one block
            + "010641010a0200150701030201000e01" + "0a3200"; // its body, its times
        var trace = new TraceBuilder { Time = 1_000_000 };
        trace.Call(7, 3, 5).End(7, 2).Seal().Commit();
        Assert.Equal(Golden, Convert.ToHexStringLower(trace.Segments[0]));
        var segment = Segment.Parse(Convert.FromHexString(Golden), "segment 1");
        Assert.Equal("a6caee800c64ce4545379852a92c1a83c39792e4988cea5b6ae61694e979deda", Convert.ToHexStringLower(segment.Hash));
        var block = Assert.Single(segment.ReadBlocks());
        Assert.Equal((1UL, 1UL, 3, 2), (block.Number, block.FirstSeq, block.Count, block.Events));
        Assert.Equal((1_000_100L, 1_000_160L, 1_000_100L), (block.BaseTimeNs, block.LastTimeNs, block.LowWaterNs));
        Assert.Equal("1 Syscall 7 @1000100 3(5)|2 Sysret 7 @1000150 3=0|3 End 7 @1000160 01030201000e01", Decode(block));
        Assert.Equal(VerifyVerdict.Complete, trace.Verify(trace.Close()).Verdict);
    }

    [Fact]
    public void Events_GoldenJson_ReadsAndWrites()
    {
        const string Header =
            """
            {"version":1,"traceId":"019a0000-0000-7000-8000-000000000001","number":1,"name":null,"command":["true"],"points":"acinstuxy",
            "notCovered":["u: no source"],"policy":"window","collector":"ptrace","genioSize":256,"host":"h","machineId":"","bootId":"",
            "machine":3221225534,"uid":0,"startedRealtimeNs":0,"startedMonotonicNs":0,"tracerVersion":"0"}
            """;
        var trace = new TraceBuilder();
        Assert.Equal(Header.ReplaceLineEndings(""), System.Text.Encoding.UTF8.GetString(trace.Header.ToJson()));
        Assert.Equal(trace.Header.TraceId, TraceHeader.FromJson(System.Text.Encoding.UTF8.GetBytes(Header)).TraceId);
        const string End = """{"version":1,"reason":"ended","waitStatus":0,"endedRealtimeNs":1,"blocks":0,"segments":0,"lastHash":""}""";
        Assert.Equal(End, System.Text.Encoding.UTF8.GetString(trace.Close().ToJson()));
        Assert.Equal(trace.Close(), TraceEnd.FromJson(System.Text.Encoding.UTF8.GetBytes(End)));
        Assert.Throws<RecordFormatException>(() => TraceEnd.FromJson(System.Text.Encoding.UTF8.GetBytes(End.Replace(":1,", ":2,", StringComparison.Ordinal))));
        Assert.Throws<RecordFormatException>(() => TraceEnd.FromJson(System.Text.Encoding.UTF8.GetBytes(End[..^2])));
    }

    /// <summary>Kinds are stored as numbers and as bits.</summary>
    [Theory]
    [InlineData(RecordKind.Syscall, 1, 1, 1)]
    [InlineData(RecordKind.ExtErr, 18, 18, 18)]
    [InlineData(RecordKind.Drop, 64, 19, 32)]
    [InlineData(RecordKind.Held, 65, 20, 33)]
    [InlineData(RecordKind.End, 66, 21, 34)]
    [InlineData(RecordKind.Clock, 67, 22, 35)]
    [InlineData(RecordKind.ProcInfo, 68, 23, 36)]
    [InlineData(RecordKind.Gap, 69, 24, 37)]
    [InlineData(RecordKind.Blind, 70, 25, 38)]
    [InlineData(RecordKind.Redacted, 71, 26, 39)]
    [InlineData(RecordKind.Stack, 72, 27, 40)]
    public void Kind_Golden_NumberCodeAndBit(RecordKind kind, int number, int code, int bit)
    {
        Assert.Equal(number, (int)kind);
        Assert.Equal(code, RecordTag.CodeOf(kind));
        Assert.Equal(kind, RecordTag.KindOf(code));
        Assert.Equal(1UL << bit, RecordKinds.Bit(kind));
    }

    private delegate int Writer(Span<byte> destination);

    private static void AssertGolden(string hex, Writer write, Action<byte[]> read)
    {
        byte[] bytes = new byte[200];
        Assert.Equal(hex, Convert.ToHexStringLower(bytes.AsSpan(0, write(bytes))));
        byte[] golden = Convert.FromHexString(hex);
        read(golden);
        for (int length = 0; length < golden.Length; length++)
        {
            Assert.Throws<RecordFormatException>(() => read(golden[..length]));
        }
    }

    private static Block MakeBlock(string body, string times, int count, ulong firstSeq = 1, bool continues = false, long baseTimeNs = 1000) => new()
    {
        Number = 1,
        Process = Process,
        FirstSeq = firstSeq,
        Count = count,
        Events = 0,
        Dropped = 0,
        Kinds = 0,
        BaseTimeNs = baseTimeNs,
        LastTimeNs = 0,
        LowWaterNs = 0,
        HasSync = true,
        Continues = continues,
        Body = Convert.FromHexString(body),
        Times = Convert.FromHexString(times),
    };

    private static string Decode(Block block)
    {
        var decoder = new RecordDecoder();
        decoder.Load(block);
        var records = new List<string>();
        while (decoder.MoveNext())
        {
            records.Add(Describe(decoder));
        }

        return string.Join('|', records);
    }

    private static string Describe(RecordDecoder r) =>
        $"{r.Seq} {r.Kind} {r.Tid} @{r.TimeNs} {(r.Cpu >= 0 ? $"cpu{r.Cpu} " : "")}" + r.Kind switch
        {
            RecordKind.Syscall => $"{r.Number}({string.Join(',', r.Arguments.ToArray())})",
            RecordKind.Sysret => $"{r.Number}={r.Result}",
            _ => Convert.ToHexStringLower(r.Payload),
        };
}
