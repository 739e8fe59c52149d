using System.Text;
using CsCheck;
using Tracer.Records;
using Tracer.Records.Payloads;
using Tracer.Tests.Support;

namespace Tracer.Tests.Records;

public sealed class RecordWriterTests
{
    private static readonly ProcessIdentity Process = new(4711, 4711, 99);

    /// <summary>One record as a test writes it and as it should be read.</summary>
    private sealed record Sample(RecordKind Kind, int Tid, long TimeNs, int Number, ulong[] Arguments, long Result, byte[] Payload);

    private static readonly RecordKind[] Kinds =
        [RecordKind.Syscall, RecordKind.Sysret, RecordKind.Namei, RecordKind.Args, RecordKind.Psig, RecordKind.Blind, (RecordKind)40];

    private static readonly Gen<Sample> AnySample = Gen.Select(
        Gen.Int[0, Kinds.Length - 1].Select(i => Kinds[i]),
        Gen.Int[4700, 4715],
        Gen.Long[-1000, 100_000],
        Gen.Frequency((9, Gen.Int[0, 450]), (1, Gen.Int)),
        Gen.ULong.Array[0, 6],
        Gen.OneOf(Gen.Long[-600, 5000], Gen.Long),
        Gen.OneOf(Gen.Byte.Array[0, 300], Gen.Byte.Array[2000, 20_000]),
        (kind, tid, step, number, arguments, result, payload) => new Sample(
            kind, tid, step, number, arguments, result, RecordKinds.IsAsync(kind) ? payload.Take(60).ToArray() : payload));

    [Fact]
    public void Records_AnySequence_ReadBackAsWritten() => AnySample.Array[0, 200].Sample(
        steps =>
        {
            using var pool = new TestPool(256);
            var uplink = new Uplink(pool.Writer);
            var log = pool.Writer.TryBegin(Process, 1)!;
            long now = 1_000_000;
            var expected = new List<Sample>();
            foreach (var step in steps)
            {
                now += step.TimeNs;
                var sample = step with { TimeNs = now };
                Write(pool.Writer, log, sample);
                expected.Add(sample);
                uplink.TakeAndCommit();
            }

            pool.Writer.End(log, EndReason.Exit, now);
            uplink.TakeAndCommit();
            Assert.Equal(expected.Count + 1, AssertSame(expected, uplink.Stored));
        },
        iter: 300);

    [Fact]
    public void C10_AfterEveryStep_BlocksAreConserved() => AnySample.Array[0, 60].Sample(
        steps =>
        {
            using var pool = new TestPool(64);
            var uplink = new Uplink(pool.Writer);
            var log = pool.Writer.TryBegin(Process, 1)!;
            foreach (var step in steps)
            {
                Write(pool.Writer, log, step with { Payload = step.Payload.Take(5000).ToArray() });
                Assert.True(pool.Writer.Pool.IsConserved);
                uplink.Take();
                Assert.True(pool.Writer.Pool.IsConserved);
                uplink.Commit(1);
                Assert.True(pool.Writer.Pool.IsConserved);
                uplink.Commit();
            }
        },
        iter: 100);

    [Fact]
    public void Namei_LongestPath_IsCutIntoFragmentsAndJoined()
    {
        using var pool = new TestPool();
        var uplink = new Uplink(pool.Writer);
        var log = pool.Writer.TryBegin(Process, 1)!;
        byte[] path = Encoding.ASCII.GetBytes(new string('x', 4095));
        Assert.True(pool.Writer.TryReserve(log, RecordSize.Namei(path.Length), 5));
        pool.Writer.Namei(log, 4711, 5, 1, path, cut: false);
        pool.Writer.Flush(log);
        uplink.TakeAndCommit();
        Assert.Equal(2, uplink.Stored.Count);
        var decoder = new RecordDecoder();
        decoder.Load(uplink.Stored[0]);
        Assert.False(decoder.MoveNext());
        Assert.True(decoder.IsPartial);
        decoder.Load(uplink.Stored[1]);
        Assert.True(decoder.MoveNext());
        Assert.Equal(path, decoder.Payload[1..].ToArray());
    }

