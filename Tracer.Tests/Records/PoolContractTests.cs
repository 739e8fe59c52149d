using Tracer.Records;
using Tracer.Records.Payloads;
using Tracer.Tests.Support;

namespace Tracer.Tests.Records;

/// <summary>The contract's clauses that the pool alone must keep: C3, C5, C7, C8, C10 (C12 is in <see cref="PoolRecoveryTests"/>).</summary>
public sealed class PoolContractTests
{
    private const long Ms = 1_000_000;

    [Fact]
    public void C3_NoFreeBlock_AsyncIsCountedAndDeclaredExactly()
    {
        using var pool = new TestPool(4);
        var story = new PoolStory(pool.Writer);
        var a = story.Begin(100)!;
        while (story.Async(a, Signal(story)))
        {
        }

        for (int i = 0; i < 9; i++)
        {
            Assert.False(story.Async(a, Signal(story)));
        }

        long first = story.Now + 10;
        for (int i = 0; i < 3; i++)
        {
            Assert.False(story.Async(a, Signal(story) with { Kind = RecordKind.Csw }));
        }

        long last = story.Now;
        story.End(a);
        story.Drain();
        StoryCheck.Complete(story);
        var drops = Drops(story);
        Assert.Equal([RecordKind.Psig, RecordKind.Csw], drops.Select(d => d.Kind));
        Assert.Equal(new DropPayload(RecordKind.Csw, 3, first, last, DropReason.PoolFull), drops[1]);
        Assert.Equal(10UL, drops[0].Count);
    }

    [Fact]
    public void C3_SyncRefused_AsyncHasTheReserve()
    {
        using var pool = new TestPool(4);
        var story = new PoolStory(pool.Writer);
        var a = story.Begin(100)!;
        while (story.Stop(a, Data(story, 100, 200)))
        {
        }

        // 512 bytes: eleven of these at least, and none of them waits or is lost.
        Assert.True(a.Log!.Room >= BlockHead.AsyncReserve);
        for (int i = 0; i < 5; i++)
        {
            Assert.True(story.Async(a, Signal(story)));
        }

        Assert.False(story.Stop(a, Data(story, 100, 200)));
        Assert.Empty(a.Lost);
        story.End(a);
        story.Drain();
        StoryCheck.Complete(story);
    }

    [Fact]
    public void C3_EachKindInItsTurn_HasItsOwnDrop()
    {
        using var pool = new TestPool(2);
        var story = new PoolStory(pool.Writer);
        var a = story.Begin(100)!;
        while (story.Async(a, Signal(story)))
        {
        }

        RecordKind[] kinds =
        [
            RecordKind.Csw, RecordKind.Psig, RecordKind.Fault, RecordKind.FaultEnd, RecordKind.CapFail, RecordKind.ExtErr, RecordKind.ProcCtor,
            RecordKind.ProcDtor,
        ];
        foreach (var kind in kinds)
        {
            Assert.False(story.Async(a, Signal(story) with { Kind = kind }));
        }

        // Tracer's own kinds are no events: they are not counted, and the sum stays right.
        Assert.False(pool.Writer.TryAppendAsync(a.Log!, 100, story.Now, RecordKind.Clock, new byte[40]));
        story.End(a);
        story.Drain();
        StoryCheck.Complete(story);
        Assert.Equal(kinds.Order(), Drops(story).Select(d => d.Kind).Order());
    }

    [Fact]
    public void C3_RoomComesBack_DropStandsNearTheGapWithItsReason()
    {
        using var pool = new TestPool(1);
        var story = new PoolStory(pool.Writer);
        var a = story.Begin(100)!;
        Assert.True(story.Stop(a, Data(story, 100, 3000)));
        pool.Writer.Flush(a.Log!);
        Assert.False(story.Async(a, Signal(story)));
        story.Drop(a, RecordKind.Csw, 4, DropReason.Kernel);
        TakeAndCommit(story);
        Assert.True(story.Stop(a, Data(story, 100, 10)));
        Assert.Equal(0u, a.Log!.Lost);
        story.Drop(a, RecordKind.Csw, 5, DropReason.Kernel);
        story.Drop(a, RecordKind.Csw, 6, DropReason.Stall);
        story.End(a);
        story.Drain();
        StoryCheck.Complete(story);
        Assert.Equal(
            [(RecordKind.Psig, 1, DropReason.PoolFull), (RecordKind.Csw, 4, DropReason.Kernel), (RecordKind.Csw, 5, DropReason.Kernel),
                (RecordKind.Csw, 6, DropReason.Stall)],
            Drops(story).Select(d => (d.Kind, (int)d.Count!.Value, d.Reason)));
    }

