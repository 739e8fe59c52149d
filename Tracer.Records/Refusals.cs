namespace Tracer.Records;

/// <summary>Processes with a stop that waits for a block: its records, once they are appended, are older than others that are not held.</summary>
internal sealed class Refusals
{
    private readonly List<ProcessLog> _waiting = [];

    /// <summary>Time of the oldest stop that waits; long.MaxValue when none does.</summary>
    public long OldestNs
    {
        get
        {
            long oldest = long.MaxValue;
            foreach (var log in _waiting)
            {
                oldest = Math.Min(oldest, log.RefusedNs);
            }

            return oldest;
        }
    }

    /// <summary>True while a stop waits.</summary>
    public bool Any => _waiting.Count > 0;

    /// <summary>A stop of that time was refused.</summary>
    public void Refused(ProcessLog log, long timeNs)
    {
        if (log.RefusedNs == long.MaxValue)
        {
            _waiting.Add(log);
        }

        log.RefusedNs = Math.Min(log.RefusedNs, timeNs);
    }

    /// <summary>A stop of that time was granted. Others of the process that still wait are refused anew when they ask again.</summary>
    public void Granted(ProcessLog log, long timeNs)
    {
        if (timeNs <= log.RefusedNs)
        {
            Forget(log);
        }
    }

    /// <summary>The process asks no more.</summary>
    public void Forget(ProcessLog log)
    {
        if (log.RefusedNs != long.MaxValue)
        {
            log.RefusedNs = long.MaxValue;
            _waiting.Remove(log);
        }
    }
}
