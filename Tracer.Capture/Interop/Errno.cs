namespace Tracer.Capture.Interop;

/// <summary>errno values that Tracer decides by, the same on x86-64 and arm64 (errno(3)).</summary>
internal static class Errno
{
    public const int EPERM = 1;
    public const int ENOENT = 2;
    public const int ESRCH = 3;
    public const int EINTR = 4;
    public const int EIO = 5;
    public const int ENXIO = 6;
    public const int ECHILD = 10;
    public const int EACCES = 13;
    public const int EFAULT = 14;
    public const int EINVAL = 22;

    /// <summary>Results from here to <see cref="ERESTART_RESTARTBLOCK"/> mean that the call is entered again: the kernel's own, never seen by the program.</summary>
    public const int ERESTARTSYS = 512;
    public const int ERESTART_RESTARTBLOCK = 516;

    /// <summary>errno of this thread as the last call of this family left it.</summary>
    public static unsafe int Last => *Libc.__errno_location();

    /// <summary>An error with the call's name, errno and its text.</summary>
    public static IOException Failure(string call, int errno) => new($"{call}: {Text(errno)} (errno {errno})", errno);

    /// <summary>An error from <see cref="Last"/>.</summary>
    public static IOException Failure(string call) => Failure(call, Last);

    private static string Text(int errno) => System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(errno);
}