    [Fact]
    public void C3_AsyncBetweenReservationAndRecords_TakesNothingOfIt()
    {
        using var pool = new TestPool(1);
        var story = new PoolStory(pool.Writer);
        var a = story.Begin(100)!;
        var data = Data(story, 100, 3400);
        Assert.True(pool.Writer.TryReserve(a.Log!, PoolStory.SizeOf(data), story.Now));
        Assert.True(story.Async(a, Signal(story) with { TimeNs = data.TimeNs, Payload = new byte[300] }));
        pool.Writer.Append(a.Log!, 100, data.TimeNs, data.Kind, data.Payload);
        a.Done.Add(data);
        story.End(a);
        story.Drain();
        StoryCheck.Complete(story);
    }

    [Fact]
    public void C5_ParcelFull_IsOffered()
    {
        using var pool = new TestPool();
        var story = new PoolStory(pool.Writer);
        var a = story.Begin(100)!;
        int offered = 0;
        pool.Writer.BlocksSealed += () => offered++;
        for (int i = 0; i < 16; i++)
        {
            Assert.Equal(0, offered);
            Assert.True(story.Stop(a, Data(story, 100, 3300)));
            Assert.Equal(i, pool.Writer.Pool.Queued);
        }

        Assert.True(story.Stop(a, Data(story, 100, 3300)));
        Assert.Equal(1, offered);
        Assert.Equal(16, story.Take());
    }

    [Fact]
    public void C5_BlockFullAndNoOtherFollows_IsOfferedByTick()
    {
        using var pool = new TestPool();
        var story = new PoolStory(pool.Writer);
        var a = story.Begin(100)!;
        int offered = 0;
        pool.Writer.BlocksSealed += () => offered++;
        Assert.True(story.Stop(a, Data(story, 100, 3300)));
        Assert.True(story.Stop(a, Data(story, 100, 3300)));
        Assert.True(pool.Writer.NeedsTick);
        pool.Writer.Tick(story.Now);
        Assert.Equal((1, 1), (offered, story.Take()));
    }

    [Fact]
    public void C5_SomebodyIsHeldForBlocks_WhatIsSealedIsOffered()
    {
        using var pool = new TestPool(4);
        var story = new PoolStory(pool.Writer);
        var a = story.Begin(100)!;
        int offered = 0;
        pool.Writer.BlocksSealed += () => offered++;
        while (story.Stop(a, Data(story, 100, 3300)))
        {
        }

        Assert.Equal(1, offered);
    }

    [Fact]
    public void C5_OldestRecordIsOld_IsOfferedByTick()
    {
        using var pool = new TestPool();
        var story = new PoolStory(pool.Writer);
        var a = story.Begin(100)!;
        var b = story.Begin(200)!;
        Assert.False(pool.Writer.NeedsTick);
        long start = story.Now;
        story.Stop(a, Data(story, 100, 20) with { TimeNs = start });
        story.Stop(b, Data(story, 200, 20) with { TimeNs = start + (50 * Ms) });
        Assert.True(pool.Writer.NeedsTick);
        pool.Writer.Tick(start + (199 * Ms));
        Assert.Equal(0, story.Take());
        pool.Writer.Tick(start + (200 * Ms));
        Assert.Equal(1, story.Take());
        Assert.True(pool.Writer.NeedsTick);
        pool.Writer.Tick(start + (250 * Ms));
        Assert.Equal(1, story.Take());
        pool.Writer.Tick(start + (300 * Ms));
        Assert.False(pool.Writer.NeedsTick);
    }

    [Fact]
    public void C5_HeldThreadBringsAnOldRecord_AgeCountsFromThat()
    {
        using var pool = new TestPool();
        var story = new PoolStory(pool.Writer);
        var a = story.Begin(100)!;
        long start = story.Now;
        story.Stop(a, Data(story, 100, 20) with { TimeNs = start + (100 * Ms) });
        story.Stop(a, Data(story, 101, 20) with { TimeNs = start });
        pool.Writer.Tick(start + (200 * Ms));
        Assert.Equal(1, story.Take());
    }

    [Fact]
    public void C5_Flush_IsOfferedAndItsNumberIsWaitedFor()
    {
        using var pool = new TestPool();
        var story = new PoolStory(pool.Writer);
        var a = story.Begin(100)!;
        Assert.Equal(0UL, pool.Writer.Flush(a.Log!));
        story.Stop(a, Data(story, 100, 20));
        ulong number = pool.Writer.Flush(a.Log!);
        Assert.Equal(number, pool.Writer.Flush(a.Log!));
        Assert.False(pool.Writer.IsCommitted(number));
        TakeAndCommit(story);
        Assert.True(pool.Writer.IsCommitted(number));
    }

