using System.Text;
using Tracer.Records.Payloads;

namespace Tracer.Records;

/// <summary>
/// What a reader of a trace learns as records pass: each process's name and machine, and how the monotonic clock relates to the calendar.
/// Every record must pass through <see cref="Observe"/>, also those that are not shown.
/// </summary>
public sealed class TraceView
{
    private const int KernelCommLength = 15;

    private readonly Dictionary<ProcessIdentity, ProcessView> _processes = [];
    private readonly Dictionary<int, ProcessView> _newest = [];
    private readonly byte[] _command;
    private readonly Machine _machine;
    private ProcessView? _last;
    private long _realtimeMinusMonotonicNs;

    /// <summary>Begins with what the trace's header tells.</summary>
    public TraceView(TraceHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        _realtimeMinusMonotonicNs = unchecked(header.StartedRealtimeNs - header.StartedMonotonicNs);
        _ = MachineExtensions.TryFromAuditArch(header.Machine, out _machine);
        byte[] name = Encoding.UTF8.GetBytes(header.Command.Count > 0 ? header.Command[0] : "");
        name = name[(name.AsSpan().LastIndexOf((byte)'/') + 1)..];
        _command = name.Length > KernelCommLength ? name[..KernelCommLength] : name;
    }

    /// <summary>Learns from a record and tells whose it is.</summary>
    public ProcessView Observe(in ProcessIdentity process, RecordDecoder record)
    {
        var view = _last is { } last && last.Identity == process ? last : Find(process);
        if (record.Kind is RecordKind.ProcInfo or RecordKind.ProcCtor or RecordKind.Clock or RecordKind.End)
        {
            Learn(view, record);
        }

        return view;
    }

    /// <summary>CLOCK_REALTIME nanoseconds of a record's time, by the last Clock record that has passed.</summary>
    public long ToRealtimeNs(long monotonicNs) => unchecked(monotonicNs + _realtimeMinusMonotonicNs);

    private ProcessView Find(in ProcessIdentity process)
    {
        if (!_processes.TryGetValue(process, out var view))
        {
            view = new ProcessView(process, _command, _machine);
            _processes.Add(process, view);
            _newest[process.Pid] = view;
        }

        _last = view;
        return view;
    }

    private void Learn(ProcessView view, RecordDecoder record)
    {
        try
        {
            switch (record.Kind)
            {
                case RecordKind.ProcInfo:
                    view.SetComm(ProcInfoSpans.Read(record.Payload).Comm);
                    break;
                case RecordKind.ProcCtor:
                    Born(view, ProcCtorPayload.Read(record.Payload));
                    break;
                case RecordKind.End:
                    Forget(view);
                    break;
                case RecordKind.Clock:
                    _realtimeMinusMonotonicNs = unchecked(ClockPayload.Read(record.Payload).RealtimeNs - record.TimeNs);
                    break;
            }
        }
        catch (RecordFormatException)
        {
            // Nothing is learned from a damaged record; whoever shows it says that it is.
        }
    }

    // A trace may have more processes than memory should hold; what goes on after a gap tells its name again.
    private void Forget(ProcessView view)
    {
        _processes.Remove(view.Identity);
        _last = null;
        if (_newest.TryGetValue(view.Identity.Pid, out var newest) && newest == view)
        {
            _newest.Remove(view.Identity.Pid);
        }
    }

    private void Born(ProcessView view, in ProcCtorPayload birth)
    {
        if (birth.Reason is BirthReason.Fork or BirthReason.Vfork or BirthReason.Clone && _newest.TryGetValue(birth.ParentPid, out var parent))
        {
            view.SetComm(parent.Comm.Span);
            view.Machine = parent.Machine;
        }

        if (birth.Machine != 0)
        {
            _ = MachineExtensions.TryFromAuditArch(birth.Machine, out var machine);
            view.Machine = machine;
        }
    }
}
