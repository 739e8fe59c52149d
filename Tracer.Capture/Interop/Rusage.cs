using System.Runtime.InteropServices;

namespace Tracer.Capture.Interop;

/// <summary>struct rusage (getrusage(2)) on 64-bit Linux: 144 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct Rusage
{
    public readonly long ru_utime_sec;
    public readonly long ru_utime_usec;
    public readonly long ru_stime_sec;
    public readonly long ru_stime_usec;
    public readonly long ru_maxrss;
    public readonly long ru_ixrss;
    public readonly long ru_idrss;
    public readonly long ru_isrss;
    public readonly long ru_minflt;
    public readonly long ru_majflt;
    public readonly long ru_nswap;
    public readonly long ru_inblock;
    public readonly long ru_oublock;
    public readonly long ru_msgsnd;
    public readonly long ru_msgrcv;
    public readonly long ru_nsignals;
    public readonly long ru_nvcsw;
    public readonly long ru_nivcsw;
}
