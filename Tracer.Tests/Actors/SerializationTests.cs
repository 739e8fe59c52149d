using System.Reflection;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Event;
using Tracer.Actors;
using Tracer.Tests.Support;

namespace Tracer.Tests.Actors;

/// <summary>
/// With serialize-messages on. Akka's own messages then need its default serializer, and its persistence sends itself what that can't
/// carry: so the journal writer is a stand-in here, and its events are tested by themselves.
/// </summary>
public sealed class SerializationTests : TraceRig
{
    public SerializationTests()
        : base(hocon: "akka.actor { serialize-messages = on, serialization-settings.allow-unregistered-types = true }")
    {
    }

    [Fact]
    public async Task Pipeline_SerializeMessagesOn_Commits()
    {
        for (int i = 0; i < 50; i++)
        {
            Source.Seal(1 + (i % 5), sync: i % 2 == 0, end: i >= 45);
        }

        var trace = Sys.ActorOf(TraceActor.Props(new TraceActorOptions
        {
            TraceId = Header.TraceId,
            Settings = Settings.Trace,
            ProcessSettings = Settings.Process,
            JournalProps = (_, _) => Props.Create(() => new Writer()),
        }));
        await FinishAsync(StartUplink(trace));
        Assert.Equal(Numbers(50), Source.Returned.Order());
        Assert.Empty(Source.Errors);
    }

    [Fact]
    public void Messages_NeverLeaveTheProcess_AndSayIt()
    {
        var protocols = new[] { typeof(ProcessProtocol), typeof(JournalProtocol), typeof(TraceProtocol), typeof(UplinkProtocol) };
        var messages = protocols.SelectMany(p => p.GetNestedTypes(BindingFlags.Public)).Where(t => t.IsClass).ToList();
        Assert.NotEmpty(messages);
        Assert.All(messages, t => Assert.True(
            typeof(INoSerializationVerificationNeeded).IsAssignableFrom(t) || typeof(IDeadLetterSuppression).IsAssignableFrom(t), t.Name));
        Assert.All(messages, t => Assert.True(t.IsSealed, t.Name));
    }

    [Fact]
    public void Events_RoundTrip_WithTheirManifests()
    {
        var serializer = new TracerSerializer((ExtendedActorSystem)Sys);
        byte[] bytes = [1, 2, 3];
        Assert.Same(bytes, serializer.ToBinary(new SegmentWritten(bytes)));
        Assert.Same(bytes, ((SegmentWritten)serializer.FromBinary(bytes, "s1")).Bytes);
        var opened = new TraceOpened(Header);
        Assert.Equal("to1", serializer.Manifest(opened));
        Assert.Equal(Header.TraceId, ((TraceOpened)serializer.FromBinary(serializer.ToBinary(opened), "to1")).Header.TraceId);
        var closed = new TraceClosed(new JournalState().End(Traces.Ending, 5));
        Assert.Equal("tc1", serializer.Manifest(closed));
        Assert.Equal(closed, serializer.FromBinary(serializer.ToBinary(closed), "tc1"));
        Assert.Equal(9101, Sys.Serialization.FindSerializerFor(closed).Identifier);
        Assert.Throws<SerializationException>(() => serializer.FromBinary(bytes, "s2"));
    }

    /// <summary>Commits at once and remembers nothing.</summary>
    private sealed class Writer : UntypedActor
    {
        protected override void PreStart() =>
            Context.Parent.Tell(new JournalProtocol.Ready(Self, 1, BlockSet.Empty, Reopened: false, End: null));

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case JournalProtocol.Append append:
                    Sender.Tell(new JournalProtocol.Stored(append.Blocks[^1].Number));
                    break;
                case JournalProtocol.Close close:
                    Context.Parent.Tell(new JournalProtocol.Closed(new JournalState().End(close.Ending, 50)));
                    break;
            }
        }
    }
}
