using CsCheck;
using Tracer.Records;
using Tracer.Tests.Support;

namespace Tracer.Tests.Records;

/// <summary>Damaged bytes give a <see cref="RecordFormatException"/> or what was stored, and nothing else: no other exception, no hang, no huge allocation.</summary>
public sealed class SegmentDamageTests
{
    /// <summary>What reading a few KiB may allocate, whatever they say.</summary>
    private const long MostAllocated = 24 << 20;

    private static readonly TraceBuilder Small = MakeSmall();
    private static readonly byte[] Good = Small.Segments[0];
    private static readonly string[] GoodBlocks = [.. Segment.Parse(Good, "good").ReadBlocks().Select(SegmentTests.Describe)];

    private static readonly Gen<(int At, byte To)[]> Changes =
        Gen.Select(Gen.Int[0, 1 << 20], Gen.OneOf(Gen.Byte, Gen.Const((byte)0x80), Gen.Const((byte)0xff), Gen.Const((byte)0))).Array[1, 6];

    [Fact]
    public void Parse_CutAtAnyByte_Refused()
    {
        for (int length = 0; length < Good.Length; length++)
        {
            Assert.Throws<RecordFormatException>(() => Read(Good[..length]));
        }

        Assert.Throws<RecordFormatException>(() => Read([.. Good, 0]));
    }

    [Fact]
    public void Parse_AnyBitFlipped_RefusedOrEqual()
    {
        for (int bit = 0; bit < Good.Length * 8; bit++)
        {
            byte[] bytes = [.. Good];
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            AssertRefusedOr(bytes, blocks => Assert.Equal(GoodBlocks, blocks));
        }
    }

    [Fact]
    public void Parse_AnyBytesChanged_RefusedOrEqual() => Changes.Sample(
        changes =>
        {
            byte[] bytes = [.. Good];
            Apply(bytes, changes);
            AssertRefusedOr(bytes, blocks => Assert.Equal(GoodBlocks, blocks));
        },
        iter: 5000,
        threads: 1);

    [Fact]
    public void Parse_ForgedHead_RefusedOrBounded() => Changes.Sample(
        changes => AssertRefusedOr(SegmentForge.Head(Good, head => Apply(head, changes)), blocks => Assert.True(blocks.Count < 10_000)),
        iter: 20_000,
        threads: 1);

    [Fact]
    public void ReadBlocks_ForgedFrame_RefusedOrBounded()
    {
        var whole = Segment.Parse(Good, "good");
        byte[] raw = SegmentForge.RawFrame([.. whole.ReadBlocks()], whole);
        SegmentProcess[] processes = [.. whole.Processes];
        Assert.Equal(GoodBlocks, Read(SegmentForge.Frame(whole.State, raw, processes)));
        Changes.Sample(
            changes =>
            {
                byte[] forged = [.. raw];
                Apply(forged, changes);
                AssertRefusedOr(SegmentForge.Frame(whole.State, forged, processes), blocks => Assert.True(blocks.Count < 10_000));
            },
            iter: 20_000,
            threads: 1);
    }

    [Fact]
    public void Decode_ForgedRecords_RefusedOrBounded()
    {
        var blocks = Segment.Parse(Good, "good").ReadBlocks().ToList();
        Gen.Select(Changes, Changes, Gen.Int[0, 1]).Sample(
            (bodies, times, which) =>
            {
                var decoder = new RecordDecoder();
                long records = 0;
                try
                {
                    foreach (var block in blocks)
                    {
                        byte[] body = block.Body.ToArray();
                        byte[] deltas = block.Times.ToArray();
                        Apply(which == 0 ? body : deltas, which == 0 ? bodies : times);
                        decoder.Load(With(block, body, deltas));
                        while (decoder.MoveNext())
                        {
                            records++;
                            _ = decoder.Payload.Length;
                        }

                        Assert.True(records < 100_000);
                    }
                }
                catch (RecordFormatException e)
                {
                    Assert.True(e.Offset >= 0);
                }
            },
            iter: 20_000,
            threads: 1);
    }

