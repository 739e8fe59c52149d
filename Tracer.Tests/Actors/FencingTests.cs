using Akka.Actor;
using Tracer.Actors;
using Tracer.Tests.Support;

namespace Tracer.Tests.Actors;

/// <summary>Two writers of one trace: one goes on, the other stops for good, and the journal stays whole.</summary>
public sealed class FencingTests : TraceRig
{
    [Fact]
    public async Task Writer_TakenOver_IsFencedForGood()
    {
        var first = StartUplink(StartTrace());
        Source.Seal(1);
        await AwaitConditionAsync(() => Task.FromResult(Source.Returned.Count == 1), TimeSpan.FromSeconds(10));

        // Another recorder takes the trace over, as recover does with a dead pool, and commits.
        var probe = CreateTestProbe();
        var second = StartTrace();
        second.Tell(new TraceProtocol.Connect(Source.PoolId), probe);
        var ready = await probe.ExpectMsgAsync<TraceProtocol.Ready>();
        Assert.Equal(1UL, ready.Committed.Through);
        var other = new FakeBlockSource();
        for (int i = 0; i < 2; i++)
        {
            other.Seal(1);
        }

        _ = other.TryTake();
        var block = other.TryTake()!;
        second.Tell(new TraceProtocol.Parcel(ready.Session, 1, [block]), probe);
        Assert.Equal(2UL, (await probe.ExpectMsgAsync<TraceProtocol.Committed>()).Blocks.Through);

        // The first one's next write finds its sequence number taken, and then the higher epoch.
        Source.Seal(1);
        await AdvanceUntilAsync(() => Board.Now.Fatal is not null);
        first.Tell(new UplinkProtocol.Finish(Traces.Ending), TestActor);
        Assert.Contains("another recorder", (await ExpectMsgAsync<UplinkProtocol.Failed>()).Problem);
        Assert.Equal([1UL], Source.Returned);
        AssertWhole(1, 2);
        Assert.Equal([1UL, 2], Store.Segments(Header.TraceId).Select(s => s.State.Epoch));
    }

    [Fact]
    public async Task Writers_StartTogether_OneWins()
    {
        var one = StartTrace();
        var two = StartTrace();
        var a = CreateTestProbe();
        var b = CreateTestProbe();
        one.Tell(new TraceProtocol.Connect(Source.PoolId), a);
        two.Tell(new TraceProtocol.Connect(Source.PoolId), b);
        var finish = Task.WhenAll(DriveAsync(one, a), DriveAsync(two, b));
        await AdvanceUntilAsync(() => finish.IsCompleted);
        bool[] fenced = await finish;

        // Either may be the later one; if it only starts when the other is through, neither is fenced.
        Assert.InRange(fenced.Count(f => f), 0, 1);
        AssertWhole(Numbers(50));
    }

    /// <summary>Sends block after block until fenced or done.</summary>
    private async Task<bool> DriveAsync(IActorRef trace, Akka.TestKit.TestProbe probe)
    {
        var source = new FakeBlockSource();
        var blocks = Enumerable.Range(0, 50).Select(_ => source.Seal(1)).ToList();
        long session = 0;
        long index = 0;
        while (true)
        {
            switch (await probe.ReceiveOneAsync(TimeSpan.FromSeconds(20)))
            {
                case TraceProtocol.Fenced:
                    return true;
                case TraceProtocol.Ready { Committed.Through: >= 50 }:
                    return false;
                case TraceProtocol.Ready ready:
                    (session, index) = (ready.Session, 0);
                    Send(ready.Committed);
                    break;
                case TraceProtocol.Committed committed when committed.Blocks.Through >= 50:
                    return false;
                case TraceProtocol.Committed committed:
                    Send(committed.Blocks);
                    break;
                case null:
                    throw new TimeoutException();
            }
        }

        void Send(BlockSet committed) => trace.Tell(
            new TraceProtocol.Parcel(session, ++index, [blocks.First(b => !committed.Contains(b.Number))]), probe);
    }
}
