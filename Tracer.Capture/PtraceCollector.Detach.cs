using Tracer.Capture.Interop;
using Tracer.Records.Payloads;

namespace Tracer.Capture;

// Leaving traced processes running. A thread can be let go only from a stop, so those that run are brought to one first.
public sealed unsafe partial class PtraceCollector
{
    private readonly Lock _detachLock = new();
    private volatile bool _detachAsked;
    private volatile bool _detachSeen;
    private bool _leaving;

    /// <inheritdoc/>
    public void Detach()
    {
        _detachAsked = true;
        // A signal that comes just before the wait is entered is lost: it is sent until the loop has seen the wish.
        var resend = new Thread(() =>
        {
            while (!_detachSeen)
            {
                lock (_detachLock)
                {
                    if (_waker is null)
                        return;

                    _waker.Interrupt();
                }

                Thread.Sleep(1);
            }
        })
        { IsBackground = true, Name = "detach" };
        resend.Start();
    }

    private void BeginLeave(long now)
    {
        if (_leaving)
            return;

        _detachSeen = true;
        if (_options.KillOnExit || !_executed)
        {
            // They die with the recorder; their ends are recorded as any. A command that is not executed yet must not be: nobody would wait for it.
            _detachAsked = false;
            KillAll();
            return;
        }

        _leaving = true;
        ClaimByProc(now);
        foreach (Tracee tracee in _tracees.Values.ToArray())
        {
            if (tracee.Hold.Active)
            {
                LeaveHeld(tracee, now);
            }
            else if (Libc.ptrace(Libc.PTRACE_INTERRUPT, tracee.Tid, 0, 0) != 0)
            {
                int errno = Errno.Last;
                if (errno != Errno.ESRCH)
                    throw Errno.Failure($"ptrace(PTRACE_INTERRUPT, {tracee.Tid})", errno);
            }
        }
    }

    private void LeaveHeld(Tracee tracee, long now)
    {
        WaitEvent stop = tracee.Hold.Event;
        bool waitsForCommit = tracee.Hold.Reason == HoldReason.Each;
        long stopNs = tracee.Hold.StopNs;
        Release(tracee, now);
        if (!waitsForCommit && Record(tracee, stop, stopNs) == Outcome.NoRoom)
            DropGathered(tracee, stopNs);

        Leave(tracee, stop, now);
    }

    // Lets go a thread from a stop: it goes on as it would have, with the stop's signal; one in a group-stop stays stopped.
    private void Leave(Tracee tracee, in WaitEvent stop, long now)
    {
        int signal = stop.Resume == ResumeHow.GoWithSignal ? stop.Signal : 0;
        if (Libc.ptrace(Libc.PTRACE_DETACH, tracee.Tid, 0, signal) != 0)
        {
            int errno = Errno.Last;
            if (errno != Errno.ESRCH)
                throw Errno.Failure($"ptrace(PTRACE_DETACH, {tracee.Tid})", errno);

            // Killed: its end comes by wait.
            return;
        }

        TracedProcess process = tracee.Process;
        RemoveTracee(tracee);
        if (process.Threads == 0 && process.Log is { } log && _leaving)
        {
            _sink.End(log, EndReason.Detach, now);
            process.Log = null;
        }
    }
}
