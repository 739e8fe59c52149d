using Tracer.Actors;
using Tracer.Tests.Support;

namespace Tracer.Tests.Actors;

/// <summary>C11: a store that fails is tried again from the caller's copy, and each block is in the journal once.</summary>
public sealed class JournalFailureTests : TraceRig
{
    public static TheoryData<int[]> FaultRuns => new()
    {
        new[] { (int)Fault.Fail },
        new[] { (int)Fault.None, (int)Fault.Fail, (int)Fault.Fail },
        new[] { (int)Fault.None, (int)Fault.Reject },
        new[] { (int)Fault.None, (int)Fault.FailButStored },
        new[] { (int)Fault.FailButStored, (int)Fault.FailButStored, (int)Fault.FailButStored },
        new[] { (int)Fault.None, (int)Fault.None, (int)Fault.FailButStored, (int)Fault.Fail, (int)Fault.Reject, (int)Fault.Fail },
    };

    [Theory]
    [MemberData(nameof(FaultRuns))]
    public async Task C11_Store_FailsThenWorks_EachBlockOnce(int[] faults)
    {
        foreach (int fault in faults)
        {
            Store.Faults.Enqueue((Fault)fault);
        }

        var uplink = StartUplink(StartTrace());
        for (int i = 0; i < 100; i++)
        {
            Source.Seal(1 + (i % 7), sync: i % 4 != 0);
        }

        var finish = FinishAsync(uplink);
        await AdvanceUntilAsync(() => finish.IsCompleted);
        var end = await finish;
        AssertWhole(Numbers(100));
        Assert.Equal(100UL, end.Blocks);
        Assert.Equal(Numbers(100), Source.Returned.Order());
        Assert.Null(Board.Now.Failure);
    }

    [Fact]
    public async Task C11_UnknownOutcome_LandsAfterTheNextWriterHasRead_EachBlockOnce()
    {
        Store.Faults.Enqueue(Fault.None);
        Store.Faults.Enqueue(Fault.FailAndLandLater);
        Store.Faults.Enqueue(Fault.Hold);                  // the next writer's first segment is under way when the old one lands
        var uplink = StartUplink(StartTrace());
        for (int i = 0; i < 10; i++)
        {
            Source.Seal(1);
        }

        var finish = FinishAsync(uplink);
        await AdvanceUntilAsync(() => Store.HeldCount == 1);
        Store.Land();
        Store.Release();                                   // fails: the number is taken
        await AdvanceUntilAsync(() => finish.IsCompleted);
        await finish;
        AssertWhole(Numbers(10));
        Assert.Equal(Numbers(10), Source.Returned.Order());
    }

    [Fact]
    public async Task C11_StoreDown_BacksOffUpToTheMost_AndSaysSo()
    {
        Store.Always = Fault.Fail;
        var uplink = StartUplink(StartTrace());
        Source.Seal(1);
        await AdvanceUntilAsync(() => Board.Now.Failure is not null);
        Assert.NotNull(Board.Now.RetryingSince);
        int before = Store.Writes;
        for (int i = 0; i < 300; i++)
        {
            Scheduler.Advance(TimeSpan.FromMilliseconds(100));
            await SettleAsync();
        }

        Assert.InRange(Store.Writes - before, 2, 12);      // 30 s: 0.2, 0.4 ... 8.3, 8.3
        Assert.Empty(Source.Returned);

        Store.Always = Fault.None;
        await AdvanceUntilAsync(() => Source.Returned.Count == 1);
        Assert.Null(Board.Now.Failure);
        AssertWhole(1);
    }

    [Fact]
    public void Backoff_Doubles_WithinItsBounds()
    {
        var settings = new TracerSettings.TraceSettings();
        var state = new TraceState();
        var waits = new List<double>();
        for (int i = 0; i < 40; i++)
        {
            state = state.WriterGone(DateTimeOffset.UnixEpoch);
            foreach (double random in new[] { 0.0, 0.5, 1.0 })
            {
                Assert.InRange(state.Backoff(settings, random), settings.MinBackoff, settings.MaxBackoff);
            }

            waits.Add(state.Backoff(settings, 0.5).TotalSeconds);
        }

        Assert.Equal([0.2, 0.4, 0.8, 1.6, 3.2, 6.4], waits[..6].Select(w => Math.Round(w, 3)));
        Assert.Equal(40, state.Failures);
        Assert.Equal(0, state.Works().Failures);
    }