    [Fact]
    public void VerifyAndMerge_ForgedSegments_DoNotFail()
    {
        var whole = Segment.Parse(Good, "good");
        byte[] raw = SegmentForge.RawFrame([.. whole.ReadBlocks()], whole);
        SegmentProcess[] processes = [.. whole.Processes];
        Changes.Sample(
            changes =>
            {
                byte[] forged = [.. raw];
                Apply(forged, changes);
                byte[] bytes = SegmentForge.Frame(whole.State, forged, processes);
                Assert.Equal(VerifyVerdict.Damaged, Small.Verify(Small.Close(), [(1, bytes)]).Verdict);
                int damages = 0;
                using var merger = new TraceMerger(onDamage: _ => damages++);
                merger.Add(Segment.Parse(bytes, "forged"));
                merger.Complete();
                int records = 0;
                while (merger.TryNext(out _, out _))
                {
                    records++;
                }

                Assert.InRange(records, 0, 100_000);
                Assert.InRange(damages, 0, 10_000);
            },
            iter: 5000,
            threads: 1);
    }

    [Fact]
    public void Parse_ForgedCounts_AllocateLittle()
    {
        // The count of frames follows the state; the largest number there must not make an array.
        byte[] state = new byte[1000];
        var w = new SpanWriter(state);
        SegmentFormat.WriteState(ref w, Small.StateWith([]));
        int at = w.Position;
        byte[] bytes = SegmentForge.Head(Good, head => head.Slice(at - 10, 10).Fill(0xff));
        AssertRefusedOr(bytes, _ => { });
        var zeros = SegmentForge.Frame(Small.StateWith([]), [0x80, 0x40, .. new byte[1 << 20]], [.. Segment.Parse(Good, "good").Processes]);
        AssertRefusedOr(zeros, blocks => Assert.True(blocks.Count <= SegmentFormat.MaxFrameBlocks));
    }

    private static TraceBuilder MakeSmall()
    {
        var trace = new TraceBuilder(400).Info(7, "sh", "sh", "-c", "true");
        for (int i = 0; i < 40; i++)
        {
            trace.Call(7, 257, 0xffffff9c, 0x7ffc1234, (ulong)i).Call(8, 3, (ulong)i);
        }

        trace.Process(8).Payload(RecordKind.Args, 9, trace.Time += 5, "abc"u8);
        trace.Process(8).Payload(RecordKind.Args, 9, trace.Time -= 5, new byte[1000]);
        return trace.Drop(7, RecordKind.Psig, 2).End(7, 82, 2).End(8, 82).Seal().Commit();
    }

    private static void Apply(Span<byte> bytes, (int At, byte To)[] changes)
    {
        foreach (var (at, to) in changes)
        {
            if (bytes.Length > 0)
            {
                bytes[at % bytes.Length] = to;
            }
        }
    }

    private static Block With(Block b, byte[] body, byte[] times) => new()
    {
        Number = b.Number,
        Process = b.Process,
        FirstSeq = b.FirstSeq,
        Count = b.Count,
        Events = b.Events,
        Dropped = b.Dropped,
        Kinds = b.Kinds,
        BaseTimeNs = b.BaseTimeNs,
        LastTimeNs = b.LastTimeNs,
        LowWaterNs = b.LowWaterNs,
        HasSync = b.HasSync,
        Continues = b.Continues,
        Body = body,
        Times = times,
    };

    private static List<string> Read(byte[] bytes) => [.. Segment.Parse(bytes, "damaged").ReadBlocks().Select(SegmentTests.Describe)];

    private static void AssertRefusedOr(byte[] bytes, Action<List<string>> otherwise)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        List<string>? blocks = null;
        try
        {
            blocks = Read(bytes);
        }
        catch (RecordFormatException e)
        {
            Assert.True(e.Offset >= 0, e.Message);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostAllocated);
        if (blocks is not null)
        {
            otherwise(blocks);
        }
    }
}
