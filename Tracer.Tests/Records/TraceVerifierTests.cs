using Tracer.Records;
using Tracer.Records.Payloads;
using Tracer.Tests.Support;

namespace Tracer.Tests.Records;

public sealed class TraceVerifierTests
{
    /// <summary>Two processes in three segments, all as it should be.</summary>
    private static TraceBuilder Whole()
    {
        var trace = new TraceBuilder();
        trace.Info(7, "sh", "sh", "-c", "true").Call(7).Call(8).Seal().Commit();
        trace.Call(7).Call(8).Seal().Commit();
        trace.End(8, 4).Call(7).End(7, 6).Seal().Commit();
        return trace;
    }

    private static VerifyReport Verify(TraceBuilder trace) => trace.Verify(trace.Close());

    [Fact]
    public void C1_NothingMissing_Complete()
    {
        var report = Verify(Whole());
        Assert.Empty(report.Problems);
        Assert.Equal(VerifyVerdict.Complete, report.Verdict);
        Assert.Equal((13UL, 10UL, 0UL, 3UL, 6UL), (report.Records, report.Events, report.Dropped, report.Segments, report.Blocks));
        var identity = new ProcessIdentity(7, 7, 700);
        Assert.Equal(new VerifyProcess(identity, "sh -c true", 8, 6, 1, 8, "exit", 7), report.Processes[0]);
        Assert.Equal("acinstuxy", report.Covered.Points);
        Assert.Equal(["u: no source"], report.Covered.NotCovered);
    }

    [Fact]
    public void C1_DropWithCount_Declared()
    {
        var trace = new TraceBuilder().Call(7).Drop(7, RecordKind.Psig, 3).Drop(7, RecordKind.Psig, 2).End(7, 7, 5).Seal().Commit();
        var report = Verify(trace);
        Assert.Equal(VerifyVerdict.Declared, report.Verdict);
        Assert.Equal(5UL, report.Dropped);
        var declared = Assert.Single(report.Declared);
        Assert.Equal((RecordKind.Drop, RecordKind.Psig, 5UL, "pool-full"), (declared.Source, declared.Kind, declared.Count, declared.Reason));
        Assert.Equal("process 7: 5 Psig, within 0 ms, pool-full", declared.ToString());
    }

    [Fact]
    public void C1_DropWithoutCount_Declared()
    {
        var trace = new TraceBuilder().Call(7).Drop(7, RecordKind.None, null, DropReason.RecorderDied)
            .End(7, 99, null, EndReason.RecorderDied).Seal().Commit();
        var report = Verify(trace);
        Assert.Equal(VerifyVerdict.Declared, report.Verdict);
        Assert.Null(Assert.Single(report.Declared).Count);
        Assert.Equal("recorder-died", report.Processes[0].End);
    }

    [Fact]
    public void C1_Gap_Declared()
    {
        var trace = new TraceBuilder().Call(7).End(7, 2, reason: EndReason.Detach).Own(7, RecordKind.Gap, _ => 0).Call(7).End(7, 4).Seal().Commit();
        var report = Verify(trace);
        Assert.Equal(VerifyVerdict.Declared, report.Verdict);
        Assert.Equal("gap", Assert.Single(report.Declared).Reason);
    }

    [Fact]
    public void C1_Blind_IsCoveredAndDoesNotChangeTheVerdict()
    {
        var trace = new TraceBuilder().Own(7, RecordKind.Blind, d => new BlindPayload(BlindReason.IoUring).Write(d)).End(7, 0).Seal().Commit();
        var report = Verify(trace);
        Assert.Equal(VerifyVerdict.Complete, report.Verdict);
        Assert.Equal(new VerifyBlind(new(7, 7, 700), "io-uring", 1), Assert.Single(report.Covered.Blind));
    }

    [Fact]
    public void C1_NotClosed_Open() => Assert.Equal(VerifyVerdict.Open, Whole().Verify(null).Verdict);

