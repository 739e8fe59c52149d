using CsCheck;
using Tracer.Records;
using Tracer.Tests.Support;

namespace Tracer.Tests.Records;

public sealed class SegmentTests
{
    [Fact]
    public void Build_BlocksOfManyProcesses_ReadBackEqual() =>
        GenBlocks.Sample(
            blocks =>
            {
                var builder = new TraceBuilder();
                using var segments = new SegmentBuilder(1, frameTarget: 1500);
                foreach (var block in blocks)
                {
                    segments.Add(block);
                }

                Assert.Equal(blocks.Length, segments.BlockCount);
                Assert.Equal(blocks.Sum(b => b.Length), segments.RawBytes);
                byte[] bytes = segments.Build(builder.StateWith(blocks));
                Assert.Equal((0, 0), (segments.BlockCount, segments.RawBytes));
                var segment = Segment.Parse(bytes, "segment 1");
                var read = segment.ReadBlocks().ToList();
                AssertSame(blocks.OrderBy(b => Array.FindIndex(blocks, x => x.Process == b.Process)).ThenBy(b => b.Number), read);
                foreach (var process in segment.Processes)
                {
                    var own = blocks.Where(b => b.Process == process.Identity).OrderBy(b => b.Number).ToList();
                    AssertSame(own, segment.ReadBlocks(process.Identity));
                    Assert.Equal(own.Count, process.Blocks);
                    Assert.Equal(own[0].FirstSeq, process.FirstSeq);
                    Assert.Equal(own[^1].LastSeq, process.LastSeq);
                    Assert.Equal(own[0].BaseTimeNs, process.FirstTimeNs);
                    Assert.Equal(own[^1].LastTimeNs, process.LastTimeNs);
                    Assert.Equal(own.Aggregate(0UL, (k, b) => k | b.Kinds), process.Kinds);
                }
            },
            iter: 300,
            threads: 1);

    [Fact]
    public void Build_State_ReadBackEqual()
    {
        var state = new TraceBuilder().StateWith([]) with
        {
            Epoch = 3,
            Ordinal = 9,
            PreviousHash = Enumerable.Range(0, 32).Select(i => (byte)i).ToArray(),
            CommittedThrough = 1000,
            CommittedBeyond = [1002, 1003, 2000],
            Records = ulong.MaxValue,
            Events = 12,
            Dropped = 13,
            RawBytes = 14,
            Processes = 15,
            StoredBytesBefore = 16,
            LastTimeNs = -17,
        };
        using var builder = new SegmentBuilder(3);
        var read = Segment.Parse(builder.Build(state), "segment").State;
        Assert.True(read.PreviousHash.Span.SequenceEqual(state.PreviousHash.Span));
        Assert.Equal(state.CommittedBeyond, read.CommittedBeyond);
        Assert.Equal(state with { PreviousHash = read.PreviousHash, CommittedBeyond = read.CommittedBeyond }, read);
    }

    [Fact]
    public void Build_Again_SameBytes()
    {
        byte[][] built = [.. Enumerable.Range(0, 2).Select(_ => new TraceBuilder().Call(7).Call(8).End(7, 2).Seal().Commit().Segments[0])];
        Assert.Equal(built[0], built[1]);
    }

    [Fact]
    public void Build_BuilderUsedAgain_NothingLeftOfTheLast()
    {
        var trace = new TraceBuilder().Call(7).Call(8).Seal();
        using var builder = new SegmentBuilder(3);
        foreach (var block in trace.Pending)
        {
            builder.Add(block);
        }

        _ = builder.Build(trace.StateWith([]));
        builder.Level = 1;
        builder.Add(trace.Pending[1]);
        var segment = Segment.Parse(builder.Build(trace.StateWith([])), "segment");
        Assert.Equal(8, Assert.Single(segment.Processes).Identity.Pid);
        AssertSame([trace.Pending[1]], segment.ReadBlocks());
    }

