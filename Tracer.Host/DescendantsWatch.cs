using System.Diagnostics;
using Tracer.Capture;

namespace Tracer.Host;

/// <summary>Notices that the command has ended and processes that it started go on, and says so once, after 2 s.</summary>
internal sealed class DescendantsWatch(PtraceCollector collector, RunMessages say)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private long _endedAt;
    private bool _told;

    /// <summary>True while only descendants are left.</summary>
    public bool Look()
    {
        if (!collector.CommandEnded)
        {
            return false;
        }

        _endedAt = _endedAt == 0 ? Stopwatch.GetTimestamp() : _endedAt;
        if (!_told && Stopwatch.GetElapsedTime(_endedAt) >= Patience && collector.FollowedPids is { Count: > 0 } pids)
        {
            _told = true;
            say.Descendants(pids);
        }

        return true;
    }
}
