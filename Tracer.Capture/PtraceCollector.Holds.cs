using Tracer.Capture.Interop;
using Tracer.Records;
using Tracer.Records.Payloads;

namespace Tracer.Capture;

// Threads that are kept in their stop until there is room, or until their record is committed.
public sealed unsafe partial class PtraceCollector
{
    private readonly List<Tracee> _held = [];
    private readonly List<Tracee> _retrying = [];
    private bool _killing;

    private void BeginHold(Tracee tracee, in WaitEvent stop, HoldReason reason, long stopNs, long now)
    {
        Hold hold = tracee.Hold;
        hold.Active = true;
        hold.Event = stop;
        hold.Reason = reason;
        hold.StopNs = stopNs;
        hold.StartNs = now;
        hold.CommitNumber = 0;
        hold.Call = _scratch.Call;
        hold.Told = false;
        _held.Add(tracee);
        if (_held.Count == 1)
            _nextRetryNs = now + PollIdleNs;
    }

    // Tells of the hold; the caller takes the thread off the list.
    private void EndHold(Tracee tracee, long now)
    {
        Hold hold = tracee.Hold;
        hold.Active = false;
        if (tracee.Process.Log is { } log)
            _sink.Held(log, tracee.Tid, hold.Reason, hold.StartNs, now);

        if (hold.Told)
            Tell(tracee, now, ended: true);
    }

    private void Retry(long now)
    {
        ClaimByProc(now);
        for (int i = _lateEnds.Count - 1; i >= 0; i--)
        {
            LateEnd end = _lateEnds[i];
            if (TryEnd(end.Process, end.Status, end.Usage, end.Time))
                _lateEnds.RemoveAt(i);
        }

        // In the order in which they were held, so that each comes to its turn. Handling one may hold or release others.
        _retrying.AddRange(_held);
        foreach (Tracee tracee in _retrying)
        {
            if (tracee.Hold.Active)
                Retry(tracee, now);
        }

        _retrying.Clear();
    }

    private void Retry(Tracee tracee, long now)
    {
        Hold hold = tracee.Hold;
        WaitEvent stop = hold.Event;
        if (hold.Reason == HoldReason.Each)
        {
            if (_sink.IsCommitted(hold.CommitNumber))
            {
                Release(tracee, now);
                Resume(tracee, stop, now);
                return;
            }
        }
        else
        {
            Outcome outcome = Record(tracee, stop, hold.StopNs);
            hold.Call = _scratch.Call;
            if (outcome is Outcome.Go or Outcome.Gone)
            {
                Release(tracee, now);
                if (outcome == Outcome.Go)
                    GoOn(tracee, stop, hold.StopNs, now);

                return;
            }

            hold.Reason = outcome == Outcome.NoRoom ? HoldReason.NoBlock : HoldReason.Birth;
        }

        OnStillHeld(tracee, now);
    }

    private void Release(Tracee tracee, long now)
    {
        EndHold(tracee, now);
        _held.Remove(tracee);
    }

    private void OnStillHeld(Tracee tracee, long now)
    {
        Hold hold = tracee.Hold;
        TimeSpan held = TimeSpan.FromTicks((now - hold.StartNs) / TimeSpan.NanosecondsPerTick);
        if (!hold.Told && held >= _options.HoldNoticeAfter)
        {
            hold.Told = true;
            Tell(tracee, now, ended: false);
        }

        if (_options.MaxHold is not { } max || held < max)
            return;

        switch (_options.OnStall)
        {
            case StallAction.Gap:
                BeginGap(tracee, now);
                break;
            case StallAction.Detach:
                BeginLeave(now);
                break;
            case StallAction.Kill:
                KillAll();
                break;
        }
    }

    // The thread goes on; its process's events are counted until there is room. A child that has no place even for
    // a count is left untraced, and stands as a count in its parent.
    private void BeginGap(Tracee tracee, long now)
    {
        TracedProcess process = tracee.Process;
        WaitEvent stop = tracee.Hold.Event;
        HoldReason reason = tracee.Hold.Reason;
        long stopNs = tracee.Hold.StopNs;
        Release(tracee, now);
        switch (reason)
        {
            case HoldReason.Each:
                process.SkipsCommit = true;
                Resume(tracee, stop, now);
                break;
            case HoldReason.NoBlock:
                process.InGap = true;
                if (Record(tracee, stop, stopNs) == Outcome.NoRoom)
                    DropGathered(tracee, stopNs);

                Resume(tracee, stop, now);
                break;
            default:
                if (_tracees.TryGetValue(process.ParentPid, out Tracee? parent) && parent.Process.Log is { } log)
                    _sink.Drop(log, RecordKind.ProcCtor, 1, stopNs, now, DropReason.Stall);

                tracee.LeaveAtBirth = true;
                Leave(tracee, stop, now);
                break;
        }
    }

    private void Tell(Tracee tracee, long now, bool ended)
    {
        TimeSpan held = TimeSpan.FromTicks((now - tracee.Hold.StartNs) / TimeSpan.NanosecondsPerTick);
        _options.OnHold?.Invoke(new(tracee.Process.Pid, tracee.Tid, tracee.Hold.Reason, held, ended));
    }

    // Children that turn up later are killed as they do.
    private void KillAll()
    {
        _killing = true;
        foreach (Tracee tracee in _tracees.Values)
        {
            if (tracee.Tid == tracee.Process.Pid)
                Kill(tracee.Tid);
        }
    }

    private static void Kill(int pid)
    {
        if (Libc.kill(pid, Libc.SIGKILL) == 0)
            return;

        int errno = Errno.Last;
        if (errno != Errno.ESRCH)
            throw Errno.Failure($"kill {pid}", errno);
    }
}
