using System.Runtime.InteropServices;

namespace Tracer.Capture.Interop;

/// <summary>
/// The C library, a function family a file, names and values as in the man pages. Calls that never block carry SuppressGCTransition;
/// the others must not (a thread that blocks in one would stall a garbage collection).
/// </summary>
internal static unsafe partial class Libc
{
    public const long PTRACE_CONT = 7;
    public const long PTRACE_DETACH = 17;
    public const long PTRACE_SYSCALL = 24;
    public const long PTRACE_SETOPTIONS = 0x4200;
    public const long PTRACE_GETEVENTMSG = 0x4201;
    public const long PTRACE_GETSIGINFO = 0x4202;
    public const long PTRACE_SEIZE = 0x4206;
    public const long PTRACE_INTERRUPT = 0x4207;
    public const long PTRACE_LISTEN = 0x4208;
    public const long PTRACE_GET_SYSCALL_INFO = 0x420e;

    public const nint PTRACE_O_TRACESYSGOOD = 1;
    public const nint PTRACE_O_TRACEFORK = 2;
    public const nint PTRACE_O_TRACEVFORK = 4;
    public const nint PTRACE_O_TRACECLONE = 8;
    public const nint PTRACE_O_TRACEEXEC = 0x10;
    public const nint PTRACE_O_EXITKILL = 0x100000;

    public const int PTRACE_EVENT_FORK = 1;
    public const int PTRACE_EVENT_VFORK = 2;
    public const int PTRACE_EVENT_CLONE = 3;
    public const int PTRACE_EVENT_EXEC = 4;
    public const int PTRACE_EVENT_STOP = 128;

    /// <summary>ptrace(2). Variadic in C; on the ABIs in use a fixed list of four words is passed the same way.</summary>
    [LibraryImport("libc"), SuppressGCTransition]
    public static partial long ptrace(long request, long pid, nint addr, nint data);
}
