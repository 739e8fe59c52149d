using System.Runtime.InteropServices;

namespace Tracer.Capture.Interop;

internal static unsafe partial class Libc
{
    public const int SIGTRAP = 5;
    public const int SIGKILL = 9;
    public const int SIGPIPE = 13;
    public const int SIGCHLD = 17;
    public const int SIGSTOP = 19;
    public const int SIGTTOU = 22;

    /// <summary>The signal that interrupts the collector's blocking wait: one that neither .NET nor glibc uses.</summary>
    public const int SIGNAL_WAKE = 44;

    public const nint SIG_DFL = 0;
    public const nint SIG_IGN = 1;
    public const int SA_NOCLDSTOP = 1;

    [LibraryImport("libc"), SuppressGCTransition]
    public static partial int kill(int pid, int sig);

    [LibraryImport("libc"), SuppressGCTransition]
    public static partial int tgkill(int tgid, int tid, int sig);

    [LibraryImport("libc"), SuppressGCTransition]
    public static partial int gettid();

    [LibraryImport("libc"), SuppressGCTransition]
    public static partial int getpid();

    [LibraryImport("libc"), SuppressGCTransition]
    public static partial int getpgid(int pid);

    [LibraryImport("libc"), SuppressGCTransition]
    public static partial int getsid(int pid);

    [LibraryImport("libc"), SuppressGCTransition]
    public static partial int sigaction(int sig, SigAction* action, SigAction* old);

    [LibraryImport("libc"), SuppressGCTransition]
    public static partial int* __errno_location();

    /// <summary>struct sigaction as glibc and musl lay it out on x86-64 and arm64: 152 bytes.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 152)]
    public struct SigAction
    {
        [FieldOffset(0)]
        public nint sa_handler;

        [FieldOffset(8)]
        public fixed ulong sa_mask[16];

        [FieldOffset(136)]
        public int sa_flags;

        [FieldOffset(144)]
        public nint sa_restorer;
    }
}
