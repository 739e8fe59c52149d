using CsCheck;
using Tracer.Records;
using Tracer.Records.Payloads;
using Tracer.Tests.Support;

namespace Tracer.Tests.Records;

/// <summary>
/// Random legal actions on a small pool, against a simple model: counts of blocks, who may be refused, and the story of each process. Compared after each
/// step; a case that failed is kept below it.
/// </summary>
public sealed class PoolModelTests
{
    private enum Verb
    {
        Begin,
        Stop,
        Async,
        Drop,
        Held,
        Flush,
        Tick,
        Take,
        Commit,
        End,
        Crash,
    }

    private sealed record Step(Verb Verb, int Who, int Size, int Count, int Kind);

    private static readonly RecordKind[] SyncKinds =
        [RecordKind.Genio, RecordKind.Namei, RecordKind.Struct, RecordKind.Args, RecordKind.ProcInfo, RecordKind.Blind, (RecordKind)40];

    private static readonly RecordKind[] AsyncKinds =
        [RecordKind.Psig, RecordKind.Csw, RecordKind.Fault, RecordKind.FaultEnd, RecordKind.ProcCtor, RecordKind.ProcDtor, RecordKind.CapFail];

    private static readonly Gen<Step> AnyStep = Gen.Select(
        Gen.Frequency(
            (2, Gen.Const(Verb.Begin)), (12, Gen.Const(Verb.Stop)), (6, Gen.Const(Verb.Async)), (1, Gen.Const(Verb.Drop)), (1, Gen.Const(Verb.Held)),
            (1, Gen.Const(Verb.Flush)), (2, Gen.Const(Verb.Tick)), (3, Gen.Const(Verb.Take)), (4, Gen.Const(Verb.Commit)), (1, Gen.Const(Verb.End)),
            (1, Gen.Const(Verb.Crash))),
        Gen.Int[0, 7],
        Gen.Frequency((5, Gen.Int[0, 100]), (3, Gen.Int[200, 500]), (3, Gen.Int[1500, 3600]), (1, Gen.Int[3600, 30_000])),
        Gen.Int[1, 4],
        Gen.Int[0, 100],
        (verb, who, size, count, kind) => new Step(verb, who, size, count, kind));

    private static readonly Gen<(int Blocks, Step[] Steps)> Actions = Gen.Select(Gen.Int[1, 40], AnyStep.Array[1, 300]);

    [Fact]
    public void C10_AnyLegalActions_PoolAgreesWithTheModel() =>
        Actions.Sample(c => Run(c.Blocks, c.Steps), iter: 150, threads: 1);

    [Theory]
    [InlineData("a0mmn09jYoB1")] // a held stop began a block: the one sealed before it promised that nothing older comes
    [InlineData("aVTu1imYCub1")] // the Drop of lost events took the block that a process is guaranteed
    public void C10_CaseThatFailedOnce_PoolAgreesWithTheModel(string seed) =>
        Actions.Sample(c => Run(c.Blocks, c.Steps), seed: seed, iter: 1, threads: 1);

    private static void Run(int blocks, Step[] steps)
    {
        using var pool = new TestPool(blocks, 6);
        var story = new PoolStory(pool.Writer);
        var held = new Dictionary<Tale, Told[]>();
        int nextPid = 100;
        foreach (var step in steps)
        {
            var live = story.Tales.Values.Where(t => t.Log is not null).ToList();
            var tale = live.Count == 0 ? null : live[step.Who % live.Count];
            switch (step.Verb)
            {
                case Verb.Begin:
                    Begin(story, live, nextPid++);
                    break;
                case Verb.Stop when tale is not null:
                    // A held process asks again with what it was held with, as a collector does.
                    Stop(story, tale, held, held.GetValueOrDefault(tale) ?? Records(story, tale, step));
                    break;
                case Verb.Async when tale is not null:
                    int room = tale.Log!.Room;
                    bool kept = story.Async(tale, new(
                        AsyncKinds[step.Kind % AsyncKinds.Length], tale.Identity.Pid + step.Count, story.Now += 5, Payload: Bytes(step.Size % 120)));
                    Assert.True(kept || room < RecordSize.Payload(step.Size % 120), "with room it is kept");
                    break;
                case Verb.Drop when tale is not null:
                    story.Drop(tale, step.Kind % 2 == 0 ? RecordKind.Genio : RecordKind.Csw, (ulong)step.Count, (DropReason)(2 + (step.Kind % 3)));
                    break;
                case Verb.Held when tale is not null:
                    pool.Writer.Held(tale.Log!, 1, HoldReason.NoBlock, story.Now - 5, story.Now);
                    break;
                case Verb.Flush when tale is not null:
                    ulong number = pool.Writer.Flush(tale.Log!);
                    Assert.False(tale.Log!.HasRecords);
                    Assert.Equal(number <= (story.Journal.Count == 0 ? 0 : story.Journal.Keys.Last()), pool.Writer.IsCommitted(number));
                    break;
                case Verb.Tick:
                    pool.Writer.Tick(story.Now += step.Size * 1_000_000L);
                    break;
                case Verb.Take:
                    story.Take();
                    Assert.Equal(0, pool.Writer.Pool.Queued);
                    break;
                case Verb.Commit:
                    story.Commit(step.Count);
                    break;
                case Verb.End when tale is not null:
                    held.Remove(tale);
                    story.End(tale, (EndReason)(1 + (step.Kind % 2)));
                    break;
                case Verb.Crash:
                    Crash.Here(pool, story);
                    break;
            }

            AssertAgrees(pool.Writer, story);
        }

        foreach (var tale in story.Tales.Values.Where(t => t.Log is not null).ToList())
        {
            story.End(tale);
        }

        story.Drain();
        StoryCheck.Complete(story);
    }

