using Akka.Actor;
using Akka.Event;
using Tracer.Records;
using static Tracer.Actors.TraceProtocol;

namespace Tracer.Actors;

/// <content>Blocks in, answers out.</content>
public sealed partial class TraceActor
{
    private void Deal(Parcel parcel)
    {
        if (!_state.Follows(parcel))
        {
            // Of an older session, or one before it was lost: the uplink sends all again in the next session.
            if (parcel.Session == _state.Session)
            {
                BeginSession();
            }

            return;
        }

        _state = _state with { Parcels = parcel.Index };
        long bytes = 0;
        foreach (var block in parcel.Blocks)
        {
            if (!_received.Add(block.Number))
            {
                TracerMetrics.Repeats.Add(1);
                continue;
            }

            if (_end is not null)
            {
                BecomeOver(new Fenced("the trace is closed already, and this recorder has more blocks for it"));
                return;
            }

            bytes += block.Length;
            var process = Process(block.Process);
            if (process.Batch.Count == 0)
            {
                _dealt.Add(process);
            }

            process.Batch.Add(block);
            if (block.HasSync)
            {
                process.CommitCount = process.Batch.Count;
            }
        }

        TakeIn(bytes);
        foreach (var process in _dealt)
        {
            Tell(process);
        }

        _dealt.Clear();
        if (bytes == 0)
        {
            AnswerSoon();        // all repeats: acknowledged again
        }

        if (_queuedBytes > _options.Settings.CreditBytes / 4)
        {
            // Async records that nothing drains must not eat up the credit that their own drain would need.
            DrainAll();
        }
    }

    private void Tell(TracedProcess process)
    {
        if (process.CommitCount > 0)
        {
            process.Actor.Tell(new ProcessProtocol.Commit([.. process.Batch[..process.CommitCount]]));
            _queuedBytes -= process.QueuedBytes;
            process.QueuedBytes = 0;
        }

        if (process.CommitCount < process.Batch.Count)
        {
            var queued = process.Batch[process.CommitCount..];
            long bytes = queued.Sum(static b => (long)b.Length);
            process.QueuedBytes += bytes;
            _queuedBytes += bytes;
            process.Actor.Tell(new ProcessProtocol.Enqueue([.. queued]));
        }

        process.Batch.Clear();
        process.CommitCount = 0;
    }

    private void TakeIn(long bytes)
    {
        _state = _state with { Credit = _state.Credit.Receive(bytes) };
        if (_state.Credit.Overrun)
        {
            TracerMetrics.Overruns.Add(1);
            _log.Error("Trace {0} holds {1} bytes, {2} were granted", _options.TraceId, _state.Credit.HeldBytes, _state.Credit.BudgetBytes);
        }
    }

    private TracedProcess Process(ProcessIdentity identity)
    {
        if (!_processes.TryGetValue(identity, out var process))
        {
            var state = new ProcessState { Process = identity, FromBirth = !_state.Reopened };
            process = new TracedProcess(Context.ActorOf(ProcessActor.Props(state, _options.ProcessSettings)));
            _processes.Add(identity, process);
            if (_writerReady)
            {
                process.Actor.Tell(new ProcessProtocol.JournalIsReady(_journal, BlockSet.Empty));
            }
        }

        return process;
    }

    private void Answered(ProcessProtocol.Answered answered)
    {
        long bytes = 0;
        foreach (var block in answered.Blocks)
        {
            _committed.Add(block.Number);
            bytes += block.Length;
        }

        _state = _state with { Credit = _state.Credit.Answer(bytes) };
        if (_state.Failures > 0)
        {
            _state = _state.Works();
            _uplink.Tell(StoreWorks.Instance);
        }

        if (answered.Ended && _processes.Remove(answered.Process, out var process))
        {
            Context.Stop(process.Actor);
        }

        AnswerSoon();
        CloseIfDone();
    }

    /// <summary>One answer for all that is committed by now: those of a segment's processes come together.</summary>
    private void AnswerSoon()
    {
        if (!_answerDue)
        {
            _answerDue = true;
            Self.Tell(AnswerNow.Instance);
        }
    }

    private void Answer()
    {
        _answerDue = false;
        _uplink.Tell(new Committed(_state.Session, _committed.Snapshot(), _state.Credit.Offset));
    }

    private void DrainAll()
    {
        foreach (var process in _processes.Values)
        {
            if (process.QueuedBytes > 0)
            {
                process.QueuedBytes = 0;
                process.Actor.Tell(new ProcessProtocol.Commit([]));
            }
        }

        _queuedBytes = 0;
    }

    private void CloseIfDone()
    {
        if (_ending is not null && _state.Credit.HeldBytes == 0 && _writerReady)
        {
            if (_end is not null)
            {
                BecomeOver(new Closed(_end));
                return;
            }

            _state = _state with { CloseSent = true };
            _journal.Tell(new JournalProtocol.Close(_ending));
        }
    }
}
