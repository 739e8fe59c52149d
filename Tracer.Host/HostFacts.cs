using System.Reflection;
using System.Runtime.InteropServices;
using Tracer.Records;

namespace Tracer.Host;

/// <summary>What a trace's header says of the machine that it was recorded on.</summary>
internal static partial class HostFacts
{
    /// <summary>Version of Tracer, as built.</summary>
    public static string TracerVersion { get; } =
        typeof(HostFacts).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    /// <summary>machine-id(5); empty when there is none.</summary>
    public static string MachineId => ReadLine("/etc/machine-id");

    /// <summary>random(4): one a boot; with CLOCK_MONOTONIC it tells which clock the times are of.</summary>
    public static string BootId => ReadLine("/proc/sys/kernel/random/boot_id");

    /// <summary>AUDIT_ARCH of this process.</summary>
    public static uint Machine => (RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => Records.Machine.X64,
        Architecture.Arm64 => Records.Machine.Arm64,
        var other => throw new PlatformNotSupportedException($"Tracer records on x86-64 and arm64, not on {other}."),
    }).ToAuditArch();

    /// <summary>Real uid of this process.</summary>
    public static uint Uid => getuid();

    /// <summary>CLOCK_REALTIME in nanoseconds since 1970. .NET's clock counts 100 ns; that is fine for a start time.</summary>
    public static long RealtimeNs => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;

    /// <summary>CLOCK_BOOTTIME in nanoseconds.</summary>
    public static long BoottimeNs => ClockNs(7);

    private static unsafe long ClockNs(int clock)
    {
        Timespec time;
        return clock_gettime(clock, &time) == 0 ? (time.Seconds * 1_000_000_000) + time.Nanoseconds : 0;
    }

    private static string ReadLine(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ""; // many containers have no machine-id; the header's doc says that it may be empty
        }
    }

    private struct Timespec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [LibraryImport("libc")]
    private static partial uint getuid();

    [LibraryImport("libc")]
    private static unsafe partial int clock_gettime(int clock, Timespec* time);
}
