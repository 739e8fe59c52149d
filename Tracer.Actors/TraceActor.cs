using Akka.Actor;
using Akka.Event;
using Tracer.Records;
using static Tracer.Actors.TraceProtocol;

namespace Tracer.Actors;

/// <summary>
/// One trace: takes parcels of one uplink, deals their blocks out to a ProcessActor each, grants credit for what is committed, and keeps a
/// journal writer going. Parent of the ProcessActors and of the JournalActor; started by the pipeline, later by the shard.
/// </summary>
/// <remarks>
/// Promises: each block that was taken in is committed once or stays unanswered; what is held never exceeds the credit; a failed writer is
/// followed by another after 0.2 s to 10 s, and what it did not commit is offered again. Holds no record's memory of its own.
/// </remarks>
public sealed partial class TraceActor : UntypedActor, IWithTimers
{
    // AwaitingJournal --Ready--> Recording --the writer stops--> AwaitingJournal, which after a back-off starts the next writer
    // Recording --Close, nothing held--> Recording until --Closed--> Over
    // any --Fenced or Abandon--> Over
    private readonly TraceActorOptions _options;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<ProcessIdentity, TracedProcess> _processes = [];
    private readonly List<TracedProcess> _dealt = [];
    private readonly BlockWindow _received = new();
    private readonly BlockWindow _committed = new();
    private TraceState _state;
    private IActorRef _journal = ActorRefs.Nobody;
    private IActorRef _uplink = ActorRefs.Nobody;
    private long _queuedBytes;
    private bool _writerReady;
    private bool _answerDue;
    private bool _connecting;
    private TraceEnding? _ending;
    private TraceEnd? _end;
    private IReply? _lastWord;

    /// <summary>As <see cref="Props(TraceActorOptions)"/> says.</summary>
    public TraceActor(TraceActorOptions options)
    {
        _options = options;
        _state = new TraceState { Credit = new CreditWindow(options.Settings.CreditBytes, 0, 0) };
        Become(AwaitingJournal);
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>An actor for one trace.</summary>
    public static Props Props(TraceActorOptions options) => Akka.Actor.Props.Create(() => new TraceActor(options));

    /// <inheritdoc/>
    protected override void OnReceive(object message) => Unhandled(message);

    /// <inheritdoc/>
    protected override void PreStart() => StartWriter();

    /// <summary>
    /// A writer that throws is stopped, as one that fails to write is. A ProcessActor that throws has lost its order: all begins again
    /// from what the uplink holds.
    /// </summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(
        e => Sender.Equals(_journal) ? Directive.Stop : Directive.Escalate);

    private void AwaitingJournal(object message)
    {
        switch (message)
        {
            case JournalProtocol.Ready ready:
                BecomeRecording(ready);
                break;
            case JournalProtocol.Failed failed:
                _state = _state.Failed(failed.Problem);
                break;
            case Terminated terminated:
                WriterStopped(terminated);
                break;
            case RetryNow:
                StartWriter();
                break;
            case Connect:
                _uplink = Sender;
                _connecting = true;      // answered when there is a writer
                break;
            default:
                Always(message);
                break;
        }
    }

    private void Recording(object message)
    {
        switch (message)
        {
            case JournalProtocol.Failed failed:
                _state = _state.Failed(failed.Problem);
                break;
            case Terminated terminated:
                WriterStopped(terminated);
                break;
            case JournalProtocol.Closed closed:
                BecomeOver(new Closed(closed.End));
                break;
            case Connect:
                _uplink = Sender;
                BeginSession();
                break;
            default:
                Always(message);
                break;
        }
    }

    private void Over(object message)
    {
        switch (message)
        {
            case ICommand when _lastWord is not null:
                Sender.Tell(_lastWord);
                break;
            case ICommand or ProcessProtocol.IReply or JournalProtocol.IReply or Terminated or RetryNow or AnswerNow:
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Always(object message)
    {
        switch (message)
        {
            case Parcel parcel:
                Deal(parcel);
                break;
            case ProcessProtocol.Answered answered:
                Answered(answered);
                break;
            case AnswerNow:
                Answer();
                break;
            case Probe probe:
                _uplink = Sender;
                if (probe.Session == _state.Session && probe.LastParcel == _state.Parcels)
                {
                    Answer();
                }
                else
                {
                    BeginSession();
                }

                break;
            case Drain:
                DrainAll();
                _journal.Tell(JournalProtocol.Flush.Instance);
                break;
            case Close close:
                _ending = close.Ending;
                CloseIfDone();
                break;
            case JournalProtocol.Fenced fenced:
                BecomeOver(new Fenced(fenced.Problem));
                break;
            case Abandon:
                BecomeOver(null);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void BecomeRecording(JournalProtocol.Ready ready)
    {
        if (ready.End is { } end && _state.CloseSent)
        {
            BecomeOver(new Closed(end));
            return;
        }

        _end = ready.End;        // closed by an earlier life of the recorder: what it left in its pool can only be repeats
        _journal = ready.Writer;
        if (_state.Epoch == 0)
        {
            _received.Reset(ready.Committed);
            _committed.Reset(ready.Committed);
        }

        _state = _state.WriterReady(ready);
        _writerReady = true;
        Become(Recording);
        var message = new ProcessProtocol.JournalIsReady(_journal, ready.Committed);
        foreach (var process in _processes.Values)
        {
            process.Actor.Tell(message);
            process.QueuedBytes = 0;
        }

        _queuedBytes = 0;
        if (_connecting)
        {
            BeginSession();
        }

        CloseIfDone();
    }

    private void BecomeOver(IReply? lastWord)
    {
        _lastWord = lastWord;
        Become(Over);
        Timers.CancelAll();
        if (lastWord is not Closed)
        {
            foreach (var process in _processes.Values)
            {
                process.Actor.Tell(ProcessProtocol.Abandon.Instance);
            }
        }

        if (!_journal.IsNobody())
        {
            Context.Stop(_journal);
        }

        if (lastWord is not null)
        {
            _uplink.Tell(lastWord);
        }
    }

    private void StartWriter()
    {
        _journal = Context.ActorOf(_options.JournalProps(_state.Epoch, _state.CloseSent));
        Context.Watch(_journal);
    }

    private void WriterStopped(Terminated terminated)
    {
        if (!terminated.ActorRef.Equals(_journal))
        {
            Unhandled(terminated);
            return;
        }

        _journal = ActorRefs.Nobody;
        _writerReady = false;
        _state = _state.WriterGone(_options.Time.GetUtcNow());
        foreach (var process in _processes.Values)
        {
            process.Actor.Tell(ProcessProtocol.JournalIsGone.Instance);
        }

        var wait = _state.Backoff(_options.Settings, _options.Random());
        TracerMetrics.WriterFailures.Add(1);
        _log.Warning("Trace {0}: {1}; tried again in {2:F1} s", _options.TraceId, _state.Problem, wait.TotalSeconds);
        _uplink.Tell(new StoreFails(_state.Problem!, _state.FailingSince, wait));
        Timers.StartSingleTimer(RetryNow.Instance, RetryNow.Instance, wait);
        Become(AwaitingJournal);
    }

    private void BeginSession()
    {
        _connecting = _state.Epoch == 0;
        if (_connecting)
        {
            return;              // what is committed is known when the first writer is ready
        }

        _state = _state.Connect();
        _uplink.Tell(new Ready(_state.Session, _committed.Snapshot(), _state.Credit.AnsweredBytes, _state.Credit.Offset));
    }

    private sealed record RetryNow : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly RetryNow Instance = new();
    }

    private sealed record AnswerNow : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly AnswerNow Instance = new();
    }
}
