using System.Runtime.InteropServices;

namespace Tracer.Capture.Interop;

internal static unsafe partial class Libc
{
    public const short POLLIN = 1;
    public const int EFD_NONBLOCK = 0x800;
    public const int EFD_CLOEXEC = 0x80000;

    [LibraryImport("libc")]
    public static partial int eventfd(uint initial, int flags);

    /// <summary>ppoll(2), blocking.</summary>
    [LibraryImport("libc")]
    public static partial int ppoll(Pollfd* fds, nuint count, Timespec* timeout, void* signalMask);

    [StructLayout(LayoutKind.Sequential)]
    public struct Pollfd
    {
        public int fd;
        public short events;
        public short revents;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Timespec
    {
        public long tv_sec;
        public long tv_nsec;
    }
}
