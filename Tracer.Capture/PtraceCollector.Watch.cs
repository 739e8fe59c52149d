using System.Collections.Concurrent;

namespace Tracer.Capture;

// What other threads may ask while the loop runs.
public sealed unsafe partial class PtraceCollector
{
    private readonly ConcurrentDictionary<int, byte> _followed = new();
    private volatile bool _commandEnded;

    /// <summary>True when the command itself has ended; processes that it started may go on. Any thread.</summary>
    public bool CommandEnded => _commandEnded;

    /// <summary>The processes that are followed now. Any thread; may be out of date when it returns.</summary>
    public IReadOnlyList<int> FollowedPids => [.. _followed.Keys.Order()];
}