    [Fact]
    public async Task C11_TailUnreadable_IsTriedAgain()
    {
        Store.TailFails = true;
        var uplink = StartUplink(StartTrace());
        Source.Seal(1);
        await AdvanceUntilAsync(() => Board.Now.Failure is not null);
        Store.TailFails = false;
        await AdvanceUntilAsync(() => Source.Returned.Count == 1);
        AssertWhole(1);
    }

    [Fact]
    public async Task C11_CloseFails_IsTriedAgain_AndClosesOnce()
    {
        Store.Faults.Enqueue(Fault.None);                  // TraceOpened
        Store.Faults.Enqueue(Fault.None);                  // the segment
        Store.Faults.Enqueue(Fault.Fail);
        Store.Faults.Enqueue(Fault.FailButStored);
        var uplink = StartUplink(StartTrace());
        Source.Seal(1);
        await AdvanceUntilAsync(() => Source.Returned.Count == 1);
        var finish = FinishAsync(uplink);
        await AdvanceUntilAsync(() => finish.IsCompleted);
        await finish;
        Assert.Single(Store.Rows(Header.TraceId).OfType<TraceClosed>());
        AssertWhole(1);
    }

    [Fact]
    public async Task C7_Credit_IsNeverExceeded_WhileTheStoreIsStuck()
    {
        Store.Faults.Enqueue(Fault.None);
        Store.Faults.Enqueue(Fault.Hold);
        var uplink = StartUplink(StartTrace());
        int bytes = 60_000;
        for (int i = 0; i < 600; i++)
        {
            Source.Seal(1 + (i % 3), bytes);               // 36 MB for a credit of 24 MiB
        }

        await AwaitConditionAsync(() => Task.FromResult(Store.HeldCount == 1), TimeSpan.FromSeconds(10));
        await AwaitConditionAsync(() => Task.FromResult(Board.Now.BytesOutstanding > 20 << 20), TimeSpan.FromSeconds(10));
        await SettleAsync();
        Assert.InRange(Board.Now.BytesOutstanding, 0, Settings.Trace.CreditBytes + (2 * bytes));
        Store.Release();
        var finish = FinishAsync(uplink);
        await finish;
        AssertWhole(Numbers(600));
        Assert.Equal(1, Store.MostUnderWay);
    }

    [Fact]
    public async Task C7_AsyncFlood_DoesNotEatTheCreditOfItsOwnDrain()
    {
        var uplink = StartUplink(StartTrace());
        for (int i = 0; i < 4000; i++)
        {
            Source.Seal(1 + (i % 2000), bytes: 16_000, sync: false);     // 64 MB in queues of 32 KB each
        }

        await AwaitConditionAsync(() => Task.FromResult(Source.Returned.Count > 1000), TimeSpan.FromSeconds(20));
        await FinishAsync(uplink);
        AssertWhole(Numbers(4000));
    }

    [Fact]
    public async Task C6_TraceActorStopped_WithPendingBlocks_IsHeard()
    {
        var heard = CreateTestProbe();
        Sys.EventStream.Subscribe(heard, typeof(ProcessProtocol.StoppedWithPending));
        Store.Faults.Enqueue(Fault.None);
        Store.Faults.Enqueue(Fault.Hold);
        var trace = StartTrace();
        StartUplink(trace);
        Source.Seal(5);
        await AwaitConditionAsync(() => Task.FromResult(Store.HeldCount == 1), TimeSpan.FromSeconds(10));
        Sys.Stop(trace);
        Assert.Equal(1, (await heard.ExpectMsgAsync<ProcessProtocol.StoppedWithPending>()).Blocks);
        Store.Release();
    }

    [Fact]
    public async Task C6_Abandon_LeavesTheBlocksInThePool_AndIsNoFailure()
    {
        var heard = CreateTestProbe();
        Sys.EventStream.Subscribe(heard, typeof(ProcessProtocol.StoppedWithPending));
        Store.Faults.Enqueue(Fault.None);
        Store.Faults.Enqueue(Fault.Hold);
        var trace = StartTrace();
        var uplink = StartUplink(trace);
        Source.Seal(5);
        await AwaitConditionAsync(() => Task.FromResult(Store.HeldCount == 1), TimeSpan.FromSeconds(10));
        uplink.Tell(UplinkProtocol.Abandon.Instance, TestActor);
        await ExpectMsgAsync<UplinkProtocol.Abandoned>();
        await WatchAsync(trace);
        Sys.Stop(trace);
        await ExpectTerminatedAsync(trace);
        await heard.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
        Assert.Empty(Source.Returned);
        Store.Release();
    }
}
