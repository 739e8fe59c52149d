using System.Runtime.InteropServices;

namespace Tracer.Host;

/// <summary>Ends this process as the command ended: with its status, or by its signal.</summary>
internal static unsafe partial class OwnEnd
{
    private const int RLIMIT_CORE = 4;
    private const int SIG_UNBLOCK = 1;
    private const int SigactionSize = 256;
    private const int SigsetSize = 128;

    /// <summary>Exit status of a wait status (wait(2)): the command's own, or 128 + signal as shells say it.</summary>
    public static int StatusOf(int waitStatus) => (waitStatus & 0x7f) == 0 ? waitStatus >> 8 & 0xff : 128 + (waitStatus & 0x7f);

    /// <summary>The signal that ended a process; 0 when it exited.</summary>
    public static int SignalOf(int waitStatus) => waitStatus & 0x7f;

    /// <summary>
    /// Raises the signal with its default action, so that whoever waits for Tracer sees what it would have seen of the command. No core of
    /// Tracer's own. Returns when the signal does not end a process.
    /// </summary>
    public static void Raise(int signal)
    {
        ulong* limit = stackalloc ulong[2];
        limit[0] = 0;
        limit[1] = 0;
        _ = setrlimit(RLIMIT_CORE, limit);

        byte* action = stackalloc byte[SigactionSize];
        new Span<byte>(action, SigactionSize).Clear(); // SIG_DFL, no flags
        _ = sigaction(signal, action, null);

        byte* set = stackalloc byte[SigsetSize];
        _ = sigemptyset(set);
        _ = sigaddset(set, signal);
        _ = pthread_sigmask(SIG_UNBLOCK, set, null);
        _ = raise(signal);
    }

    [LibraryImport("libc")]
    private static partial int setrlimit(int resource, ulong* limit);

    [LibraryImport("libc")]
    private static partial int sigaction(int signal, byte* action, byte* old);

    [LibraryImport("libc")]
    private static partial int sigemptyset(byte* set);

    [LibraryImport("libc")]
    private static partial int sigaddset(byte* set, int signal);

    [LibraryImport("libc")]
    private static partial int pthread_sigmask(int how, byte* set, byte* old);

    [LibraryImport("libc")]
    private static partial int raise(int signal);
}
