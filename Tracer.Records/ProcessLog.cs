namespace Tracer.Records;

/// <summary>A traced process as its writer sees it: a slot, an open block, and what the next record is encoded against.</summary>
public sealed class ProcessLog
{
    internal ProcessLog(in ProcessIdentity identity)
    {
        Identity = identity;
    }

    /// <summary>Which process.</summary>
    public ProcessIdentity Identity { get; }
}
