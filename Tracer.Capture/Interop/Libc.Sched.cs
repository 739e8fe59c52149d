using System.Runtime.InteropServices;

namespace Tracer.Capture.Interop;

internal static unsafe partial class Libc
{
    /// <summary>Words of a CPU mask: 1024 CPUs, glibc's cpu_set_t.</summary>
    public const int CpuMaskWords = 16;

    [LibraryImport("libc")]
    public static partial int sched_getcpu();

    [LibraryImport("libc")]
    public static partial int sched_setaffinity(int pid, nuint size, ulong* mask);
}