    [Fact]
    public void C1_ProcessWithoutEnd_Open()
    {
        var report = Verify(new TraceBuilder().Call(7).End(7, 2).Call(8).Seal().Commit());
        Assert.Empty(report.Problems);
        Assert.Equal(VerifyVerdict.Open, report.Verdict);
        Assert.Null(report.Processes[1].End);
        Assert.Null(report.Processes[1].Generated);
    }

    [Fact]
    public void C1_BlockOnTheWay_Open()
    {
        // Block 1 is not committed yet, block 2 is: no damage while the trace is open.
        var trace = new TraceBuilder().Call(7).Call(8).Seal();
        trace.Commit(b => b.Number == 2);
        Assert.Equal(VerifyVerdict.Open, trace.Verify(null).Verdict);
    }

    [Theory]
    [InlineData(5, "process 7: 4 events stored, 0 dropped, 5 generated")]
    [InlineData(3, "process 7: 4 events stored, 0 dropped, 3 generated")]
    public void C1_OtherNumberGenerated_Damaged(ulong generated, string problem) =>
        AssertDamaged(Verify(new TraceBuilder().Call(7).Call(7).End(7, generated).Seal().Commit()), problem);

    [Fact]
    public void C1_DroppedAtTheEndDiffersFromDrops_Damaged() =>
        AssertDamaged(Verify(new TraceBuilder().Call(7).Drop(7, RecordKind.Psig, 2).End(7, 4, 1).Seal().Commit()), "its End says 1 dropped, its Drop records 2");

    [Fact]
    public void C1_EndTellsOtherLastSeq_Damaged() =>
        AssertDamaged(Verify(new TraceBuilder().Call(7).End(7, 2, lastSeq: 4).Seal().Commit()), "its End is record 3 and says 4");

    [Fact]
    public void C1_RecordAfterEnd_Damaged() =>
        AssertDamaged(Verify(new TraceBuilder().Call(7).End(7, 2).Call(7).Seal().Commit()), "record 4 follows its End");

    [Fact]
    public void C1_BlockMissing_Damaged()
    {
        var trace = new TraceBuilder().Call(7).Seal().Call(7).Seal().Call(7).End(7, 6).Seal();
        trace.Pending.RemoveAt(1);
        var report = Verify(trace.Commit());
        AssertDamaged(report, "records 3 to 4 are missing before block 3");
        AssertDamaged(report, "blocks are missing: 2");
    }

    [Fact]
    public void C1_BlockOfAProcessMissingAtItsBeginning_Damaged()
    {
        var trace = new TraceBuilder().Call(7).Seal().Call(7).End(7, 4).Seal();
        trace.Pending.RemoveAt(0);
        AssertDamaged(Verify(trace.Commit()), "records 1 to 2 are missing before block 2");
    }

    [Fact]
    public void C1_BlockTwice_Damaged()
    {
        var trace = new TraceBuilder().Call(7).Seal();
        var repeated = trace.Pending[0];
        trace.Commit();
        trace.Pending.Add(repeated);
        trace.Call(7).End(7, 4).Seal().Commit();
        var report = Verify(trace);
        AssertDamaged(report, "block 1 is stored twice");
        AssertDamaged(report, "block 1 repeats records from 1, 2 was the last");
    }

    [Fact]
    public void C4_LaterBlockOfAProcessInAnEarlierSegment_Damaged()
    {
        var trace = new TraceBuilder().Call(7).Seal().Call(7).End(7, 4).Seal();
        trace.Commit(b => b.Number == 2).Commit();
        AssertDamaged(Verify(trace), "block 1 of process 7 is stored after its block 2");
    }

