namespace Tracer.Records;

/// <summary>
/// Stops that wait for blocks: their records, once they are appended, are older than others that are not held. A stop is known by its process
/// and time, so the collector asks with the same time until it is granted, or counts it with <see cref="IRecordSink.Drop"/>.
/// </summary>
internal sealed class Refusals
{
    private readonly List<(ProcessLog Log, long TimeNs, int Bytes)> _waiting = new(64);

    /// <summary>Time of the oldest stop that waits; long.MaxValue when none does.</summary>
    public long OldestNs { get; private set; } = long.MaxValue;

    /// <summary>The most bytes that a waiting stop asks for; 0 when none waits.</summary>
    public int MostBytes { get; private set; }

    /// <summary>True while a stop waits.</summary>
    public bool Any => _waiting.Count != 0;

    /// <summary>A stop was refused.</summary>
    public void Refused(ProcessLog log, long timeNs, int bytes)
    {
        Forget(log, timeNs);
        _waiting.Add((log, timeNs, bytes));
        log.Waiting++;
        OldestNs = Math.Min(OldestNs, timeNs);
        MostBytes = Math.Max(MostBytes, bytes);
    }

    /// <summary>A stop was granted or is given up.</summary>
    public void Forget(ProcessLog log, long timeNs)
    {
        for (int i = 0; log.Waiting != 0 && i < _waiting.Count; i++)
        {
            if (_waiting[i].Log == log && _waiting[i].TimeNs == timeNs)
            {
                _waiting.RemoveAt(i);
                log.Waiting--;
                Count();
                return;
            }
        }
    }

    /// <summary>The process asks no more.</summary>
    public void Forget(ProcessLog log)
    {
        for (int i = _waiting.Count - 1; log.Waiting != 0 && i >= 0; i--)
        {
            if (_waiting[i].Log == log)
            {
                _waiting.RemoveAt(i);
                log.Waiting--;
            }
        }

        Count();
    }

    private void Count()
    {
        OldestNs = long.MaxValue;
        MostBytes = 0;
        foreach (var (_, timeNs, bytes) in _waiting)
        {
            OldestNs = Math.Min(OldestNs, timeNs);
            MostBytes = Math.Max(MostBytes, bytes);
        }
    }
}
