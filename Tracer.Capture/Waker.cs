using Tracer.Capture.Interop;

namespace Tracer.Capture;

/// <summary>
/// Interrupts the collector's wait. A thread that is blocked in wait4 is interrupted by a signal whose handler does nothing; one that
/// polls, because it holds threads, by an eventfd.
/// </summary>
/// <remarks>
/// A signal that comes just before wait4 is entered does nothing: who sends one repeats it until it has had its effect. The
/// tick's signals come from a kernel timer that repeats, so nobody has to repeat those.
/// </remarks>
internal sealed unsafe class Waker : IDisposable
{
    private const long TickNs = 50_000_000;

    private readonly int _pid = Libc.getpid();
    private readonly int _tid;
    private readonly int _eventfd;
    private readonly int _timer;
    private int _returned;
    private bool _ticking;

    /// <summary>Wakes that thread.</summary>
    public Waker(int tid)
    {
        _tid = tid;
        _eventfd = Libc.eventfd(0, Libc.EFD_NONBLOCK | Libc.EFD_CLOEXEC);
        if (_eventfd < 0)
            throw Errno.Failure("eventfd");

        InstallHandler();
        QuietChildSignals();
        var signal = new Libc.Sigevent
        {
            sigev_signo = Libc.SIGNAL_WAKE,
            sigev_notify = Libc.SIGEV_THREAD_ID,
            sigev_notify_thread_id = tid,
        };
        int timer;
        if (Libc.timer_create(Libc.CLOCK_MONOTONIC, &signal, &timer) != 0)
            throw Errno.Failure("timer_create");

        _timer = timer;
    }

    /// <summary>For <see cref="Records.IRecordSink.BlocksReturned"/>: any thread; one write at most until <see cref="TakeReturned"/>.</summary>
    public void BlocksReturned()
    {
        if (Interlocked.Exchange(ref _returned, 1) == 0)
        {
            ulong one = 1;
            // It can't fail but for a full counter, which wakes as well.
            _ = Libc.write(_eventfd, &one, sizeof(ulong));
        }
    }

    /// <summary>True once after blocks have come back.</summary>
    public bool TakeReturned()
    {
        if (Volatile.Read(ref _returned) == 0)
            return false;

        // First the counter, then the flag: a call in between writes again.
        ulong count;
        _ = Libc.read(_eventfd, &count, sizeof(ulong));
        Interlocked.Exchange(ref _returned, 0);
        return true;
    }

    /// <summary>Interrupts the thread's wait4, if it is in it.</summary>
    public void Interrupt()
    {
        _ = Libc.tgkill(_pid, _tid, Libc.SIGNAL_WAKE);
        BlocksReturned();
    }

    /// <summary>Waits for <see cref="BlocksReturned"/>, at most that long.</summary>
    public void Poll(long timeoutNs)
    {
        var fd = new Libc.Pollfd { fd = _eventfd, events = Libc.POLLIN };
        var timeout = new Libc.Timespec { tv_sec = 0, tv_nsec = timeoutNs };
        _ = Libc.ppoll(&fd, 1, &timeout, null);
    }

    /// <summary>Starts or stops interrupting the thread every 50 ms.</summary>
    public void Tick(bool on)
    {
        if (on == _ticking)
            return;

        _ticking = on;
        var value = new Libc.Itimerspec();
        if (on)
        {
            value.it_interval.tv_nsec = TickNs;
            value.it_value.tv_nsec = TickNs;
        }

        if (Libc.timer_settime(_timer, 0, &value) != 0)
            throw Errno.Failure("timer_settime");
    }

    /// <summary>
    /// Keeps a SIGCHLD handler of .NET's from running at every stop: SA_NOCLDSTOP leaves the signals of ends, which are all it wants.
    /// .NET installs it when a Process or the terminal is first used, so this is repeated.
    /// </summary>
    public static void QuietChildSignals()
    {
        Libc.SigAction action;
        if (Libc.sigaction(Libc.SIGCHLD, null, &action) != 0)
            throw Errno.Failure("sigaction(SIGCHLD)");

        if ((action.sa_flags & Libc.SA_NOCLDSTOP) != 0)
            return;

        action.sa_flags |= Libc.SA_NOCLDSTOP;
        if (Libc.sigaction(Libc.SIGCHLD, &action, null) != 0)
            throw Errno.Failure("sigaction(SIGCHLD)");
    }

    public void Dispose()
    {
        // The handler stays: a signal that is still on its way must not kill the process. So does the eventfd while a caller of
        // BlocksReturned may be in it: the collector has unsubscribed, but a raise may be under way on another thread.
        if (Libc.timer_delete(_timer) != 0)
            throw Errno.Failure("timer_delete");
    }

    // The handler is libc's abs(): no managed code may run in a handler, and abs of the signal number does nothing. Without
    // SA_RESTART, so that the wait ends with EINTR.
    private static void InstallHandler()
    {
        nint libc = System.Runtime.InteropServices.NativeLibrary.Load("libc", typeof(Waker).Assembly, null);
        var action = new Libc.SigAction
        {
            sa_handler = System.Runtime.InteropServices.NativeLibrary.GetExport(libc, "abs"),
        };
        if (Libc.sigaction(Libc.SIGNAL_WAKE, &action, null) != 0)
            throw Errno.Failure("sigaction");
    }
}
