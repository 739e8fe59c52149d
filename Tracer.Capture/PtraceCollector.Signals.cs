using Tracer.Capture.Interop;
using Tracer.Records;
using Tracer.Records.Payloads;

namespace Tracer.Capture;

// Signals: recorded at their delivery, and delivered as they came.
public sealed unsafe partial class PtraceCollector
{
    private const int SIGILL = 4;
    private const int SIGBUS = 7;
    private const int SIGFPE = 8;
    private const int SIGSEGV = 11;

    private Outcome OnSignal(Tracee tracee, in WaitEvent stop, long time)
    {
        if (!_signals || tracee.Process.Log is not { } log)
            return Outcome.Go;

        SigInfo info;
        if (Libc.ptrace(Libc.PTRACE_GETSIGINFO, tracee.Tid, 0, (nint)(&info)) != 0)
        {
            int errno = Errno.Last;
            return errno == Errno.ESRCH ? Outcome.Gone : throw Errno.Failure("ptrace(PTRACE_GETSIGINFO)", errno);
        }

        PsigPayload signal = Describe(stop.Signal, info, ActionOf(tracee.Process, stop.Signal));
        Span<byte> payload = stackalloc byte[PsigPayload.MaxLength];
        int length = signal.Write(payload);
        _sink.TryAppendAsync(log, tracee.Tid, time, RecordKind.Psig, payload[..length]);
        return Outcome.Go;
    }

    // Dispositions are read once and again after each rt_sigaction. A handler with SA_RESETHAND is reset by its own delivery, so
    // after one they are read again. Where calls don't stop, nothing is known to be unchanged.
    private SignalAction ActionOf(TracedProcess process, int signal)
    {
        if (!process.SignalsKnown)
        {
            if (!_proc.TryReadSignals(process.Pid, out ulong ignored, out ulong caught))
                return SignalAction.Unknown;

            process.IgnoredSignals = ignored;
            process.CaughtSignals = caught;
        }

        ulong bit = signal is >= 1 and <= 64 ? 1UL << (signal - 1) : 0;
        SignalAction action = (process.CaughtSignals & bit) != 0 ? SignalAction.Caught
            : (process.IgnoredSignals & bit) != 0 ? SignalAction.Ignore
            : SignalAction.Default;
        process.SignalsKnown = action != SignalAction.Caught && !process.SharesHandlers && _go == Libc.PTRACE_SYSCALL;
        return action;
    }

    // Which fields of the union hold, by si_code and signal (sigaction(2)).
    internal static PsigPayload Describe(int signal, in SigInfo info, SignalAction action)
    {
        int code = info.si_code;
        bool hasSender = code is SigInfo.SI_USER or SigInfo.SI_QUEUE or SigInfo.SI_MESGQ or SigInfo.SI_TKILL
            || code > 0 && code != SigInfo.SI_KERNEL && signal == Libc.SIGCHLD;
        bool isFault = code > 0 && code != SigInfo.SI_KERNEL
            && signal is SIGILL or Libc.SIGTRAP or SIGBUS or SIGFPE or SIGSEGV && code > 0;
        ulong address = 0;
        if (isFault)
            address = info.si_addr;
        else if (signal == Libc.SIGCHLD && code > 0)
            address = unchecked((uint)info.si_status);
        else if (code is SigInfo.SI_QUEUE or SigInfo.SI_MESGQ or SigInfo.SI_TIMER)
            address = info.si_value;

        return new(
            signal, code, info.si_errno, action, hasSender ? info.si_pid : 0, hasSender ? info.si_uid : 0, address);
    }
}
