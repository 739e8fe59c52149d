using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Tracer.Actors;
using Tracer.Records;

namespace Tracer.Tests.Support;

/// <summary>Uplink, TraceActor, ProcessActors and journal writer over a <see cref="FaultStore"/>, in virtual time.</summary>
public abstract class TraceRig : TestKit
{
    internal const string Hocon = """
        akka.scheduler.implementation = "Akka.TestKit.TestScheduler, Akka.TestKit"
        akka.loggers = ["Akka.TestKit.TestEventListener, Akka.TestKit"]
        """;

    private protected TraceRig(FaultStore? store = null, string? hocon = null)
        : this(store ?? new FaultStore(), Parse(hocon))
    {
    }

    private TraceRig(FaultStore store, Config config)
        : base(ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(config), new FaultStoreSetup(store)))
    {
        Store = store;
        Settings = TracerSettings.Read(config);
    }

    private protected FaultStore Store { get; }

    private protected FakeBlockSource Source { get; } = new();

    private protected TraceHeader Header { get; } = Traces.Header(policy: "each");

    private protected TracerSettings Settings { get; init; }

    private protected ProgressBoard Board { get; } = new();

    private protected TestScheduler Scheduler => (TestScheduler)Sys.Scheduler;

    private protected IActorRef StartTrace(TraceHeader? header = null, TimeSpan linger = default, Func<double>? random = null)
    {
        header ??= Header;
        var journal = new JournalActorOptions
        {
            Header = header,
            PoolId = Source.PoolId,
            Settings = Settings.Journal,
            TailReader = Store,
            Linger = linger,
        };
        return Sys.ActorOf(TraceActor.Props(new TraceActorOptions
        {
            TraceId = header.TraceId,
            Settings = Settings.Trace,
            ProcessSettings = Settings.Process,
            JournalProps = (epoch, closed) => JournalActor.Props(journal with { KnownEpoch = epoch, MayBeClosed = closed }),
            Random = random ?? (() => 0.5),
        }));
    }

    private protected IActorRef StartUplink(IActorRef trace) =>
        Sys.ActorOf(UplinkActor.Props(new UplinkActorOptions { Source = Source, Trace = trace, Settings = Settings.Uplink, Board = Board }));

    private protected async Task<TraceEnd> FinishAsync(IActorRef uplink)
    {
        var probe = CreateTestProbe();
        uplink.Tell(new UplinkProtocol.Finish(Traces.Ending), probe);
        return (await probe.ExpectMsgAsync<UplinkProtocol.Finished>(TimeSpan.FromSeconds(20))).End;
    }

    /// <summary>Steps virtual time until something holds, at most a minute of it.</summary>
    private protected async Task AdvanceUntilAsync(Func<bool> done)
    {
        for (int i = 0; i < 600 && !done(); i++)
        {
            Scheduler.Advance(TimeSpan.FromMilliseconds(100));
            await SettleAsync();
        }

        Assert.True(done(), "did not happen in a minute of virtual time");
    }

    /// <summary>Lets the actors work off what they were sent: waits, in real time, for as long as something is still changing.</summary>
    private protected static Task SettleAsync() => Task.Delay(5);

    private protected void AssertWhole(params ulong[] blocks)
    {
        var segments = Store.Segments(Header.TraceId);
        var stored = segments.SelectMany(s => s.ReadBlocks()).Select(b => b.Number).Order();
        Assert.Equal(blocks.Order(), stored);
        ReadOnlyMemory<byte> hash = new byte[32];
        ulong ordinal = 0;
        foreach (var segment in segments)
        {
            Assert.Equal(++ordinal, segment.State.Ordinal);
            Assert.Equal(hash.ToArray(), segment.State.PreviousHash.ToArray());
            hash = segment.Hash;
        }

        Assert.Empty(Source.Errors);
    }

    private protected static ulong[] Numbers(int count) => [.. Enumerable.Range(1, count).Select(i => (ulong)i)];

    private static Config Parse(string? hocon) => ConfigurationFactory.ParseString((hocon ?? "") + "\n" + Hocon + "\n" + FaultJournal.Hocon)
        .WithFallback(LocalPipeline.Defaults)
        .WithFallback(DefaultConfig);
}
