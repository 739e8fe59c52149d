using System.Runtime.InteropServices;

namespace Tracer.Capture.Interop;

internal static unsafe partial class Libc
{
    public const int CLOCK_MONOTONIC = 1;
    public const int SIGEV_THREAD_ID = 4;

    private static readonly bool IsArm64 = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    // Raw calls: before glibc 2.34 these functions are in librt, and a kernel timer id is an int in both.
    private static long NR_timer_create => IsArm64 ? 107 : 222;
    private static long NR_timer_settime => IsArm64 ? 110 : 223;
    private static long NR_timer_delete => IsArm64 ? 111 : 226;

    public static int timer_create(int clock, Sigevent* signal, int* id) => (int)syscall(NR_timer_create, clock, (nint)signal, (nint)id, 0);

    public static int timer_settime(int id, int flags, Itimerspec* value) => (int)syscall(NR_timer_settime, id, flags, (nint)value, 0);

    public static int timer_delete(int id) => (int)syscall(NR_timer_delete, id, 0, 0, 0);

    /// <summary>syscall(2). Variadic in C; on the ABIs in use a fixed list of words is passed the same way.</summary>
    [LibraryImport("libc")]
    private static partial long syscall(long number, nint a, nint b, nint c, nint d);

    /// <summary>struct Sigevent (sigevent(7)): 64 bytes.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 64)]
    public struct Sigevent
    {
        [FieldOffset(0)]
        public ulong sigev_value;

        [FieldOffset(8)]
        public int sigev_signo;

        [FieldOffset(12)]
        public int sigev_notify;

        [FieldOffset(16)]
        public int sigev_notify_thread_id;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Itimerspec
    {
        public Timespec it_interval;
        public Timespec it_value;
    }
}
