using System.Runtime.InteropServices;

namespace Tracer.Capture.Interop;

/// <summary>siginfo_t (sigaction(2)) on 64-bit Linux: 128 bytes, a union from 16.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
internal struct SigInfo
{
    public const int SI_USER = 0;
    public const int SI_KERNEL = 0x80;
    public const int SI_QUEUE = -1;
    public const int SI_TIMER = -2;
    public const int SI_MESGQ = -3;
    public const int SI_TKILL = -6;

    [FieldOffset(0)]
    public int si_signo;

    [FieldOffset(4)]
    public int si_errno;

    [FieldOffset(8)]
    public int si_code;

    /// <summary>Sender, or the child of a SIGCHLD.</summary>
    [FieldOffset(16)]
    public int si_pid;

    [FieldOffset(20)]
    public uint si_uid;

    /// <summary>Of a SIGCHLD.</summary>
    [FieldOffset(24)]
    public int si_status;

    /// <summary>Of SI_QUEUE, SI_MESGQ and SI_TIMER.</summary>
    [FieldOffset(24)]
    public ulong si_value;

    /// <summary>Of SIGILL, SIGTRAP, SIGBUS, SIGFPE and SIGSEGV.</summary>
    [FieldOffset(16)]
    public ulong si_addr;
}