    [Fact]
    public void C7_ManyRecords_NothingIsAllocatedPerRecord()
    {
        const int Records = 100_000;
        using var pool = new TestPool(2048);
        var log = pool.Writer.TryBegin(new ProcessIdentity(100, 100, 1), 1)!;
        ulong[] arguments = [3, 0x7fff_1234_5678, 512];
        byte[] payload = new byte[60];
        Run(pool.Writer, log, 1000, arguments, payload);
        long before = GC.GetAllocatedBytesForCurrentThread();
        int kept = Run(pool.Writer, log, Records, arguments, payload);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.InRange(kept, Records / 2, Records);

        static int Run(RecordWriter writer, ProcessLog log, int records, ulong[] arguments, byte[] payload)
        {
            long now = 1000;
            int kept = 0;
            for (int i = 0; i < records; i += 5)
            {
                if (!writer.TryReserve(log, RecordSize.Syscall + RecordSize.Sysret + RecordSize.Namei(20) + RecordSize.Genio(20), ++now))
                {
                    return kept; // refused, and the rest counted: that must not allocate either
                }

                arguments[1] += 64;
                writer.Syscall(log, 100 + (i % 3), now, i % 300, arguments);
                writer.Namei(log, 100, now, 1, payload.AsSpan(0, 20), cut: false);
                writer.Genio(log, 100, now, 3, write: true, 9999, payload.AsSpan(0, 20));
                writer.Sysret(log, 100 + (i % 3), ++now, i % 300, i);
                writer.TryAppendAsync(log, 100, now, RecordKind.Psig, payload);
                kept += 5;
            }

            return kept;
        }
    }

    [Fact]
    public void C8_FloodTakesAllItMay_QuietProcessHasItsFirstBlock()
    {
        using var pool = new TestPool(16);
        var story = new PoolStory(pool.Writer);
        var flood = story.Begin(100)!;
        var quiet = story.Begin(200)!;
        while (story.Stop(flood, Data(story, 100, 3000)))
        {
        }

        Assert.True(story.Stop(quiet, Data(story, 200, 3000)));
        while (story.Async(flood, Signal(story)))
        {
        }

        var late = story.Begin(300)!;
        Assert.True(story.Stop(late, Data(story, 300, 3000)));
        Finish(story);
    }

    [Fact]
    public void C8_EventsWereLost_TheirDropDoesNotTakeTheFirstBlock()
    {
        using var pool = new TestPool(1);
        var story = new PoolStory(pool.Writer);
        var a = story.Begin(100)!;
        story.Drop(a, RecordKind.Csw, 1, DropReason.Kernel);
        Assert.True(story.Stop(a, Data(story, 100, 3400)));
        Finish(story);
    }

    [Fact]
    public void C8_NoBlockForABirth_IsRefusedAndAdmittedWhenBlocksReturn()
    {
        using var pool = new TestPool(8);
        var story = new PoolStory(pool.Writer);
        for (int pid = 1; pid <= 8; pid++)
        {
            Assert.NotNull(story.Begin(pid));
        }

        Assert.Null(story.Begin(9));
        var first = story.Tales[1];
        Assert.True(story.Stop(first, Data(story, 1, 100)));
        story.End(first);
        Assert.Null(story.Begin(9));
        story.Take();
        Assert.Null(story.Begin(9));
        story.Commit();
        Assert.NotNull(story.Begin(9));
        Assert.True(story.Stop(story.Tales[9], Data(story, 9, 100)));
        Finish(story);
    }

    [Fact]
    public void C8_ThirtyTwoFloodsAndThirtyTwoQuiet_NoQuietOneIsHeld()
    {
        // The quiet ones' records fit into the blocks that they are guaranteed; the store takes one block at a time.
        using var pool = new TestPool(128);
        var story = new PoolStory(pool.Writer);
        var floods = Enumerable.Range(100, 32).Select(pid => story.Begin(pid)!).ToList();
        var quiet = Enumerable.Range(200, 32).Select(pid => story.Begin(pid)!).ToList();
        int held = 0;
        for (int round = 0; round < 60; round++)
        {
            foreach (var flood in floods)
            {
                for (int i = 0; i < 4; i++)
                {
                    held += story.Stop(flood, Data(story, flood.Identity.Pid, 3000)) ? 0 : 1;
                }
            }

            Assert.True(story.Stop(quiet[round % 32], Data(story, 200 + (round % 32), 1000)), "a quiet process is never held");
            story.Take();
            story.Commit(1);
            Assert.True(pool.Writer.Pool.IsConserved);
        }

        Assert.InRange(held, 1000, int.MaxValue);
        Finish(story);
    }

