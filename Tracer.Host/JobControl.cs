using System.Runtime.InteropServices;

namespace Tracer.Host;

/// <summary>What Tracer does for job control of the command that it runs (setpgid(2), credentials(7)).</summary>
internal static partial class JobControl
{
    private const int SIGSTOP = 19;

    /// <summary>True when a process is in Tracer's own process group: what the terminal sends goes to both.</summary>
    public static bool IsInOwnGroup(int pid) => getpgid(pid) == getpgid(0);

    /// <summary>Stops this process until somebody continues it.</summary>
    public static void StopSelf() => _ = kill(Environment.ProcessId, SIGSTOP);

    /// <summary>Sends a signal to a process; false when it is gone.</summary>
    public static bool Send(int pid, int signal) => kill(pid, signal) == 0;

    [LibraryImport("libc")]
    private static partial int getpgid(int pid);

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);
}
