using CsCheck;
using Tracer.Records;
using Tracer.Tests.Support;

namespace Tracer.Tests.Records;

public sealed class TraceMergerTests
{
    /// <summary>One record: which process, how far time steps (back too), how long its payload is.</summary>
    private sealed record Step(int Pid, long TimeNs, int Length, bool Seal);

    private static readonly Gen<Step> AnyStep = Gen.Select(
        Gen.Int[1, 8],
        Gen.Frequency((8, Gen.Long[0, 50]), (1, Gen.Long[-200, 0]), (1, Gen.Const(0L))),
        Gen.Frequency((9, Gen.Int[0, 20]), (1, Gen.Int[200, 1500])),
        Gen.Frequency((9, Gen.Const(false)), (1, Gen.Const(true))),
        (pid, time, length, seal) => new Step(pid, time, length, seal));

    private static readonly Gen<(Step[] Steps, int[] Cuts, int[] Late)> AnyTrace =
        Gen.Select(AnyStep.Array[0, 300], Gen.Int[1, 20].Array[1, 40], Gen.Int[0, 3].Array[1, 40]);

    [Fact]
    public void C2_AnyTrace_MergedAsTheModelDoes() => AnyTrace.Sample(
        t =>
        {
            var (trace, expected) = Make(t.Steps, t.Cuts, t.Late);
            Assert.Equal(Model(expected), Merge(trace.Segments, feedWhenDry: true));
            Assert.Equal(Model(expected), Merge(trace.Segments, feedWhenDry: false));
        },
        iter: 500,
        threads: 1);

    [Fact]
    public void C2_OneProcessOnly_ItsRecordsInOrder() => AnyTrace.Sample(
        t =>
        {
            var (trace, expected) = Make(t.Steps, t.Cuts, t.Late);
            foreach (int pid in (int[])[1, 4])
            {
                var own = expected.FindAll(r => r.Pid == pid);
                Assert.Equal(own, Merge(trace.Segments, feedWhenDry: true, p => p.Pid == pid));
            }
        },
        iter: 200,
        threads: 1);

    [Fact]
    public void TryNext_LongTrace_WaitingBytesAreBounded()
    {
        var trace = new TraceBuilder(400);
        for (int i = 0; i < 3000; i++)
        {
            for (int pid = 1; pid <= 4; pid++)
            {
                trace.Call(pid, 3, (ulong)i);
                trace.Take(trace.Process(pid));
            }

            if (i % 10 == 9)
            {
                trace.Commit();
            }
        }

        WithLowWater(trace.Seal());
        trace.Commit();
        using var merger = new TraceMerger();
        long most = 0;
        int records = 0;
        foreach (byte[] bytes in trace.Segments)
        {
            merger.Add(Segment.Parse(bytes, "segment"));
            while (merger.TryNext(out _, out _))
            {
                records++;
            }

            most = Math.Max(most, merger.PendingBytes);
        }

        merger.Complete();
        while (merger.TryNext(out _, out _))
        {
            records++;
        }

        Assert.Equal(3000 * 4 * 2, records);
        Assert.InRange(most, 0, 64 << 10);
        Assert.Equal(0, merger.PendingBytes);
    }

    [Fact]
    public void TryNext_RestOfARecordNeverCame_LeftOutAndTheOthersGiven()
    {
        var trace = new TraceBuilder(400);
        trace.Call(1);
        trace.Process(1).Payload(RecordKind.Args, 1, trace.Time += 10, new byte[900]);
        trace.Call(1);
        trace.Call(2);
        trace.Seal();
        trace.Pending.RemoveAll(b => b.Continues);
        trace.Commit();
        Assert.Equal([(1, 1UL), (1, 2UL), (2, 1UL), (2, 2UL)], Merge(trace.Segments, feedWhenDry: false).ConvertAll(r => (r.Pid, r.Seq)));
    }

    [Fact]
    public void Add_DamagedFrame_ToldAndSkipped()
    {
        var trace = new TraceBuilder(400);
        trace.Call(1).Call(2).Seal().Commit(frameTarget: 1);
        trace.Call(1).Seal().Commit();
        var whole = Segment.Parse(trace.Segments[0], "segment");
        trace.Segments[0][whole.FrameOffset(1)] ^= 0xff;
        var problems = new List<RecordFormatException>();
        var records = Merge(trace.Segments, feedWhenDry: true, onDamage: problems.Add);
        Assert.Single(problems);
        Assert.Equal([(1, 1UL), (1, 2UL), (1, 3UL), (1, 4UL)], records.ConvertAll(r => (r.Pid, r.Seq)));
        Assert.Throws<RecordFormatException>(() => Merge(trace.Segments, feedWhenDry: true));
    }

