using Tracer.Records;
using Tracer.Records.Payloads;

namespace Tracer.Capture;

/// <summary>A traced process.</summary>
internal sealed class TracedProcess(int pid, int parentPid, BirthReason birth)
{
    /// <summary>Process id.</summary>
    public int Pid { get; } = pid;

    /// <summary>Pid of the traced process that made it; 0 for the command.</summary>
    public int ParentPid { get; } = parentPid;

    /// <summary>How it came to be.</summary>
    public BirthReason Birth { get; } = birth;

    /// <summary>Where its records go; null until it could be given a place.</summary>
    public ProcessLog? Log { get; set; }

    /// <summary>True when its ProcCtor and ProcInfo are recorded.</summary>
    public bool Announced { get; set; }

    /// <summary>Which process; read at its birth.</summary>
    public ProcessIdentity Identity { get; set; }

    /// <summary>Who it is, as last recorded, or as last recorded of its parent.</summary>
    public ProcInfoPayload? Info { get; set; }

    /// <summary>Its ignored and caught signals are known: nothing can have changed them since they were read.</summary>
    public bool SignalsKnown { get; set; }

    /// <summary>True when another process has the same table of handlers (CLONE_SIGHAND), and may change them at any time.</summary>
    public bool SharesHandlers { get; set; }

    /// <summary>Ignored signals, bit n-1 for signal n.</summary>
    public ulong IgnoredSignals { get; set; }

    /// <summary>Signals with a handler, likewise.</summary>
    public ulong CaughtSignals { get; set; }

    /// <summary>AUDIT_ARCH of its program.</summary>
    public uint Machine { get; set; }

    /// <summary>System calls by number, as its program's machine has them.</summary>
    public CallShape[] Shapes { get; set; } = [];

    /// <summary>Blind reasons already recorded, a bit each.</summary>
    public int BlindReasons { get; set; }

    /// <summary>Its traced threads.</summary>
    public int Threads { get; set; }

    /// <summary>True while its events are only counted (<see cref="StallAction.Gap"/>), until there is room again.</summary>
    public bool InGap { get; set; }

    /// <summary>True while its threads don't wait for commits (<see cref="StallAction.Gap"/>), until one is found done.</summary>
    public bool SkipsCommit { get; set; }
}