    [Fact]
    public void Build_InWarmBuilder_AllocatesOnlyTheResult()
    {
        var trace = new TraceBuilder(4000);
        for (int i = 0; i < 20_000; i++)
        {
            trace.Call(7 + (i % 5), i % 60, (ulong)i * 77);
        }

        trace.Seal();
        using var builder = new SegmentBuilder(1);
        var state = trace.StateWith([]);
        long allocated = 0;
        int length = 0;
        for (int round = 0; round < 3; round++)
        {
            trace.Pending.ForEach(builder.Add);
            long before = GC.GetAllocatedBytesForCurrentThread();
            length = builder.Build(state).Length;
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.InRange(allocated, length, length + 4096);
    }

    [Fact]
    public void ReadBlocks_OneProcess_DoesNotReadOtherFrames()
    {
        var trace = new TraceBuilder();
        for (int i = 0; i < 100; i++)
        {
            trace.Call(7).Call(8).Call(9);
        }

        byte[] bytes = trace.Seal().Commit(frameTarget: 1).Segments[0];
        var whole = Segment.Parse(bytes, "segment");
        var last = whole.Processes[^1];
        Assert.True(last.FirstFrame > 0);

        // Damage the first frame: whoever reads it fails.
        bytes[whole.FrameOffset(0)] ^= 0xff;
        var segment = Segment.Parse(bytes, "segment");
        Assert.Equal(last.Blocks, segment.ReadBlocks(last.Identity).Count());
        Assert.Empty(segment.ReadBlocks(new ProcessIdentity(1, 1, 1)));
        Assert.Throws<RecordFormatException>(() => segment.ReadBlocks(segment.Processes[0].Identity).Count());
    }

    [Fact]
    public void Parse_NewerVersion_SaysSo()
    {
        byte[] bytes = new TraceBuilder().Call(7).Seal().Commit().Segments[0];
        bytes[4] = 2;
        var e = Assert.Throws<RecordFormatException>(() => Segment.Parse(bytes, "segment 1"));
        Assert.Equal("segment 1, byte 4: format version 2; this Tracer reads up to 1", e.Message);
    }

    [Fact]
    public void Hash_OfSegment_IsSha256OfItsBytes()
    {
        byte[] bytes = new TraceBuilder().Call(7).Seal().Commit().Segments[0];
        Assert.Equal(System.Security.Cryptography.SHA256.HashData(bytes), Segment.Parse(bytes, "segment").Hash);
    }

    /// <summary>Blocks with any heads and any bytes: the segment does not look into them.</summary>
    internal static Gen<Block[]> GenBlocks { get; } =
        Gen.Select(
            Gen.Int[1, 6].Select(pid => new ProcessIdentity(pid * 1000, pid, (ulong)pid)),
            Gen.ULong[1, 1UL << 61],
            Gen.Select(Gen.Int[0, 2000], Gen.Int[0, 2000]),
            Gen.Select(Gen.ULong, Gen.ULong),
            Gen.Select(Gen.Long, Gen.Long, Gen.Long),
            Gen.Select(Gen.Bool, Gen.Bool),
            Gen.Select(Gen.Byte.Array[0, 700], Gen.Byte.Array[0, 300]))
        .Select((process, firstSeq, counts, sets, times, flags, bytes) => new Block
        {
            Number = 1,
            Process = process,
            FirstSeq = firstSeq,
            Count = Math.Max(counts.Item1, counts.Item2),
            Events = Math.Min(counts.Item1, counts.Item2),
            Dropped = sets.Item1 % 3 == 0 ? 0 : sets.Item1,
            Kinds = sets.Item2,
            BaseTimeNs = times.Item1,
            LastTimeNs = times.Item2,
            LowWaterNs = times.Item3,
            HasSync = flags.Item1,
            Continues = flags.Item2,
            Body = bytes.Item1,
            Times = bytes.Item2,
        })
        .Array[0, 30]
        .Select(blocks => blocks.Select((b, i) => BlockEncoder.Number(b, (ulong)(i * i) + 1, b.LowWaterNs)).ToArray());

    internal static void AssertSame(IEnumerable<Block> expected, IEnumerable<Block> actual) =>
        Assert.Equal(expected.Select(Describe), actual.Select(Describe));

    internal static string Describe(Block b) =>
        $"{b.Number} {b.Process} {b.FirstSeq}+{b.Count} {b.Events} {b.Dropped} {b.Kinds:x} {b.BaseTimeNs} {b.LastTimeNs} {b.LowWaterNs} "
            + $"{b.HasSync} {b.Continues} {Convert.ToHexString(b.Body.Span)} {Convert.ToHexString(b.Times.Span)}";
}
