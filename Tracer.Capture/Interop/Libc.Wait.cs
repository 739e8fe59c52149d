using System.Runtime.InteropServices;

namespace Tracer.Capture.Interop;

internal static unsafe partial class Libc
{
    public const int WNOHANG = 1;
    public const int __WNOTHREAD = 0x20000000;
    public const int __WALL = 0x40000000;

    /// <summary>wait4(2), blocking.</summary>
    [LibraryImport("libc")]
    public static partial int wait4(int pid, int* status, int options, Rusage* usage);

    /// <summary>wait4(2) with WNOHANG only.</summary>
    [LibraryImport("libc", EntryPoint = "wait4"), SuppressGCTransition]
    public static partial int wait4_nohang(int pid, int* status, int options, Rusage* usage);

    /// <summary>waitpid(2), blocking.</summary>
    [LibraryImport("libc")]
    public static partial int waitpid(int pid, int* status, int options);
}
