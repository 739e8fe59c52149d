using System.Globalization;
using System.Text;

namespace Tracer.Capture;

/// <summary>
/// Ignored and blocked signals as this process was started with, so that a command gets the same (nohup's SIGHUP must stay ignored).
/// </summary>
/// <remarks>
/// Read <see cref="Current"/> first thing in Main, before any handler is installed: a handler hides that a signal was ignored.
/// SIGPIPE can't be known: .NET ignores it before Main, and Linux keeps no memory of what was before. It is given to the command
/// with its default action, which is what nearly every parent gives; <see cref="WithSigpipeIgnored"/> is for the others.
/// </remarks>
/// <param name="Ignored">Bit n-1 for signal n.</param>
/// <param name="Blocked">Likewise.</param>
public sealed record StartSignals(ulong Ignored, ulong Blocked)
{
    private const ulong SigpipeBit = 1UL << (Interop.Libc.SIGPIPE - 1);

    /// <summary>As found when this was first read.</summary>
    public static StartSignals Current { get; } = Read();

    /// <summary>The same with SIGPIPE ignored.</summary>
    public StartSignals WithSigpipeIgnored() => this with { Ignored = Ignored | SigpipeBit };

    // The main thread's mask and the process's dispositions (proc_pid_status(5)).
    private static StartSignals Read()
    {
        ulong ignored = 0;
        ulong blocked = 0;
        foreach (string line in File.ReadLines("/proc/self/status", Encoding.Latin1))
        {
            if (line.StartsWith("SigBlk:", StringComparison.Ordinal))
            {
                blocked = ulong.Parse(line.AsSpan(7).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            }
            else if (line.StartsWith("SigIgn:", StringComparison.Ordinal))
            {
                ignored = ulong.Parse(line.AsSpan(7).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            }
        }

        return new(ignored & ~SigpipeBit, blocked);
    }
}
