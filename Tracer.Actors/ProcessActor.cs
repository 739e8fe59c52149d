using Akka.Actor;
using Akka.Event;
using Tracer.Records;
using static Tracer.Actors.ProcessProtocol;

namespace Tracer.Actors;

/// <summary>
/// One traced process: keeps the order of its blocks, queues those of async records until a commit drains them (C4), and holds each
/// block until the journal has it. Child of the TraceActor, which alone sends to it; the journal writer answers it.
/// </summary>
/// <remarks>
/// Not a persistent actor: what it holds the recorder's pool holds too. It promises that blocks reach the journal in order, that each is
/// answered once, and that to stop with pending blocks is heard (C6).
/// </remarks>
public sealed class ProcessActor : UntypedActor
{
    // Waiting --JournalIsReady, the rest is offered again--> Tracing --JournalIsGone--> Waiting
    // Waiting, Tracing --Abandon--> Abandoned
    // Stopped by the parent once it was told that the process has ended and all is committed.
    private readonly TracerSettings.ProcessSettings _settings;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private ProcessState _state;
    private IActorRef _journal = ActorRefs.Nobody;

    /// <summary>As <see cref="Props(ProcessState, TracerSettings.ProcessSettings)"/> says.</summary>
    public ProcessActor(ProcessState state, TracerSettings.ProcessSettings settings)
    {
        _state = state;
        _settings = settings;
        Become(Waiting);
    }

    /// <summary>An actor for a process from which nothing is held yet.</summary>
    public static Props Props(ProcessState state, TracerSettings.ProcessSettings settings) =>
        Akka.Actor.Props.Create(() => new ProcessActor(state, settings));

    /// <inheritdoc/>
    protected override void OnReceive(object message) => Unhandled(message);

    /// <inheritdoc/>
    protected override void PostStop()
    {
        if (_state.PendingBlocks > 0)
        {
            TracerMetrics.StoppedWithPending.Add(1);
            _log.Error(
                "C6: process {0} stopped with {1} blocks ({2} bytes) that are not committed",
                _state.Process.Pid, _state.PendingBlocks, _state.PendingBytes);
            Context.System.EventStream.Publish(new StoppedWithPending(_state.Process, _state.PendingBlocks, _state.PendingBytes));
        }
    }

    private void Waiting(object message)
    {
        switch (message)
        {
            case Enqueue enqueue:
                Queue(enqueue.Blocks);
                break;
            case Commit commit:                    // drained at the next JournalIsReady
                Queue(commit.Blocks);
                break;
            case JournalIsReady ready:
                BecomeTracing(ready);
                break;
            case JournalIsGone:
                break;
            case JournalProtocol.Stored stored:    // the last words of a writer that has stopped since
                Answer(_state.Committed(stored.Through));
                break;
            case Abandon:
                BecomeAbandoned();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Tracing(object message)
    {
        switch (message)
        {
            case Enqueue enqueue:
                Queue(enqueue.Blocks);
                if (_state.QueuedBytes >= _settings.QueueBytes)
                {
                    Offer();
                }

                break;
            case Commit commit:
                Queue(commit.Blocks);
                Offer();
                break;
            case JournalProtocol.Stored stored:
                Answer(_state.Committed(stored.Through));
                break;
            case JournalIsReady ready:
                BecomeTracing(ready);
                break;
            case JournalIsGone:
                _journal = ActorRefs.Nobody;
                Become(Waiting);
                break;
            case Abandon:
                BecomeAbandoned();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Abandoned(object message)
    {
        if (message is not (ICommand or JournalProtocol.Stored))
        {
            Unhandled(message);
        }
    }

    private void BecomeTracing(JournalIsReady ready)
    {
        _journal = ready.Journal;
        Become(Tracing);
        Answer(_state.Recovered(ready.Committed));
        if (!_state.Offered.IsEmpty)
        {
            _journal.Tell(new JournalProtocol.Append(_state.Process, [.. _state.Offered]));
        }

        // What was asked for while there was no writer is not told apart from what was only queued: all of it goes.
        Offer();
    }

    private void BecomeAbandoned()
    {
        _state = _state.Abandon();
        Become(Abandoned);
    }

    private void Queue(Block[] blocks)
    {
        foreach (var block in blocks)
        {
            if (!_state.Follows(block))
            {
                var broken = new SequenceBroken(_state.Process, block.Number, _state.ExpectedSeq, block.FirstSeq);
                TracerMetrics.SequenceBroken.Add(1);
                _log.Error(
                    "Process {0}: block {1} begins with record {2}, expected {3}",
                    _state.Process.Pid, broken.Block, broken.Found, _state.EndSeen ? "nothing after its End" : broken.Expected.ToString());
                Context.System.EventStream.Publish(broken);
            }

            _state = _state.Enqueue(block);
        }
    }

    private void Offer()
    {
        (_state, Block[] offer) = _state.Drain();
        if (offer.Length > 0)
        {
            _journal.Tell(new JournalProtocol.Append(_state.Process, offer));
        }
    }

    private void Answer((ProcessState State, Block[] Blocks) answered)
    {
        _state = answered.State;
        if (answered.Blocks.Length > 0)
        {
            Context.Parent.Tell(new Answered(_state.Process, answered.Blocks, _state.Drained));
        }
    }
}
