using Tracer.Capture.Interop;

namespace Tracer.Capture;

/// <summary>What a wait status says has happened to a traced thread.</summary>
internal enum WaitKind : byte
{
    /// <summary>The thread has exited; for a leader, the process.</summary>
    Exited,

    /// <summary>The thread was killed by a signal.</summary>
    Killed,

    /// <summary>Entry to or exit from a system call.</summary>
    Syscall,

    /// <summary>A signal is about to be delivered.</summary>
    Signal,

    /// <summary>fork, vfork or clone has made a child.</summary>
    NewChild,

    /// <summary>An exec has succeeded.</summary>
    Exec,

    /// <summary>A stop signal stops the process.</summary>
    GroupStop,

    /// <summary>A new child's first stop, the end of a group-stop, or PTRACE_INTERRUPT.</summary>
    Trap,

    /// <summary>An event that was not asked for.</summary>
    Other,
}

/// <summary>How the thread goes on.</summary>
internal enum ResumeHow : byte
{
    /// <summary>It can't: it is gone.</summary>
    Gone,

    /// <summary>Goes on, without a signal.</summary>
    Go,

    /// <summary>Goes on with the signal of the stop.</summary>
    GoWithSignal,

    /// <summary>Stays stopped until SIGCONT (PTRACE_LISTEN).</summary>
    Listen,
}

/// <summary>A wait status, classified. Pure: acting on it is the collector's part.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Resume">How the thread goes on.</param>
/// <param name="Signal">The signal, of <see cref="WaitKind.Killed"/>, <see cref="WaitKind.Signal"/> and <see cref="WaitKind.GroupStop"/>.</param>
/// <param name="Event">PTRACE_EVENT number; 0 for none.</param>
/// <param name="Status">The wait status itself.</param>
internal readonly record struct WaitEvent(WaitKind Kind, ResumeHow Resume, int Signal, int Event, int Status)
{
    // wait(2): low 7 bits 0x7f = stopped, 0 = exited, else the signal; the stop signal is in bits 8-15, ptrace's event from bit 16.
    private const int Stopped = 0x7f;
    private const int SyscallStop = Libc.SIGTRAP | 0x80;

    /// <summary>True when the thread no longer exists.</summary>
    public bool IsEnd => Kind is WaitKind.Exited or WaitKind.Killed;

    /// <summary>Reads a wait status of a thread that was seized with PTRACE_O_TRACESYSGOOD.</summary>
    public static WaitEvent Classify(int status)
    {
        int low = status & 0x7f;
        int signal = status >> 8 & 0xff;
        int ptraceEvent = status >> 16 & 0xff;
        return low switch
        {
            0 => new(WaitKind.Exited, ResumeHow.Gone, 0, 0, status),
            not Stopped => new(WaitKind.Killed, ResumeHow.Gone, low, 0, status),
            _ when ptraceEvent != 0 => ClassifyEvent(status, signal, ptraceEvent),
            _ when signal == SyscallStop => new(WaitKind.Syscall, ResumeHow.Go, 0, 0, status),
            _ => new(WaitKind.Signal, ResumeHow.GoWithSignal, signal, 0, status),
        };
    }

    private static WaitEvent ClassifyEvent(int status, int signal, int ptraceEvent) => ptraceEvent switch
    {
        Libc.PTRACE_EVENT_FORK or Libc.PTRACE_EVENT_VFORK or Libc.PTRACE_EVENT_CLONE =>
            new(WaitKind.NewChild, ResumeHow.Go, 0, ptraceEvent, status),
        Libc.PTRACE_EVENT_EXEC => new(WaitKind.Exec, ResumeHow.Go, 0, ptraceEvent, status),
        Libc.PTRACE_EVENT_STOP when signal is >= Libc.SIGSTOP and <= Libc.SIGTTOU =>
            new(WaitKind.GroupStop, ResumeHow.Listen, signal, ptraceEvent, status),
        Libc.PTRACE_EVENT_STOP => new(WaitKind.Trap, ResumeHow.Go, 0, ptraceEvent, status),
        _ => new(WaitKind.Other, ResumeHow.Go, 0, ptraceEvent, status),
    };
}
