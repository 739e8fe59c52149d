namespace Tracer.Records;

/// <summary>
/// The processes with an open block, the one with the oldest record first: for what Tick must seal, and for what readers may rely on
/// (<see cref="Block.LowWaterNs"/>).
/// </summary>
internal sealed class OpenBlocks
{
    private ProcessLog? _newest;

    /// <summary>The process whose open block has the oldest record; null when none is open.</summary>
    public ProcessLog? Oldest { get; private set; }

    /// <summary>Puts a process into its place by time. A thread that was held brings an older one; all others go to the end.</summary>
    public void Add(ProcessLog log)
    {
        var older = _newest;
        while (older is not null && older.OldestNs > log.OldestNs)
        {
            older = older.OlderOpen;
        }

        log.OlderOpen = older;
        log.NewerOpen = older is null ? Oldest : older.NewerOpen;
        if (log.NewerOpen is null)
        {
            _newest = log;
        }
        else
        {
            log.NewerOpen.OlderOpen = log;
        }

        if (older is null)
        {
            Oldest = log;
        }
        else
        {
            older.NewerOpen = log;
        }
    }

    /// <summary>The block is sealed.</summary>
    public void Remove(ProcessLog log)
    {
        if (log.OlderOpen is null)
        {
            Oldest = log.NewerOpen;
        }
        else
        {
            log.OlderOpen.NewerOpen = log.NewerOpen;
        }

        if (log.NewerOpen is null)
        {
            _newest = log.OlderOpen;
        }
        else
        {
            log.NewerOpen.OlderOpen = log.OlderOpen;
        }

        log.OlderOpen = null;
        log.NewerOpen = null;
    }

    /// <summary>The process brings a record that is older than all in its block: a stop that was held until now.</summary>
    public void StepBack(ProcessLog log, long timeNs)
    {
        Remove(log);
        log.OldestNs = timeNs;
        Add(log);
    }
}