    [Fact]
    public void C4_LaterBlockOfAnotherProcessInAnEarlierSegment_Complete()
    {
        var trace = new TraceBuilder().Call(7).End(7, 2).Call(8).End(8, 2);
        trace.Take(trace.Process(7));
        trace.Take(trace.Process(8));
        trace.Commit(b => b.Process.Pid == 8).Commit();
        Assert.Equal(VerifyVerdict.Complete, Verify(trace).Verdict);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void C1_LastSegmentsCut_Damaged(int cut)
    {
        var trace = Whole();
        var end = trace.Close();
        trace.Segments.RemoveRange(3 - cut, cut);
        var report = trace.Verify(end);
        AssertDamaged(report, $"the trace has 3 segments, {3 - cut} are stored");
        AssertDamaged(report, "the last segment is not the one that the trace ended with");
        AssertDamaged(report, "blocks are missing");
    }

    [Fact]
    public void C1_LastSegmentsAndEndCut_Open()
    {
        var trace = Whole();
        trace.Segments.RemoveAt(2);
        Assert.Equal(VerifyVerdict.Open, trace.Verify(null).Verdict);
    }

    [Fact]
    public void C1_SegmentsReordered_Damaged()
    {
        var trace = Whole();
        var end = trace.Close();
        var rows = new (ulong, byte[])[] { (1, trace.Segments[1]), (2, trace.Segments[0]), (3, trace.Segments[2]) };
        var report = trace.Verify(end, rows);
        AssertDamaged(report, "its head says segment 2");
        AssertDamaged(report, "the hash of the segment before does not fit");
    }

    [Fact]
    public void C1_SegmentInTheMiddleMissing_Damaged()
    {
        var trace = Whole();
        var report = trace.Verify(trace.Close(), [(1, trace.Segments[0]), (3, trace.Segments[2])]);
        AssertDamaged(report, "segment 1 is followed by 3");
    }

    [Fact]
    public void C1_SegmentOfAnotherTrace_Damaged()
    {
        var trace = Whole();
        using var verifier = new TraceVerifier();
        verifier.Opened(trace.Header with { TraceId = Guid.NewGuid() });
        verifier.Add(1, trace.Segments[0]);
        AssertDamaged(verifier.Finish(), "it belongs to trace 019a0000");
    }

    [Fact]
    public void C1_NoHead_Damaged()
    {
        using var verifier = new TraceVerifier();
        verifier.Add(1, Whole().Segments[0]);
        AssertDamaged(verifier.Finish(), "the trace's head is missing");
    }

    [Fact]
    public void C1_SegmentAfterTheEnd_Damaged()
    {
        var trace = Whole();
        using var verifier = new TraceVerifier();
        verifier.Opened(trace.Header);
        verifier.Closed(trace.Close());
        verifier.Add(1, trace.Segments[0]);
        AssertDamaged(verifier.Finish(), "a segment follows the end of the trace");
    }

    [Fact]
    public void C1_AnyByteOfASegmentChanged_Damaged()
    {
        var trace = Whole();
        var end = trace.Close();
        for (int i = 0; i < trace.Segments[1].Length; i++)
        {
            trace.Segments[1][i] ^= 0x10;
            var report = trace.Verify(end);
            Assert.True(report.Verdict == VerifyVerdict.Damaged, $"byte {i}");
            Assert.Contains(report.Problems, p => p.Segment == 2 || p.What.Contains("hash", StringComparison.Ordinal));
            trace.Segments[1][i] ^= 0x10;
        }
    }

    [Fact]
    public void C1_UnreadableSegment_IsNamedAndWhatFollowsFromItIsNot()
    {
        var trace = Whole();
        var end = trace.Close();
        trace.Segments[1][20] ^= 1;
        var report = trace.Verify(end);
        Assert.Equal(VerifyVerdict.Damaged, report.Verdict);
        Assert.Equal(
            ["the head's checksum is wrong", "the hash of the segment before does not fit: one was changed, moved or cut"],
            report.Problems.Select(p => p.What));
        Assert.Equal((2UL, true), (report.Problems[0].Segment, report.Problems[0].Offset > 0));
    }

    [Fact]
    public void C1_RecordOverSeveralBlocks_Complete()
    {
        var trace = new TraceBuilder(400);
        trace.Call(7);
        trace.Process(7).Payload(RecordKind.Args, 9, trace.Time += 10, new byte[3000]);
        trace.Take(trace.Process(7));
        trace.Commit(b => b.Number <= 2).Commit();
        trace.Call(7).End(7, 5).Seal().Commit();
        var report = Verify(trace);
        Assert.Empty(report.Problems);
        Assert.Equal((VerifyVerdict.Complete, 6UL), (report.Verdict, report.Records));
    }

    [Fact]
    public void C12_RecorderDiedWithinARecord_DropStandsInItsPlace()
    {
        var trace = new TraceBuilder(400);
        trace.Process(7).Payload(RecordKind.Args, 7, trace.Time += 10, new byte[900]);
        trace.Seal();
        trace.Pending.RemoveAll(b => b.Number > 1);
        var whole = trace.Pending[0];
        trace = new TraceBuilder(400);
        trace.Process(7).Payload(RecordKind.Args, 7, trace.Time += 10, [1]);
        trace.Seal();
        trace.Pending[0] = whole;
        trace.Drop(7, RecordKind.Args, 1, DropReason.RecorderDied).End(7, 1, 1, EndReason.RecorderDied).Seal().Commit();
        var report = Verify(trace);
        Assert.Empty(report.Problems);
        Assert.Equal(VerifyVerdict.Declared, report.Verdict);
    }

    [Fact]
    public void C1_RecordBegunAndNotFinished_Damaged()
    {
        var trace = new TraceBuilder(400);
        trace.Process(7).Payload(RecordKind.Args, 7, trace.Time += 10, new byte[900]);
        trace.Seal().Call(7).End(7, 3).Seal();
        trace.Pending.RemoveAll(b => b.Continues);
        AssertDamaged(Verify(trace.Commit()), "was begun and not finished, and no Drop says so");
    }

    [Fact]
    public void C1_BlockHeadsThatLie_Damaged()
    {
        var trace = new TraceBuilder().Call(7).Seal();
        var b = trace.Pending[0];
        trace.Pending[0] = new Block
        {
            Number = b.Number,
            Process = b.Process,
            FirstSeq = b.FirstSeq,
            Count = b.Count,
            Events = b.Events - 1,
            Dropped = b.Dropped,
            Kinds = b.Kinds,
            BaseTimeNs = b.BaseTimeNs,
            LastTimeNs = b.LastTimeNs,
            LowWaterNs = b.LowWaterNs,
            HasSync = b.HasSync,
            Continues = b.Continues,
            Body = b.Body,
            Times = b.Times,
        };
        AssertDamaged(Verify(trace.End(7, 2).Seal().Commit()), "block 1 says kinds 6, 1 events");
    }

    [Fact]
    public void C1_TotalsThatLie_Damaged()
    {
        var trace = new TraceBuilder().Call(7).End(7, 2).Seal();
        using var builder = new SegmentBuilder(3);
        trace.Pending.ForEach(builder.Add);
        trace.Segments.Add(builder.Build(trace.StateWith(trace.Pending) with { Records = 4 }));
        AssertDamaged(trace.Verify(null), "its head says 4 records");
    }

    [Fact]
    public void Verify_ManyRecords_MemoryDoesNotGrow()
    {
        var trace = new TraceBuilder(4000);
        for (int i = 0; i < 20; i++)
        {
            for (int j = 0; j < 500; j++)
            {
                trace.Call(7, j % 60, (ulong)j);
            }

            trace.Seal().Commit();
        }

        using var verifier = new TraceVerifier();
        verifier.Opened(trace.Header);
        long allocated = 0;
        for (int i = 0; i < trace.Segments.Count; i++)
        {
            if (i == 5)
            {
                allocated = GC.GetAllocatedBytesForCurrentThread();
            }

            verifier.Add((ulong)i + 1, trace.Segments[i]);
        }

        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Assert.InRange(allocated / (15 * 1000), 0, 20); // bytes a record: heads of blocks, no records
        Assert.Empty(verifier.Finish().Problems);
    }

    private static void AssertDamaged(VerifyReport report, string problem)
    {
        Assert.Equal(VerifyVerdict.Damaged, report.Verdict);
        Assert.Contains(report.Problems, p => p.ToString().Contains(problem, StringComparison.Ordinal));
    }
}
