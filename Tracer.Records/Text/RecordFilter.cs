namespace Tracer.Records;

/// <summary>
/// Which records are shown. What says that something is missing (Drop, Gap, Blind) is shown for every process that is, whatever kinds were asked for.
/// </summary>
public sealed class RecordFilter
{
    private readonly HashSet<int>? _ids;
    private readonly HashSet<(Machine, int)>? _calls;
    private readonly ulong _kinds;

    /// <summary>A filter.</summary>
    /// <param name="ids">Pids and thread ids; empty: all.</param>
    /// <param name="points">ktrace's letters; null: all kinds. The default set includes the birth and end of processes, and Tracer's own records.</param>
    /// <param name="defaultPoints">The set that stands for all of the default.</param>
    /// <param name="calls">System calls: they, and what they were given and did; empty: all records.</param>
    public RecordFilter(IReadOnlyCollection<int> ids, Points? points, bool defaultPoints, IReadOnlyCollection<(Machine Machine, int Number)> calls)
    {
        _ids = ids.Count > 0 ? [.. ids] : null;
        _calls = calls.Count > 0 ? [.. calls] : null;
        _kinds = points is { } some ? KindsOf(some, defaultPoints) : ulong.MaxValue;
    }

    /// <summary>True when everything is shown.</summary>
    public bool IncludesAll => _ids is null && _calls is null && _kinds == ulong.MaxValue;

    /// <summary>True when the record is shown. Must be asked for every record in order: it remembers which call a thread is in.</summary>
    public bool Includes(ProcessView process, RecordDecoder record)
    {
        if (IncludesAll)
        {
            return true;
        }

        bool chosen = _ids is null || _ids.Contains(process.Identity.Pid) || _ids.Contains(record.Tid);
        process.IsChosen |= chosen;
        bool inCall = _calls is null || IsOfCall(process, record);
        if (record.Kind is RecordKind.Drop or RecordKind.Gap or RecordKind.Blind)
        {
            return process.IsChosen;
        }

        return chosen && inCall && (_kinds & RecordKinds.Bit(record.Kind)) != 0;
    }

    private bool IsOfCall(ProcessView process, RecordDecoder record)
    {
        switch (record.Kind)
        {
            case RecordKind.Syscall:
                bool asked = _calls!.Contains((process.Machine, record.Number));
                process.Enter(record.Tid, asked);
                return asked;
            case RecordKind.Sysret:
                return _calls!.Contains((process.Machine, record.Number));
            case RecordKind.Namei or RecordKind.Genio or RecordKind.Struct or RecordKind.StructArray or RecordKind.Args or RecordKind.Envs:
                return process.IsInChosen(record.Tid);
            default:
                return false;
        }
    }

    private static ulong KindsOf(Points points, bool withProcesses)
    {
        ulong kinds = 0;
        Add(Points.Args, RecordKind.Args);
        Add(Points.Calls, RecordKind.Syscall, RecordKind.Sysret);
        Add(Points.Envs, RecordKind.Envs);
        Add(Points.Faults, RecordKind.Fault, RecordKind.FaultEnd);
        Add(Points.Io, RecordKind.Genio);
        Add(Points.Names, RecordKind.Namei);
        Add(Points.Capabilities, RecordKind.CapFail);
        Add(Points.Signals, RecordKind.Psig);
        Add(Points.Structures, RecordKind.Struct, RecordKind.StructArray);
        Add(Points.User, RecordKind.User);
        Add(Points.Switches, RecordKind.Csw);
        Add(Points.ExtendedErrors, RecordKind.ExtErr);
        Add(Points.Sysctl, RecordKind.Sysctl);
        if (withProcesses)
        {
            kinds |= RecordKinds.Bit(RecordKind.ProcCtor) | RecordKinds.Bit(RecordKind.ProcDtor) | RecordKinds.Bit(RecordKind.ProcInfo)
                | RecordKinds.Bit(RecordKind.Held) | RecordKinds.Bit(RecordKind.End) | RecordKinds.Bit(RecordKind.Clock)
                | RecordKinds.Bit(RecordKind.Redacted);
        }

        return kinds;

        void Add(Points point, params ReadOnlySpan<RecordKind> of)
        {
            if ((points & point) == 0)
            {
                return;
            }

            foreach (var kind in of)
            {
                kinds |= RecordKinds.Bit(kind);
            }
        }
    }
}