    [Fact]
    public void C8_AsManyProcessesAsBlocks_AllOfThemGoOn()
    {
        using var pool = new TestPool(8);
        var story = new PoolStory(pool.Writer);
        var all = Enumerable.Range(100, 8).Select(pid => story.Begin(pid)!).ToList();
        int[] done = new int[8];
        for (int round = 0; round < 100; round++)
        {
            for (int i = 0; i < 8; i++)
            {
                done[i] += story.Stop(all[i], Data(story, 100 + i, 2000)) ? 1 : 0;
            }

            TakeAndCommit(story);
        }

        // Without a clock: a refusal alone sends the only block on its way.
        Assert.All(done, n => Assert.InRange(n, 50, 100));
        Finish(story);
    }

    [Fact]
    public void C8_OnlyAsyncRecordsFillTheOnlyBlock_IsCommittedAllTheSame()
    {
        using var pool = new TestPool(1);
        var story = new PoolStory(pool.Writer);
        var a = story.Begin(100)!;
        while (story.Async(a, Signal(story)))
        {
        }

        Assert.False(story.Stop(a, Data(story, 100, 100)));
        var block = pool.Writer.TryTake()!;
        Assert.True(block.HasSync, "as a Commit: nothing else would make it come back");
        pool.Writer.Return(block);
    }

    [Fact]
    public void TryReserve_ManyHalfBlockRecords_AreNeverShortOfABlock()
    {
        using var pool = new TestPool(64);
        var story = new PoolStory(pool.Writer);
        var a = story.Begin(100)!;
        foreach (int length in new[] { 281, 300, 1000, 1700, 1800, 3300, 3500 })
        {
            var records = new List<Told>();
            int bytes = 0;
            while (bytes + PoolStory.SizeOf(Data(story, 100, length)) <= pool.Writer.MaxReserve)
            {
                records.Add(Data(story, 100, length));
                bytes += PoolStory.SizeOf(records[^1]);
            }

            while (!story.Stop(a, [.. records]))
            {
                TakeAndCommit(story);
            }
        }

        Finish(story);
    }

    [Fact]
    public void TryBegin_HeldStopWasPromisedALargerShare_BirthIsHeldInstead()
    {
        using var pool = new TestPool(64);
        var story = new PoolStory(pool.Writer);
        var a = story.Begin(100)!;
        while (story.Stop(a, Data(story, 100, 3000)))
        {
        }

        var data = Data(story, 100, pool.Writer.MaxReserve - 1000);
        Assert.False(story.Stop(a, data));
        Assert.Null(story.Begin(1));
        TakeAndCommit(story);
        Assert.True(story.Stop(a, data));
        Assert.NotNull(story.Begin(500));
        Finish(story);
    }

    [Fact]
    public void LowWater_TwoHeldStopsOfAProcess_WaitsForBoth()
    {
        using var pool = new TestPool(4);
        var story = new PoolStory(pool.Writer);
        var a = story.Begin(100)!;
        var b = story.Begin(200)!;
        while (story.Stop(a, Data(story, 100, 3000)))
        {
        }

        var one = Data(story, 101, 3000);
        var two = Data(story, 102, 3000);
        Assert.False(story.Stop(a, one));
        Assert.False(story.Stop(a, two));
        story.Take();
        story.Commit(1);
        Assert.True(story.Stop(a, one));
        Assert.True(story.Stop(b, Data(story, 200, 20)));
        pool.Writer.Flush(b.Log!); // must not promise that nothing older than this comes
        TakeAndCommit(story);
        Assert.True(story.Stop(a, two));
        Finish(story);
    }

    private static void Finish(PoolStory story)
    {
        foreach (var tale in story.Tales.Values.Where(t => t.Log is not null).ToList())
        {
            story.End(tale);
        }

        story.Drain();
        StoryCheck.Complete(story);
    }

    private static void TakeAndCommit(PoolStory story)
    {
        story.Take();
        story.Commit();
    }

    private static List<DropPayload> Drops(PoolStory story)
    {
        var drops = new List<DropPayload>();
        var decoder = new RecordDecoder();
        foreach (var block in story.Journal.Values)
        {
            decoder.Load(block);
            while (decoder.MoveNext())
            {
                if (decoder.Kind == RecordKind.Drop)
                {
                    drops.Add(DropPayload.Read(decoder.Payload));
                }
            }
        }

        return drops;
    }

    private static Told Data(PoolStory story, int tid, int length) => new(RecordKind.Genio, tid, story.Now += 10, Payload: new byte[length]);

    private static Told Signal(PoolStory story) => new(RecordKind.Psig, 100, story.Now += 10, Payload: new byte[40]);
}