    private static void Begin(PoolStory story, List<Tale> live, int pid)
    {
        var pool = story.Writer.Pool;
        pool.Collect();
        int withoutBlock = pool.Size - pool.Free - pool.Queued - pool.InFlight - pool.Open;
        Assert.Equal(0, withoutBlock);
        bool wasFull = live.Count >= pool.Size;
        var tale = story.Begin(pid);
        Assert.False(wasFull && tale is not null, "no more processes than blocks");
    }

    private static void Stop(PoolStory story, Tale tale, Dictionary<Tale, Told[]> held, Told[] records)
    {
        int bytes = records.Sum(PoolStory.SizeOf);
        bool first = tale.Log!.Owned == 0;
        if (story.Stop(tale, records))
        {
            held.Remove(tale);
        }
        else
        {
            Assert.False(first && bytes <= BlockHead.SyncCapacity, "the first block is guaranteed");
            held[tale] = records;
        }
    }

    private static Told[] Records(PoolStory story, Tale tale, Step step)
    {
        var records = new List<Told>();
        int bytes = 0;
        for (int i = 0; i < step.Count; i++)
        {
            int tid = tale.Identity.Pid + ((step.Kind + i) % 5);
            story.Now += step.Kind;
            var record = ((step.Kind + i) % 4) switch
            {
                0 => new Told(RecordKind.Syscall, tid, story.Now, step.Size - 3, 0, [.. Enumerable.Range(0, step.Kind % 7).Select(n => (ulong)(n * step.Size))]),
                1 => new Told(RecordKind.Sysret, tid, story.Now, step.Size - 3, -step.Kind),
                _ => new Told(SyncKinds[(step.Kind + i) % SyncKinds.Length], tid, story.Now, Payload: Bytes(Math.Min(step.Size, story.Writer.MaxReserve - 1000))),
            };
            bytes += PoolStory.SizeOf(record);
            if (bytes <= story.Writer.MaxReserve)
            {
                records.Add(record);
            }
        }

        return [.. records];
    }

    private static byte[] Bytes(int length) => [.. Enumerable.Range(0, length).Select(i => unchecked((byte)(i * 31)))];

    private static unsafe void AssertAgrees(RecordWriter writer, PoolStory story)
    {
        var pool = writer.Pool;
        pool.Collect();
        Assert.True(pool.IsConserved, $"free {pool.Free} + open {pool.Open} + queued {pool.Queued} + in flight {pool.InFlight} = {pool.Size}");
        Assert.Equal(story.InFlight, pool.InFlight);
        var live = story.Tales.Values.Where(t => t.Log is not null).Select(t => t.Log!).ToList();
        int open = live.Count(l => l.BlockIndex >= 0);
        Assert.InRange(pool.Open, open, open + pool.Processes - live.Count);
        Assert.True(pool.Free >= live.Count(l => l.Owned == 0), "each process without a block finds one");
        Assert.True(pool.Open + pool.Queued + pool.InFlight >= live.Sum(l => l.Owned));
        foreach (var tale in story.Tales.Values.Where(t => t.Log is not null))
        {
            Assert.Equal(tale.Events, tale.Log!.StoredEvents);
            Assert.Equal(tale.Events + tale.LostInAll, tale.Log.SlotAt->Generated);
        }
    }
}
