using Akka.Actor;
using Tracer.Actors;
using Tracer.Records;
using Tracer.Tests.Support;

namespace Tracer.Tests.Actors;

/// <summary>A trace over a journal that does not fail: sessions, credit, repeats, order, end.</summary>
public sealed class TraceActorTests : TraceRig
{
    [Fact]
    public async Task Finish_ManyProcesses_EachBlockStoredOnceAndReturnedOnce()
    {
        for (int i = 0; i < 200; i++)
        {
            Source.Seal(1 + (i % 20), sync: i % 3 != 0);
        }

        var uplink = StartUplink(StartTrace());
        var end = await FinishAsync(uplink);

        AssertWhole(Numbers(200));
        Assert.Equal(Numbers(200), Source.Returned.Order());
        Assert.Equal(200UL, Source.Through);
        Assert.Equal(200UL, end.Blocks);
        Assert.Equal(0, Board.Now.BlocksOutstanding);
        Assert.Equal(1, Store.MostUnderWay);
    }

    [Fact]
    public async Task Finish_NothingSealed_OpensAndClosesTheTrace()
    {
        var end = await FinishAsync(StartUplink(StartTrace()));
        Assert.Equal(0UL, end.Segments);
        Assert.Equal("", end.LastHash);
        Assert.Collection(Store.Rows(Header.TraceId), r => Assert.IsType<TraceOpened>(r), r => Assert.IsType<TraceClosed>(r));
    }

    [Fact]
    public async Task Finish_AskedTwice_AnswersBoth()
    {
        var uplink = StartUplink(StartTrace());
        var first = await FinishAsync(uplink);
        Assert.Equal(first, await FinishAsync(uplink));
    }

    [Fact]
    public async Task Parcel_Repeated_IsAcknowledgedAndNotStored()
    {
        var trace = StartTrace();
        var ready = await ConnectAsync(trace);
        var block = Source.Seal(1);
        trace.Tell(new TraceProtocol.Parcel(ready.Session, 1, [block]), TestActor);
        Assert.Equal(1UL, (await ExpectMsgAsync<TraceProtocol.Committed>()).Blocks.Through);

        trace.Tell(new TraceProtocol.Parcel(ready.Session, 2, [block]), TestActor);
        Assert.Equal(1UL, (await ExpectMsgAsync<TraceProtocol.Committed>()).Blocks.Through);
        AssertWhole(1);
    }

    [Fact]
    public async Task Parcel_OneLost_BeginsASessionAndAllIsSentAgain()
    {
        var trace = StartTrace();
        var ready = await ConnectAsync(trace);
        Block[] blocks = [Source.Seal(1), Source.Seal(1), Source.Seal(1)];
        trace.Tell(new TraceProtocol.Parcel(ready.Session, 1, [blocks[0]]), TestActor);
        await ExpectMsgAsync<TraceProtocol.Committed>();
        trace.Tell(new TraceProtocol.Parcel(ready.Session, 3, [blocks[2]]), TestActor);   // 2 was lost

        var again = await ExpectMsgAsync<TraceProtocol.Ready>();
        Assert.Equal(1UL, again.Committed.Through);
        trace.Tell(new TraceProtocol.Parcel(ready.Session, 4, [blocks[2]]), TestActor);   // of the old session: ignored
        trace.Tell(new TraceProtocol.Parcel(again.Session, 1, blocks[1..]), TestActor);
        await FishForMessageAsync<TraceProtocol.Committed>(c => c.Blocks.Through == 3);
        AssertWhole(1, 2, 3);
    }

    [Fact]
    public async Task Probe_LastParcelLost_BeginsASession()
    {
        var trace = StartTrace();
        var ready = await ConnectAsync(trace);
        trace.Tell(new TraceProtocol.Probe(ready.Session, 1), TestActor);
        Assert.Equal(ready.Session + 1, (await ExpectMsgAsync<TraceProtocol.Ready>()).Session);
    }

    [Fact]
    public async Task C4_AsyncBlocks_AreCommittedWithTheCommitAfterThem()
    {
        var trace = StartTrace();
        var ready = await ConnectAsync(trace);
        Block[] blocks = [Source.Seal(1, sync: false), Source.Seal(2, sync: false), Source.Seal(1, sync: false), Source.Seal(1), Source.Seal(1, sync: false)];
        trace.Tell(new TraceProtocol.Parcel(ready.Session, 1, blocks[..3]), TestActor);
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100));       // queued: nothing commits them
        Assert.Empty(Store.Segments(Header.TraceId));
        trace.Tell(new TraceProtocol.Parcel(ready.Session, 2, blocks[3..]), TestActor);
        await ExpectMsgAsync<TraceProtocol.Committed>();

        var stored = Assert.Single(Store.Segments(Header.TraceId)).ReadBlocks().Select(b => b.Number);
        Assert.Equal([1UL, 3, 4], stored);
    }

    [Fact]
    public async Task C5_Drain_CommitsWhatNothingElseWould()
    {
        var trace = StartTrace();
        var ready = await ConnectAsync(trace);
        trace.Tell(new TraceProtocol.Parcel(ready.Session, 1, [Source.Seal(1, sync: false), Source.Seal(2, sync: false)]), TestActor);
        trace.Tell(TraceProtocol.Drain.Instance, TestActor);
        await FishForMessageAsync<TraceProtocol.Committed>(c => c.Blocks.Through == 2);
        AssertWhole(1, 2);
    }

    [Fact]
    public async Task C4_Segments_HoldEachProcessInOrder()
    {
        for (int i = 0; i < 500; i++)
        {
            Source.Seal(1 + (i * 7 % 13), bytes: 2000, sync: i % 5 == 0);
        }

        await FinishAsync(StartUplink(StartTrace()));
        var last = new Dictionary<ProcessIdentity, ulong>();
        foreach (var block in Store.Segments(Header.TraceId).SelectMany(s => s.ReadBlocks()))
        {
            Assert.Equal(last.GetValueOrDefault(block.Process) + 1, block.FirstSeq);
            last[block.Process] = block.LastSeq;
        }
    }

    [Fact]
    public async Task Process_Ended_IsStoppedWhenItsEndIsCommitted()
    {
        var broken = CreateTestProbe();
        Sys.EventStream.Subscribe(broken, typeof(ProcessProtocol.StoppedWithPending));
        var trace = StartTrace();
        var uplink = StartUplink(trace);
        for (int pid = 1; pid <= 300; pid++)
        {
            Source.Seal(pid, end: true);
        }

        await FinishAsync(uplink);
        await AwaitConditionAsync(() => Task.FromResult(ChildCount(trace) <= 1), TimeSpan.FromSeconds(5));
        await broken.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public async Task Block_OutOfSequence_IsHeardAndStored()
    {
        var heard = CreateTestProbe();
        Sys.EventStream.Subscribe(heard, typeof(ProcessProtocol.SequenceBroken));
        Source.Seal(1, records: 3);
        Source.Seal(1, firstSeq: 9);
        await FinishAsync(StartUplink(StartTrace()));
        var broken = await heard.ExpectMsgAsync<ProcessProtocol.SequenceBroken>();
        Assert.Equal((4UL, 9UL), (broken.Expected, broken.Found));
        AssertWhole(1, 2);
    }

    private static int ChildCount(IActorRef actor) => ((ActorRefWithCell)actor).Children.Count();

    private async Task<TraceProtocol.Ready> ConnectAsync(IActorRef trace)
    {
        trace.Tell(new TraceProtocol.Connect(Source.PoolId), TestActor);
        return await ExpectMsgAsync<TraceProtocol.Ready>();
    }
}
