using Tracer.Records;
using Tracer.Records.Payloads;
using Tracer.Tests.Support;

namespace Tracer.Tests.Records;

/// <summary>C12: kill -9 between every pair of stores in the block protocol, and between those of the recovery.</summary>
public sealed class PoolRecoveryTests
{
    [SkippableFact]
    public void C12_ShortProcess_EachCrashPoint_IsRecovered() => Run(8, story =>
    {
        var a = story.Begin(100)!;
        Call(story, a, 1);
        story.Async(a, Signal(story, 100));
        story.Writer.Flush(a.Log!);
        story.Take();
        story.Commit();
        Call(story, a, 2);
        story.End(a);
        story.Take();
        story.Commit();
        story.Writer.Tick(story.Now);
    });

    [SkippableFact]
    public void C12_FloodWithReturns_EachCrashPoint_IsRecovered() => Run(6, story =>
    {
        var a = story.Begin(100)!;
        var b = story.Begin(200)!;
        for (int i = 0; i < 12; i++)
        {
            Stop(story, a, Data(story, 100, 1500), Data(story, 100, 1500));
            if (i % 4 == 0)
            {
                Call(story, b, i);
            }

            if (i % 3 == 2)
            {
                story.Take();
                story.Commit(2);
            }
        }

        story.End(b);
        story.End(a, EndReason.Detach);
    });

    [SkippableFact]
    public void C12_RecordCutBetweenBlocks_EachCrashPoint_IsRecovered() => Run(24, story =>
    {
        var a = story.Begin(100)!;
        Call(story, a, 1);
        Stop(story, a, Data(story, 100, 9000));
        CommitAll(story);
        Call(story, a, 2);
        Stop(story, a, Data(story, 101, 4000));
        story.End(a);
    });

    [SkippableFact]
    public void C12_CutRecordWhoseBeginningIsCommittedAtOnce_EachCrashPoint_IsRecovered() => Run(24, story =>
    {
        // The uplink is as quick as can be: a block is committed and given back before the writer's next store.
        story.Writer.BlocksSealed += () => CommitAll(story);
        story.Take();
        var a = story.Begin(100)!;
        Stop(story, a, Data(story, 100, 9000));
        story.Take();
        Call(story, a, 1);
        story.End(a);
    });

    [SkippableFact]
    public void C12_AsyncDropsThenEnd_EachCrashPoint_IsRecovered() => Run(2, story =>
    {
        var a = story.Begin(100)!;
        var b = story.Begin(200)!;
        Call(story, b, 1);
        Stop(story, a, Data(story, 100, 3000));
        while (story.Async(a, Signal(story, 100)))
        {
        }

        story.Async(a, Signal(story, 100) with { Kind = RecordKind.Csw });
        story.Drop(a, RecordKind.Genio, 7, DropReason.Stall);
        story.Drop(a, RecordKind.Genio, 2, DropReason.Kernel);
        story.End(a);
        CommitAll(story);
        story.Writer.Tick(story.Now);
        CommitAll(story);
        story.End(b);
    });

    [SkippableFact]
    public void C12_DropsDeclaredInMidLife_EachCrashPoint_IsRecovered() => Run(2, story =>
    {
        var a = story.Begin(100)!;
        Stop(story, a, Data(story, 100, 3000));
        story.Writer.Flush(a.Log!);
        var b = story.Begin(200)!;
        story.Async(a, Signal(story, 100));
        story.Async(a, Signal(story, 100) with { Kind = RecordKind.Fault });
        CommitAll(story);
        Call(story, a, 1);
        Assert.Equal(0u, a.Log!.Lost);
        story.End(b);
        story.End(a);
    });

    [SkippableFact]
    public void C12_SlotUsedAgain_EachCrashPoint_IsRecovered() => Run(6, slots: 1, scenario: story =>
    {
        for (int pid = 100; pid < 106; pid++)
        {
            var a = story.Begin(pid)!;
            Call(story, a, pid);
            story.End(a);
            if (pid % 2 == 0)
            {
                CommitAll(story);
            }
            else
            {
                Assert.Null(story.Begin(999));
                CommitAll(story);
            }
        }
    });

    [Fact]
    public void Run_EverythingCommittedBeforeTheCrash_IsDrainedAtOnce()
    {
        using var pool = new TestPool(8);
        var story = new PoolStory(pool.Writer);
        var a = story.Begin(100)!;
        Call(story, a, 1);
        story.End(a);
        CommitAll(story);
        Assert.True(pool.Writer.IsDrained);
        using var copy = pool.Copy("again");
        var writer = PoolRecovery.Run(copy, story.Now);
        Assert.Null(writer.TryTake());
        Assert.True(writer.IsDrained);
        Assert.True(writer.IsCommitted(writer.SealedThrough));
    }

    /// <summary>Crashes everywhere; at the end nothing is left and the story is complete.</summary>
    private static void Run(int blocks, Action<PoolStory> scenario, int slots = 4)
    {
#if DEBUG
        using var pool = new TestPool(blocks, slots);
        var story = new PoolStory(pool.Writer);
        int points = Crash.Everywhere(pool, story, () =>
        {
            scenario(story);
            story.Drain();
        });
        StoryCheck.Complete(story);
        Assert.InRange(points, 100, int.MaxValue);
#else
        Skip.If(true, "crash points exist in Debug builds only");
#endif
    }

    private static void CommitAll(PoolStory story)
    {
        story.Take();
        story.Commit();
    }

    private static void Call(PoolStory story, Tale tale, int i) => Stop(
        story, tale,
        new Told(RecordKind.Syscall, tale.Identity.Pid, story.Now += 10, 3 + (i % 5), 0, [(ulong)i, 2, 3]),
        new Told(RecordKind.Sysret, tale.Identity.Pid, story.Now += 10, 3 + (i % 5), i));

    private static void Stop(PoolStory story, Tale tale, params Told[] records)
    {
        for (int i = 0; !story.Stop(tale, records); i++)
        {
            Assert.True(i < 100, "a held thread goes on when blocks come back");
            CommitAll(story);
        }
    }

    private static Told Data(PoolStory story, int tid, int length) =>
        new(RecordKind.Genio, tid, story.Now += 10, Payload: [.. Enumerable.Range(0, length).Select(i => unchecked((byte)(i * 7)))]);

    private static Told Signal(PoolStory story, int tid) => new(RecordKind.Psig, tid, story.Now += 10, Payload: new byte[40]);
}
