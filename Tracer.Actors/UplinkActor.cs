using Akka.Actor;
using Akka.Event;
using Tracer.Records;
using static Tracer.Actors.UplinkProtocol;

namespace Tracer.Actors;

/// <summary>
/// A recorder's side of a trace: takes sealed blocks from the pool, sends them in parcels within the credit, keeps each until it is
/// committed, and gives it back. Told by the recorder and, when blocks are sealed, by itself; answered by the TraceActor.
/// </summary>
/// <remarks>
/// Promises: no block is given back before it is committed, each is given back once, and no more is under way than was granted. The
/// TraceActor may be in another process; nothing here relies on an answer arriving.
/// </remarks>
public sealed partial class UplinkActor : UntypedActor, IWithTimers
{
    // Connecting --Ready--> Sending --Finish--> Finishing --all committed: Drain, Close--> Finishing --Closed--> Over
    // any --Fenced--> Over      any --Abandon--> Over
    private readonly UplinkActorOptions _options;
    private readonly IBlockSource _source;
    private readonly OutstandingBlocks _blocks = new();
    private readonly List<Block> _scratch = [];
    private readonly HashSet<IActorRef> _waiting = [];
    private UplinkState _state = new();
    private IReply? _lastWord;
    private bool _sourceEmpty;
    private bool _drained;
    private BlockSet _committed = BlockSet.Empty;
    private Action? _onSealed;

    /// <summary>As <see cref="Props(UplinkActorOptions)"/> says.</summary>
    public UplinkActor(UplinkActorOptions options)
    {
        _options = options;
        _source = options.Source;
        Become(Connecting);
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>An uplink from one pool to one trace.</summary>
    public static Props Props(UplinkActorOptions options) => Akka.Actor.Props.Create(() => new UplinkActor(options));

    /// <inheritdoc/>
    protected override void OnReceive(object message) => Unhandled(message);

    /// <inheritdoc/>
    protected override void PreStart()
    {
        var self = Self;
        _onSealed = () => self.Tell(Pull.Instance);
        _source.BlocksSealed += _onSealed;
        Timers.StartPeriodicTimer(ProbeNow.Instance, ProbeNow.Instance, _options.Settings.ProbeInterval);
        _options.Trace.Tell(new TraceProtocol.Connect(_source.PoolId));
    }

    /// <inheritdoc/>
    protected override void PostStop() => _source.BlocksSealed -= _onSealed;

    private void Connecting(object message)
    {
        switch (message)
        {
            case TraceProtocol.Ready ready:
                BeginSession(ready);
                break;
            case Pull:
                break;                                   // the pool holds them until there is a session
            case Finish finish:
                Wait(finish);
                break;
            case ProbeNow:
                _options.Trace.Tell(new TraceProtocol.Connect(_source.PoolId));
                break;
            default:
                Always(message);
                break;
        }
    }

    private void Sending(object message)
    {
        switch (message)
        {
            case Pull:
                Send();
                break;
            case TraceProtocol.Committed committed:
                Committed(committed);
                break;
            case TraceProtocol.Ready ready:
                BeginSession(ready);
                break;
            case Finish finish:
                Wait(finish);
                BecomeFinishing();
                break;
            case ProbeNow:
                ProbeIfWaiting();
                break;
            default:
                Always(message);
                break;
        }
    }

    private void Finishing(object message)
    {
        switch (message)
        {
            case Pull:
                Send();
                CloseIfDone();
                break;
            case TraceProtocol.Committed committed:
                Committed(committed);
                CloseIfDone();
                break;
            case TraceProtocol.Ready ready:
                BeginSession(ready);
                break;
            case TraceProtocol.Closed closed:
                BecomeOver(new Finished(closed.End));
                break;
            case Finish finish:
                Wait(finish);
                break;
            case ProbeNow:
                ProbeIfWaiting();
                CloseIfDone();                           // a lost Close is sent again
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
            case Finish or Abandon:
                Sender.Tell(_lastWord);
                break;
            case ICommand or TraceProtocol.IReply or ProbeNow:
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
            case TraceProtocol.StoreFails fails:
                Enter(_state.Fails(fails));
                break;
            case TraceProtocol.StoreWorks:
                Enter(_state.Works());
                break;
            case TraceProtocol.Fenced fenced:
                Enter(_state.Fatal(fenced.Problem));
                BecomeOver(new Failed(fenced.Problem));
                break;
            case Abandon:
                _options.Trace.Tell(TraceProtocol.Abandon.Instance);
                _waiting.Add(Sender);
                BecomeOver(Abandoned.Instance);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void BeginSession(TraceProtocol.Ready ready)
    {
        _state = _state.Ready(ready);
        _drained = false;
        Give(ready.Committed);
        _blocks.Restart(ready.StartOffset);
        if (_state.Ending is null)
        {
            Become(Sending);
            Send();
        }
        else
        {
            BecomeFinishing();
        }
    }

    private void BecomeFinishing()
    {
        Become(Finishing);
        Send();
        CloseIfDone();
    }

    private void BecomeOver(IReply lastWord)
    {
        _lastWord = lastWord;
        Timers.CancelAll();
        Become(Over);
        foreach (var asker in _waiting)
        {
            asker.Tell(lastWord);
        }

        _waiting.Clear();
    }

    private void Wait(Finish finish)
    {
        _state = _state with { Ending = _state.Ending ?? finish.Ending };
        _waiting.Add(Sender);
    }

    private void Enter(UplinkState state)
    {
        _state = state;
        ShowProgress();
    }

    private void ShowProgress() => _options.Board.Now = _state.Progress with { BlocksOutstanding = _blocks.Count, BytesOutstanding = _blocks.Bytes };

    private sealed record ProbeNow : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly ProbeNow Instance = new();
    }
}
