using CsCheck;
using Tracer.Records;
using Tracer.Records.Payloads;
using Tracer.Tests.Support;

namespace Tracer.Tests.Records;

/// <summary>What the writer puts into a pool is a trace that verifies and merges: the two ends of the format against each other.</summary>
public sealed class WrittenTraceTests
{
    /// <summary>A step of one process: a call with data of some length, then maybe a flush or a signal.</summary>
    private sealed record Step(int Pid, int Number, int Length, int Extra);

    private static readonly Gen<Step[]> AnySteps = Gen.Select(
        Gen.Int[1, 5],
        Gen.Int[0, 400],
        Gen.Frequency((8, Gen.Int[0, 100]), (1, Gen.Int[3000, 9000])),
        Gen.Int[0, 9],
        (pid, number, length, extra) => new Step(pid, number, length, extra)).Array[1, 150];

    [Fact]
    public void C1_WrittenAndEnded_Complete() => AnySteps.Sample(
        steps =>
        {
            using var pool = new TestPool(256);
            var uplink = new Uplink(pool.Writer);
            var logs = new Dictionary<int, ProcessLog>();
            long now = Write(pool.Writer, logs, steps, uplink);
            foreach (var log in logs.Values)
            {
                pool.Writer.End(log, EndReason.Exit, ++now);
                uplink.TakeAndCommit();
            }

            var trace = Commit(uplink.Stored);
            var report = trace.Verify(trace.Close());
            Assert.Empty(report.Problems);
            Assert.Equal(VerifyVerdict.Complete, report.Verdict);
            Assert.Equal((ulong)steps.Sum(s => s.Extra == 1 ? 4 : 3), report.Events);
            AssertMergedInOrder(trace, report.Records);
        },
        iter: 200,
        threads: 1);

    [Fact]
    public void C12_RecorderKilledBetweenStops_Complete() => AnySteps.Sample(
        steps =>
        {
            using var pool = new TestPool(256);
            var uplink = new Uplink(pool.Writer);
            long now = Write(pool.Writer, [], steps, uplink);
            using var dead = pool.Copy("dead");
            var rest = new Uplink(PoolRecovery.Run(dead, now + 1));
            rest.TakeAndCommit();
            var trace = Commit([.. uplink.Stored, .. rest.Stored.Where(b => !uplink.Stored.Exists(s => s.Number == b.Number))]);
            var report = trace.Verify(trace.Close());
            Assert.Empty(report.Problems);
            Assert.Equal(VerifyVerdict.Complete, report.Verdict);
            Assert.All(report.Processes, p => Assert.Equal("recorder-died", p.End));
            AssertMergedInOrder(trace, report.Records);
        },
        iter: 100,
        threads: 1);

    private static long Write(RecordWriter writer, Dictionary<int, ProcessLog> logs, Step[] steps, Uplink uplink)
    {
        long now = 1_000_000;
        foreach (var step in steps)
        {
            int pid = step.Pid * 100;
            if (!logs.TryGetValue(pid, out var log))
            {
                log = writer.TryBegin(new ProcessIdentity(pid, pid, (ulong)pid), ++now)!;
                logs.Add(pid, log);
            }

            now += 100;
            Assert.True(writer.TryReserve(log, RecordSize.Syscall + RecordSize.Genio(step.Length) + RecordSize.Sysret, now));
            writer.Syscall(log, pid, now, step.Number, [(ulong)step.Number, 7]);
            writer.Genio(log, pid, now + 10, 3, write: true, step.Length, new byte[step.Length]);
            writer.Sysret(log, pid, now + 20, step.Number, step.Length);
            now += 20;
            if (step.Extra == 1)
            {
                byte[] payload = new byte[PsigPayload.MaxLength];
                int length = new PsigPayload(11, 1, 0, SignalAction.Caught, 0, 0, 0).Write(payload);
                Assert.True(writer.TryAppendAsync(log, pid + 1, ++now, RecordKind.Psig, payload.AsSpan(0, length)));
            }

            if (step.Extra == 2)
            {
                writer.Flush(log);
            }

            uplink.TakeAndCommit();
        }

        return now;
    }

    private static TraceBuilder Commit(List<Block> blocks)
    {
        var trace = new TraceBuilder().Take(blocks);
        while (trace.Pending.Count > 0)
        {
            ulong until = trace.Pending[0].Number + 7;
            trace.Commit(b => b.Number < until, level: 1, frameTarget: 6000);
        }

        return trace;
    }

    private static void AssertMergedInOrder(TraceBuilder trace, ulong records)
    {
        using var merger = new TraceMerger();
        long last = 0;
        ulong read = 0;
        foreach (byte[] bytes in trace.Segments)
        {
            merger.Add(Segment.Parse(bytes, "segment"));
            Drain();
        }

        merger.Complete();
        Drain();
        Assert.Equal(records, read);

        void Drain()
        {
            while (merger.TryNext(out var process, out var record))
            {
                Assert.True(record.TimeNs >= last, $"{record.Kind} {record.Seq} of {process.Pid} at {record.TimeNs} after {last}");
                last = record.TimeNs;
                read++;
            }
        }
    }
}
