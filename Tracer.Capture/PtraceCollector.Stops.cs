using Tracer.Capture.Interop;
using Tracer.Records;
using Tracer.Records.Payloads;

namespace Tracer.Capture;

// One stop: its records, then the thread goes on; or it is held, and the stop is handled again later.
public sealed unsafe partial class PtraceCollector
{
    private enum Outcome : byte
    {
        /// <summary>The records are in; the thread may go on.</summary>
        Go,

        /// <summary>No room: nothing was recorded.</summary>
        NoRoom,

        /// <summary>No place for a new process: nothing was recorded.</summary>
        NoPlace,

        /// <summary>The thread was killed; its end comes by wait.</summary>
        Gone,
    }

    private void Handle(Tracee tracee, in WaitEvent stop, long now)
    {
        if (stop.IsEnd)
        {
            OnEnd(tracee, stop, now);
            return;
        }

        tracee.Listening = false;
        if (tracee.LeaveAtBirth)
        {
            Leave(tracee, stop, now);
            return;
        }

        switch (Record(tracee, stop, now))
        {
            case Outcome.Go:
                GoOn(tracee, stop, now, now);
                break;
            case Outcome.NoRoom when tracee.Process.InGap || _leaving:
                DropGathered(tracee, now);
                Resume(tracee, stop, now);
                break;
            case Outcome.NoPlace when _leaving:
                Resume(tracee, stop, now);
                break;
            case Outcome.NoRoom:
                BeginHold(tracee, stop, HoldReason.NoBlock, now, now);
                break;
            case Outcome.NoPlace:
                BeginHold(tracee, stop, HoldReason.Birth, now, now);
                break;
        }
    }

    // Appends what the stop yields, whole or not at all: it may be called again for the same stop.
    private Outcome Record(Tracee tracee, in WaitEvent stop, long time)
    {
        _scratch.Clear(RecordKind.None);
        if (!tracee.Started)
        {
            if (_executed && !tracee.Process.Announced && Announce(tracee.Process, time) is var outcome and not Outcome.Go)
                return outcome;

            tracee.Started = true;
        }

        switch (stop.Kind)
        {
            case WaitKind.Syscall:
                return OnSyscall(tracee, time);
            case WaitKind.Signal:
                return OnSignal(tracee, stop, time);
            case WaitKind.NewChild:
                return OnNewChild(tracee, stop, time);
            case WaitKind.Exec:
                return OnExec(tracee, time);
            default:
                return Outcome.Go;
        }
    }

    // The records are in: under policy each the thread waits for their commit.
    private void GoOn(Tracee tracee, in WaitEvent stop, long stopNs, long now)
    {
        TracedProcess process = tracee.Process;
        if (_options.EachPolicy && stop.Kind == WaitKind.Syscall && process.Log is { } log && !_leaving)
        {
            ulong number = _sink.Flush(log);
            bool committed = _sink.IsCommitted(number);
            if (committed)
            {
                process.SkipsCommit = false;
            }
            else if (!process.SkipsCommit)
            {
                BeginHold(tracee, stop, HoldReason.Each, stopNs, now);
                tracee.Hold.CommitNumber = number;
                return;
            }
        }

        Resume(tracee, stop, now);
    }

    private void Resume(Tracee tracee, in WaitEvent stop, long now)
    {
        if (_leaving)
        {
            Leave(tracee, stop, now);
            return;
        }

        long request = stop.Resume == ResumeHow.Listen ? Libc.PTRACE_LISTEN : _executed ? _go : Libc.PTRACE_CONT;
        int signal = stop.Resume == ResumeHow.GoWithSignal ? stop.Signal : 0;
        tracee.Listening = request == Libc.PTRACE_LISTEN;
        if (Libc.ptrace(request, tracee.Tid, 0, signal) == 0)
        {
            if (tracee.Listening && tracee.Tid == tracee.Process.Pid)
                _options.OnGroupStop?.Invoke(tracee.Tid, stop.Signal);

            return;
        }

        int errno = Errno.Last;
        if (errno == Errno.EIO && request == Libc.PTRACE_LISTEN)
        {
            // SIGCONT has ended the group-stop between the wait and here.
            tracee.Listening = false;
            if (Libc.ptrace(_go, tracee.Tid, 0, 0) == 0)
                return;

            errno = Errno.Last;
        }

        if (errno != Errno.ESRCH)
            throw Errno.Failure($"ptrace({request}, {tracee.Tid})", errno);
    }

    private void OnEnd(Tracee tracee, in WaitEvent end, long now)
    {
        TracedProcess process = tracee.Process;
        if (tracee.Hold.Active)
        {
            // Killed while held: the stop's records never found room.
            if (tracee.Hold.Reason == HoldReason.NoBlock && tracee.Hold.Call != RecordKind.None && process.Log is { } log)
                _sink.Drop(log, tracee.Hold.Call, 1, tracee.Hold.StopNs, tracee.Hold.StopNs, DropReason.PoolFull);

            EndHold(tracee, now);
            _held.Remove(tracee);
        }

        RemoveTracee(tracee);
        // The kernel reports a leader's end after those of all other threads.
        if (tracee.Tid == process.Pid && !tracee.LeaveAtBirth)
            OnProcessEnd(process, end.Status, now);
    }
}