    [Fact]
    public void Clock_AtTheStartEveryTenSecondsAndAtAStep_RelatesTheTimes()
    {
        using var pool = new TestPool();
        long realtime = 1_000;
        var writer = new RecordWriter(pool.File) { Clock = () => new(System.Diagnostics.Stopwatch.GetTimestamp() + realtime, 0) };
        var uplink = new Uplink(writer);
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        var log = writer.TryBegin(Process, start)!;
        void Append(long time)
        {
            Assert.True(writer.TryReserve(log, RecordSize.Sysret, time));
            writer.Sysret(log, 4711, time, 1, 0);
            writer.Tick(time);
        }

        Append(start + 1);
        Append(start + 9_000_000_000);
        Append(start + 10_000_000_001);
        realtime += 60_000_000_000;
        Append(start + 11_000_000_000);
        writer.End(log, EndReason.Exit, start + 11_000_000_000);
        uplink.TakeAndCommit();
        var decoder = new RecordDecoder();
        var clocks = new List<(long Time, long Offset)>();
        foreach (var block in uplink.Stored)
        {
            decoder.Load(block);
            while (decoder.MoveNext())
            {
                if (decoder.Kind == RecordKind.Clock)
                {
                    clocks.Add((decoder.TimeNs - start, ClockPayload.Read(decoder.Payload).RealtimeNs - decoder.TimeNs));
                }
            }
        }

        Assert.Equal([0L, 10_000_000_001, 11_000_000_000], clocks.Select(c => c.Time));
        Assert.InRange(clocks[2].Offset - clocks[1].Offset, 59_900_000_000, 60_100_000_000);
    }

    private static void Write(RecordWriter writer, ProcessLog log, Sample s)
    {
        switch (s.Kind)
        {
            case RecordKind.Syscall:
                Assert.True(writer.TryReserve(log, RecordSize.Syscall, s.TimeNs));
                writer.Syscall(log, s.Tid, s.TimeNs, s.Number, s.Arguments);
                break;
            case RecordKind.Sysret:
                Assert.True(writer.TryReserve(log, RecordSize.Sysret, s.TimeNs));
                writer.Sysret(log, s.Tid, s.TimeNs, s.Number, s.Result);
                break;
            case RecordKind.Namei:
                Assert.True(writer.TryReserve(log, RecordSize.Namei(s.Payload.Length), s.TimeNs));
                writer.Namei(log, s.Tid, s.TimeNs, 3, s.Payload, cut: false);
                break;
            case var kind when RecordKinds.IsAsync(kind):
                Assert.True(writer.TryAppendAsync(log, s.Tid, s.TimeNs, kind, s.Payload));
                break;
            default:
                Assert.True(writer.TryReserve(log, RecordSize.Payload(s.Payload.Length), s.TimeNs));
                writer.Append(log, s.Tid, s.TimeNs, s.Kind, s.Payload);
                break;
        }
    }

    private static int AssertSame(List<Sample> expected, List<Block> blocks)
    {
        var decoder = new RecordDecoder();
        int n = 0;
        foreach (var block in blocks)
        {
            decoder.Load(block);
            while (decoder.MoveNext())
            {
                n++;
                Assert.Equal((ulong)n, decoder.Seq);
                if (decoder.Kind == RecordKind.End)
                {
                    Assert.Equal((ulong)n, EndPayload.Read(decoder.Payload).LastSeq);
                    continue;
                }

                var s = expected[n - 1];
                Assert.Equal((s.Kind, s.Tid, s.TimeNs), (decoder.Kind, decoder.Tid, decoder.TimeNs));
                switch (s.Kind)
                {
                    case RecordKind.Syscall:
                        Assert.Equal(s.Number, decoder.Number);
                        Assert.Equal(s.Arguments, decoder.Arguments.ToArray());
                        break;
                    case RecordKind.Sysret:
                        Assert.Equal((s.Number, s.Result), (decoder.Number, decoder.Result));
                        break;
                    case RecordKind.Namei:
                        Assert.Equal(s.Payload, decoder.Payload[1..].ToArray());
                        break;
                    default:
                        Assert.Equal(s.Payload, decoder.Payload.ToArray());
                        break;
                }
            }
        }

        return n;
    }
}
