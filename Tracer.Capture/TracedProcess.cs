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