    private static (TraceBuilder Trace, List<(int Pid, ulong Seq, long TimeNs)> Records) Make(Step[] steps, int[] cuts, int[] late)
    {
        var trace = new TraceBuilder(300);
        var records = new List<(int Pid, ulong Seq, long TimeNs)>();
        foreach (var step in steps)
        {
            trace.Time += step.TimeNs;
            var process = trace.Process(step.Pid);
            process.Payload(RecordKind.Args, step.Pid, trace.Time, new byte[step.Length]);
            records.Add((step.Pid, process.LastSeq, trace.Time));
            trace.Take(process);
            if (step.Seal)
            {
                process.Seal();
                trace.Take(process);
            }
        }

        WithLowWater(trace.Seal());

        // A segment has the next blocks, but for those of one process that come late, all of them from some number on (C4).
        for (int i = 0; trace.Pending.Count > 0; i++)
        {
            ulong until = trace.Pending[0].Number + (ulong)cuts[i % cuts.Length];
            int pid = late[i % late.Length] * 2;
            if (trace.Pending.Exists(b => b.Number < until && b.Process.Pid != pid))
            {
                trace.Commit(b => b.Number < until && b.Process.Pid != pid, level: 1, frameTarget: 500);
            }
            else
            {
                trace.Commit(b => b.Number < until, level: 1, frameTarget: 500);
            }
        }

        return (trace, records);
    }

    /// <summary>Gives pending blocks the best low water there is: the oldest record that begins in a later block.</summary>
    private static void WithLowWater(TraceBuilder trace)
    {
        long low = long.MaxValue;
        for (int i = trace.Pending.Count - 1; i >= 0; i--)
        {
            var block = trace.Pending[i];
            trace.Pending[i] = BlockEncoder.Number(block, block.Number, low == long.MaxValue ? block.LastTimeNs : low);
            low = Math.Min(low, OldestIn(block));
        }
    }

    private static long OldestIn(Block block)
    {
        // Of all that the block's deltas pass through, so that it holds for a record that ends in another block.
        long oldest = block.Count > 0 ? Math.Min(block.BaseTimeNs, block.LastTimeNs) : long.MaxValue;
        var decoder = new RecordDecoder();
        if (block.Continues)
        {
            // Load an artificial beginning, so that this block can be read alone.
            decoder.Load(new Block
            {
                Number = block.Number,
                Process = block.Process,
                FirstSeq = 1,
                Count = 1,
                Events = 1,
                Dropped = 0,
                Kinds = 0,
                BaseTimeNs = long.MaxValue,
                LastTimeNs = 0,
                LowWaterNs = 0,
                HasSync = true,
                Continues = false,
                Body = new byte[] { 0x90, 0 },
                Times = new byte[] { 0 },
            });
            Assert.False(decoder.MoveNext());
        }

        decoder.Load(block);
        while (decoder.MoveNext())
        {
            oldest = Math.Min(oldest, decoder.TimeNs);
        }

        return oldest;
    }

    private static List<(int Pid, ulong Seq, long TimeNs)> Model(List<(int Pid, ulong Seq, long TimeNs)> records)
    {
        var queues = records.GroupBy(r => r.Pid).ToDictionary(g => g.Key, g => new Queue<(int Pid, ulong Seq, long TimeNs)>(g));
        var merged = new List<(int Pid, ulong Seq, long TimeNs)>();
        while (queues.Values.Any(q => q.Count > 0))
        {
            merged.Add(queues.Values.Where(q => q.Count > 0).MinBy(q => (q.Peek().TimeNs, q.Peek().Pid))!.Dequeue());
        }

        return merged;
    }

    private static List<(int Pid, ulong Seq, long TimeNs)> Merge(
        List<byte[]> segments, bool feedWhenDry, Func<ProcessIdentity, bool>? include = null, Action<RecordFormatException>? onDamage = null)
    {
        using var merger = new TraceMerger(include, onDamage);
        var merged = new List<(int Pid, ulong Seq, long TimeNs)>();
        foreach (byte[] bytes in segments)
        {
            merger.Add(Segment.Parse(bytes, "segment"));
            if (feedWhenDry)
            {
                Drain();
            }
        }

        merger.Complete();
        Drain();
        return merged;

        void Drain()
        {
            while (merger.TryNext(out var process, out var record))
            {
                merged.Add((process.Pid, record.Seq, record.TimeNs));
            }
        }
    }
}
