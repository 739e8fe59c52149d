using System.Runtime.InteropServices;

namespace Tracer.Capture.Interop;

internal static unsafe partial class Libc
{
    /// <summary>Most elements of an Iovec array (UIO_MAXIOV).</summary>
    public const int IOV_MAX = 1024;

    /// <summary>process_vm_readv(2). It may block: a page of the other process can be one that a slow file system or userfaultfd must bring.</summary>
    [LibraryImport("libc")]
    public static partial nint process_vm_readv(int pid, Iovec* local, nuint localCount, Iovec* remote, nuint remoteCount, nuint flags);

    /// <summary>struct iovec (readv(2)).</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Iovec
    {
        public ulong iov_base;
        public ulong iov_len;
    }
}
