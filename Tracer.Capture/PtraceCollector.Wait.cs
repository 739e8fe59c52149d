using System.Diagnostics;
using System.Runtime.InteropServices;
using Tracer.Capture.Interop;

namespace Tracer.Capture;

// Which stop comes next: one wait, and now and then all that are there, so that busy threads don't starve others.
public sealed unsafe partial class PtraceCollector
{
    private const int WaitFlags = Libc.__WALL | Libc.__WNOTHREAD;
    private const long TickNs = 50_000_000;
    private const long PollMinNs = 50_000;
    private const long PollMaxNs = 1_000_000;
    private const long PollIdleNs = 20_000_000;

    // The kernel looks through the traced threads in a fixed order, so one at the front that stops again and again hides those
    // behind it. Every so many waits all that have stopped are taken at once; what costs a call more each time when there is nothing.
    private const int StopsBetweenDrains = 32;
    private const int DrainMax = 256;

    private readonly Rusage* _usage = (Rusage*)NativeMemory.AllocZeroed((nuint)sizeof(Rusage));
    private readonly Queue<Waited> _drained = new(DrainMax);
    private Waker? _waker;
    private int _untilDrain = StopsBetweenDrains;
    private long _nextTickNs;
    private long _nextRetryNs;
    private long _pollNs = PollMinNs;

    private readonly record struct Waited(int Tid, int Status, Rusage Usage);

    private bool MustPoll => _held.Count != 0 || _unclaimed.Count != 0 || _lateEnds.Count != 0;

    private bool TryNext(out int tid, out WaitEvent stop, out long now)
    {
        while (true)
        {
            int status;
            if (_drained.TryDequeue(out Waited waited))
            {
                tid = waited.Tid;
                status = waited.Status;
                *_usage = waited.Usage;
                now = Stopwatch.GetTimestamp();
            }
            else
            {
                if (_tracees.Count == 0 && !MustPoll)
                {
                    tid = 0;
                    stop = default;
                    now = 0;
                    return false;
                }

                tid = MustPoll ? WaitOrPoll(&status) : WaitBlocked(&status);
                now = Stopwatch.GetTimestamp();
                Housekeep(now);
            }

            if (tid > 0)
            {
                stop = WaitEvent.Classify(status);
                return true;
            }
        }
    }

    private int WaitBlocked(int* status)
    {
        if (_sink.NeedsTick)
            _waker!.Tick(true);

        int tid = Libc.wait4(-1, status, WaitFlags, _usage);
        if (tid > 0)
        {
            if (--_untilDrain <= 0)
                tid = Drain(tid, status);

            return tid;
        }

        OnNothing(Errno.Last);
        return 0;
    }

    private int WaitOrPoll(int* status)
    {
        int tid = Libc.wait4_nohang(-1, status, WaitFlags | Libc.WNOHANG, _usage);
        if (tid > 0)
        {
            _pollNs = PollMinNs;
            return Drain(tid, status);
        }

        if (tid < 0)
            OnNothing(Errno.Last);

        bool othersRun = _tracees.Count > _held.Count;
        _waker!.Poll(othersRun ? _pollNs : PollIdleNs);
        _pollNs = Math.Min(_pollNs * 2, PollMaxNs);
        return 0;
    }

    // Takes every stop that is there, the first one included, and gives the first.
    private int Drain(int tid, int* status)
    {
        _untilDrain = StopsBetweenDrains;
        if (_tracees.Count < 2)
            return tid;

        _drained.Enqueue(new(tid, *status, *_usage));
        while (_drained.Count < DrainMax && (tid = Libc.wait4_nohang(-1, status, WaitFlags | Libc.WNOHANG, _usage)) > 0)
        {
            _drained.Enqueue(new(tid, *status, *_usage));
        }

        // More than one waited: look again soon.
        if (_drained.Count > 1)
            _untilDrain = 1;

        Waited first = _drained.Dequeue();
        *status = first.Status;
        *_usage = first.Usage;
        return first.Tid;
    }

    private void OnNothing(int errno)
    {
        switch (errno)
        {
            case Errno.EINTR:
                break;
            case Errno.ECHILD:
                // No traced thread is left: what the table still has was taken by the wait of posix_spawn, which reaps a child
                // whose exec has failed.
                ForgetAll();
                break;
            default:
                throw Errno.Failure("wait4", errno);
        }
    }

    private void Housekeep(long now)
    {
        if (_detachAsked && !_leaving)
            BeginLeave(now);

        if (now >= _nextTickNs)
        {
            _nextTickNs = now + TickNs;
            Waker.QuietChildSignals();
            if (_unclaimedEnds.Count != 0)
                ForgetEnds(now);

            bool needs = _sink.NeedsTick;
            if (needs)
                _sink.Tick(now);

            _waker!.Tick(needs);
        }

        if (MustPoll && (now >= _nextRetryNs || _waker!.TakeReturned()))
        {
            _nextRetryNs = now + PollIdleNs;
            Retry(now);
        }
    }
}
