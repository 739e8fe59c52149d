using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using static Tracer.Actors.JournalProtocol;

namespace Tracer.Actors;

/// <summary>
/// The writer of one trace: gathers blocks into segments and persists them, one write under way at a time. Child of the TraceActor,
/// which starts another when this one stops: a failed write stops a persistent actor, by Akka's rule.
/// </summary>
/// <remarks>
/// PersistAsync and not Persist: Persist stashes, and then each command becomes a small segment of its own (14 times slower on a store of
/// 300 ms a write). Holds no block longer than its caller does; what it loses by stopping is offered again to the next one.
/// When it has stopped, nobody reads the blocks' memory.
/// </remarks>
public sealed partial class JournalActor : UntypedPersistentActor, IWithTimers
{
    // Recovering --highest sequence number is known--> Reading --last row, new trace--> Opening --TraceOpened is committed--> Collecting
    // Reading --last row, known trace--> Collecting --Close, all is committed--> Closing --TraceClosed is committed--> Closed
    // any --write fails--> stopped     Reading --a higher epoch than ours, or a trace that someone else closed--> Fenced, stopped for good
    private readonly JournalActorOptions _options;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly BlockQueue _queue = new();
    private readonly SegmentPress _press;
    private readonly BlockWindow _committed = new();
    private BlockSet _found = BlockSet.Empty;
    private JournalState _state = new();
    private PressedSegment? _writing;
    private PressedSegment? _pressed;
    private bool _pressing;
    private bool _due;
    private bool _lingering;
    private long _target;
    private long _writeStarted;
    private TraceEnding? _ending;

    /// <summary>As <see cref="Props(JournalActorOptions)"/> says.</summary>
    public JournalActor(JournalActorOptions options)
    {
        _options = options;
        _target = options.Settings.SegmentBytes;
        _press = new SegmentPress(options.Settings);
    }

    /// <inheritdoc/>
    public override string PersistenceId => PersistenceIdOf(_options.Header.TraceId);

    /// <summary>No snapshot and no replay: the last row says all. Akka still asks for the highest sequence number.</summary>
    public override Recovery Recovery => Recovery.None;

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>A writer for one trace.</summary>
    public static Props Props(JournalActorOptions options) => Akka.Actor.Props.Create(() => new JournalActor(options));

    /// <summary>The persistence id of a trace.</summary>
    public static string PersistenceIdOf(Guid traceId) => traceId.ToString("N");

    /// <inheritdoc/>
    protected override void OnRecover(object message)
    {
    }

    /// <inheritdoc/>
    protected override void OnReplaySuccess()
    {
        Become(Reading);
        var reader = _options.TailReader;
        var traceId = _options.Header.TraceId;
        Task.Run(() => new TailRead(reader.ReadTail(traceId))).PipeTo(Self, failure: static e => new TailUnreadable(e));
    }

    /// <inheritdoc/>
    protected override void OnCommand(object message) => Unhandled(message);

    /// <inheritdoc/>
    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        _log.Warning("Event {0} of trace {1} was not stored: {2}", sequenceNr, PersistenceId, cause.Message);
        Context.Parent.Tell(new Failed(StoreFailure.Describe(cause)));
    }

    /// <inheritdoc/>
    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        // Akka goes on after a rejection and never calls the handler. Here nothing may follow a segment that is missing.
        _log.Error(cause, "Event {0} of trace {1} was rejected", sequenceNr, PersistenceId);
        Stop(new Failed(StoreFailure.Describe(cause)));
    }

    /// <inheritdoc/>
    protected override void OnRecoveryFailure(Exception reason, object? message = null)
    {
        _log.Warning("Trace {0} can't be opened for writing: {1}", PersistenceId, reason.Message);
        Context.Parent.Tell(new Failed(StoreFailure.Describe(reason)));
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _press.Dispose();
        base.PostStop();
    }

    private void Reading(object message)
    {
        switch (message)
        {
            case TailRead { Tail: var tail }:
                Opened(tail);
                break;
            case TailUnreadable { Cause: var cause }:
                _log.Warning("The end of trace {0} can't be read: {1}", PersistenceId, cause.Message);
                Stop(new Failed(StoreFailure.Describe(cause)));
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Opening(object message) => Unhandled(message);

    private void Collecting(object message)
    {
        switch (message)
        {
            case Append append:
                Take(append);
                break;
            case Pressed { Segment: var segment }:
                _pressing = false;
                _pressed = segment;
                _state = segment.After;
                Advance();
                break;
            case PressFailed { Cause: var cause }:
                _log.Error(cause, "A segment of trace {0} can't be made", PersistenceId);
                Stop(new Failed(cause.Message));
                break;
            case LingerIsOver or Flush:
                _due = true;
                Advance();
                break;
            case Close close:
                _ending = close.Ending;
                Advance();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Closing(object message)
    {
        if (message is not (Close or Flush or LingerIsOver))
        {
            Unhandled(message);
        }
    }

    private void Closed(object message)
    {
        if (message is not (Flush or LingerIsOver or Close))
        {
            Unhandled(message);
        }
    }

    private void Opened(TraceTail tail)
    {
        if (tail.LastSequenceNr != LastSequenceNr)
        {
            // Someone wrote between the two reads: perhaps our own last write, which was given up and landed now.
            Stop(new Failed("the trace was written to while it was being opened"));
            return;
        }

        ulong epoch = tail.Segment?.Epoch ?? 0;
        if (_options.KnownEpoch > 0 && (epoch > _options.KnownEpoch || (tail.End is not null && !_options.MayBeClosed)))
        {
            _log.Error("Trace {0} has another writer: epoch {1}, ours was {2}", PersistenceId, epoch, _options.KnownEpoch);
            Stop(new Fenced(tail.End is null ? $"another recorder writes this trace (epoch {epoch})" : "another recorder has closed this trace"));
            return;
        }

        _state = JournalState.At(tail);
        _found = tail.Segment is { } last && last.PoolId == _options.PoolId
            ? BlockSet.From(last.CommittedThrough, last.CommittedBeyond)
            : BlockSet.Empty;
        _committed.Reset(_found);
        if (tail.LastSequenceNr > 0)
        {
            BecomeCollecting(tail);
            return;
        }

        Become(Opening);
        PersistAsync(new TraceOpened(_options.Header), _ => BecomeCollecting(tail));
    }

    private void BecomeCollecting(TraceTail tail)
    {
        Become(tail.End is null ? Collecting : Closed);
        Context.Parent.Tell(new Ready(Self, _state.Epoch, _committed.Snapshot(), tail.Segment is not null, tail.End));
    }

    private void BecomeClosing(TraceEnding ending)
    {
        Become(Closing);
        var end = _state.End(ending, Math.Max(_committed.Highest, _committed.Through));
        PersistAsync(new TraceClosed(end), closed =>
        {
            Become(Closed);
            Context.Parent.Tell(new JournalProtocol.Closed(closed.End));
        });
    }

    private void Stop(IReply lastWord)
    {
        Context.Parent.Tell(lastWord);
        Context.Stop(Self);
    }

    private sealed record TailRead(TraceTail Tail) : INoSerializationVerificationNeeded;

    private sealed record TailUnreadable(Exception Cause) : INoSerializationVerificationNeeded;

    private sealed record Pressed(PressedSegment Segment) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    private sealed record PressFailed(Exception Cause) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    private sealed record LingerIsOver : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly LingerIsOver Instance = new();
    }
}
