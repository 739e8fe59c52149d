using System.Runtime.InteropServices;

namespace Tracer.Capture.Interop;

internal static unsafe partial class Libc
{
    public const int O_RDONLY = 0;
    public const int O_WRONLY = 1;
    public const int O_NONBLOCK = 0x800;
    public const int O_CLOEXEC = 0x80000;

    /// <summary>open(2). Variadic in C: on the ABIs in use the mode is passed like a fixed argument.</summary>
    [LibraryImport("libc")]
    public static partial int open(byte* path, int flags, uint mode);

    [LibraryImport("libc")]
    public static partial int close(int fd);

    [LibraryImport("libc")]
    public static partial nint read(int fd, void* buffer, nuint count);

    [LibraryImport("libc")]
    public static partial nint write(int fd, void* buffer, nuint count);

    [LibraryImport("libc")]
    public static partial nint readlink(byte* path, byte* buffer, nuint size);

    [LibraryImport("libc")]
    public static partial int mkfifo(byte* path, uint mode);

    [LibraryImport("libc")]
    public static partial int mkdir(byte* path, uint mode);

    [LibraryImport("libc")]
    public static partial int rmdir(byte* path);

    [LibraryImport("libc")]
    public static partial int unlink(byte* path);
}
