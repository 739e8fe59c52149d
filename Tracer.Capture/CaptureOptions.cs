using Tracer.Records;

namespace Tracer.Capture;

/// <summary>What a collector does when a thread has been held for longer than <see cref="CaptureOptions.MaxHold"/>.</summary>
public enum StallAction
{
    /// <summary>Goes on holding.</summary>
    Hold,

    /// <summary>Lets the thread go on unrecorded; what is missed is counted for a Drop record. Recording resumes by itself.</summary>
    Gap,

    /// <summary>Leaves every traced process running, untraced.</summary>
    Detach,

    /// <summary>Kills every traced process.</summary>
    Kill,
}

/// <summary>A thread is being held, or no longer.</summary>
/// <param name="Pid">Its process.</param>
/// <param name="Tid">The thread.</param>
/// <param name="Reason">Why.</param>
/// <param name="Duration">How long so far, or in all.</param>
/// <param name="Ended">True when it goes on.</param>
public readonly record struct HoldNotice(int Pid, int Tid, Records.Payloads.HoldReason Reason, TimeSpan Duration, bool Ended);

/// <summary>Settings of <see cref="PtraceCollector"/>.</summary>
public sealed record CaptureOptions
{
    /// <summary>What is recorded. Points that ptrace can't give are ignored here: see <see cref="PtraceCollector.Covered"/>.</summary>
    public Points Points { get; init; } = Points.Default;

    /// <summary>Follow the processes that the command starts. Default true; false follows its threads only.</summary>
    public bool InheritChildren { get; init; } = true;

    /// <summary>Bytes of data kept of one read or write; its true length is always kept. Default 256: a line or a header. 0 keeps lengths only.</summary>
    public int GenioSize { get; init; } = 256;

    /// <summary>A thread goes on from a system-call stop only when its records are committed (policy <c>each</c>). Default false.</summary>
    public bool EachPolicy { get; init; }

    /// <summary>Traced processes die with the recorder. Default false: they go on untraced, except before the command's exec has succeeded.</summary>
    public bool KillOnExit { get; init; }

    /// <summary>Puts the command and the collector on one CPU: several times faster stops where wake-ups across CPUs are slow. The command sees and inherits it.</summary>
    public bool SameCpu { get; init; }

    /// <summary>The longest that a thread is held at one time before <see cref="OnStall"/>; null (default): no limit.</summary>
    public TimeSpan? MaxHold { get; init; }

    /// <summary>What happens after <see cref="MaxHold"/>. Default <see cref="StallAction.Hold"/>.</summary>
    public StallAction OnStall { get; init; }

    /// <summary>A hold that lasts longer is told to <see cref="OnHold"/>. Default 2 s.</summary>
    public TimeSpan HoldNoticeAfter { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Told, on the collector's thread, that a whole process has stopped by a job-control signal (its pid, the signal). It must not block for long.</summary>
    public Action<int, int>? OnGroupStop { get; init; }

    /// <summary>Told, on the collector's thread, once of a hold that lasts and once when it has ended. It must not block.</summary>
    public Action<HoldNotice>? OnHold { get; init; }
}
