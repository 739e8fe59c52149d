using Tracer.Capture.Interop;
using Tracer.Records;
using Tracer.Records.Payloads;

namespace Tracer.Capture;

// Threads and processes that begin and end. A child's first stop and its parent's event come in any order, and either may be missing:
// a parent or child that is killed in this moment reports only its end.
public sealed unsafe partial class PtraceCollector
{
    // The parent's event follows at once or never; then /proc tells whose child it is.
    private const long ClaimNs = 10_000_000;

    // An end that no event claims within this time belongs to no child: the id may come again.
    private const long ForgetEndNs = 1_000_000_000;

    private readonly Dictionary<int, Unclaimed> _unclaimed = [];
    private readonly Dictionary<int, (int Status, Rusage Usage, long Time)> _unclaimedEnds = [];
    private readonly List<LateEnd> _lateEnds = [];

    private readonly record struct Unclaimed(WaitEvent Stop, long Time);

    private readonly record struct LateEnd(TracedProcess Process, int Status, Rusage Usage, long Time);

    // A thread that no event has named yet.
    private void OnUnknown(int tid, in WaitEvent stop, long now)
    {
        if (stop.IsEnd)
        {
            _unclaimed.Remove(tid);
            _unclaimedEnds[tid] = (stop.Status, *_usage, now);
            return;
        }

        _unclaimed[tid] = new(stop, now);
    }

    private Outcome OnNewChild(Tracee parent, in WaitEvent stop, long now)
    {
        ulong message;
        if (Libc.ptrace(Libc.PTRACE_GETEVENTMSG, parent.Tid, 0, (nint)(&message)) != 0)
        {
            int errno = Errno.Last;
            return errno == Errno.ESRCH ? Outcome.Gone : throw Errno.Failure("ptrace(PTRACE_GETEVENTMSG)", errno);
        }

        int child = (int)message;
        if (child == 0 || _tracees.ContainsKey(child))
            return Outcome.Go;

        BirthReason reason = stop.Event switch
        {
            Libc.PTRACE_EVENT_FORK => BirthReason.Fork,
            Libc.PTRACE_EVENT_VFORK => BirthReason.Vfork,
            _ => BirthReason.Clone,
        };
        // Signal 0 finds the thread only in its own process.
        bool isThread = Libc.tgkill(parent.Process.Pid, child, 0) == 0 || Errno.Last == Errno.EPERM;
        if (!isThread && (parent.CloneFlags & CLONE_SIGHAND) != 0)
            parent.Process.SharesHandlers = true;

        Claim(child, parent.Process, parent.Number, isThread, reason, now);
        return Outcome.Go;
    }

    private void Claim(int tid, TracedProcess parent, long number, bool isThread, BirthReason reason, long now)
    {
        TracedProcess process = parent;
        if (!isThread)
        {
            process = new(tid, parent.Pid, reason) { Machine = parent.Machine, Shapes = parent.Shapes, Info = parent.Info, SharesHandlers = parent.SharesHandlers };
        }

        Tracee tracee = AddTracee(tid, process);
        tracee.Number = number;
        tracee.LeaveAtBirth = !isThread && !_options.InheritChildren;
        if (_killing && !isThread)
            Kill(tid);

        if (_unclaimed.Remove(tid, out Unclaimed first))
        {
            Handle(tracee, first.Stop, first.Time);
        }
        else if (_unclaimedEnds.Remove(tid, out (int Status, Rusage Usage, long Time) end))
        {
            *_usage = end.Usage;
            Handle(tracee, WaitEvent.Classify(end.Status), end.Time);
        }
    }

    private void ClaimByProc(long now)
    {
        if (_unclaimed.Count != 0)
        {
            foreach ((int tid, Unclaimed first) in _unclaimed.ToArray())
            {
                if (now - first.Time >= ClaimNs || _leaving)
                    ClaimByProc(tid, now);
            }
        }

    }

    private void ForgetEnds(long now)
    {
        foreach ((int tid, (int _, Rusage _, long time)) in _unclaimedEnds.ToArray())
        {
            if (now - time >= ForgetEndNs)
                _unclaimedEnds.Remove(tid);
        }
    }

    private void ClaimByProc(int tid, long now)
    {
        if (!_proc.TryReadParents(tid, out int tgid, out int parentPid))
        {
            // Killed meanwhile: its end comes by wait.
            _unclaimed.Remove(tid);
            return;
        }

        bool isThread = tgid != tid;
        TracedProcess? parent = _tracees.GetValueOrDefault(isThread ? tgid : parentPid)?.Process;
        // A parent that has ended meanwhile is no longer known, nor is its table of calls: the program's machine is.
        if (parent is null)
        {
            parent = new(isThread ? tgid : parentPid, 0, BirthReason.Clone);
            SetMachine(parent, ReadMachine(tid, 0));
        }

        Claim(tid, parent, -1, isThread, BirthReason.Clone, now);
    }

    // Takes a place for a process and says who it is. In a gap its birth, which never waits, must do.
    private Outcome Announce(TracedProcess process, long time)
    {
        _scratch.Clear(RecordKind.None);
        if (process.Identity.Pid == 0)
        {
            process.Info = _proc.ReadBirth(process.Pid, process.Info, out ProcessIdentity identity);
            process.Identity = identity;
        }

        process.Log ??= _sink.TryBegin(process.Identity, time);
        if (process.Log is null)
            return Outcome.NoPlace;

        int bytes = RecordSize.Payload(ProcCtorPayload.MaxLength) + EncodeInfo(process.Info!);
        if (process.Birth == BirthReason.Start)
            bytes = GatherStart(bytes);

        bool room = _sink.TryReserve(process.Log, bytes, time);
        if (!room && !process.InGap && !_leaving)
            return Outcome.NoRoom;

        AppendBirth(process, process.Pid, process.Birth, process.ParentPid, 0, time);
        if (room)
        {
            AppendInfo(process, process.Pid, time);
            AppendExec(process.Log, process.Pid, time);
        }

        _scratch.Clear(RecordKind.None);
        process.Announced = true;
        _processes++;
        _followed[process.Pid] = 0;
        return Outcome.Go;
    }

    private int EncodeInfo(ProcInfoPayload info)
    {
        _scratch.InfoLength = info.Write(new(_scratch.Info, ProcInfoPayload.MaxLength));
        return RecordSize.Payload(_scratch.InfoLength);
    }

    private void AppendBirth(TracedProcess process, int tid, BirthReason reason, int parentPid, int formerTid, long time)
    {
        Span<byte> payload = stackalloc byte[ProcCtorPayload.MaxLength];
        int length = new ProcCtorPayload(reason, process.Machine, parentPid, formerTid).Write(payload);
        _sink.TryAppendAsync(process.Log!, tid, time, RecordKind.ProcCtor, payload[..length]);
    }

    private void AppendInfo(TracedProcess process, int tid, long time) =>
        _sink.Append(process.Log!, tid, time, RecordKind.ProcInfo, new(_scratch.Info, _scratch.InfoLength));

    private void OnProcessEnd(TracedProcess process, int status, long now)
    {
        if (process.Pid == _command.Pid)
        {
            _waitStatus = status;
            _commandEnded = true;
        }

        _followed.TryRemove(process.Pid, out _);
        if (_executed && !TryEnd(process, status, *_usage, now))
            _lateEnds.Add(new(process, status, *_usage, now));
    }

    // A process that ends before it was given a place gets its few records as soon as there is one.
    private bool TryEnd(TracedProcess process, int status, in Rusage usage, long time)
    {
        if (!process.Announced)
        {
            process.InGap = true;
            if (Announce(process, time) != Outcome.Go)
                return _leaving;
        }

        var end = new ProcDtorPayload(
            status, usage.ru_utime_sec * 1_000_000 + usage.ru_utime_usec, usage.ru_stime_sec * 1_000_000 + usage.ru_stime_usec,
            usage.ru_maxrss, usage.ru_minflt, usage.ru_majflt, usage.ru_inblock, usage.ru_oublock, usage.ru_nvcsw, usage.ru_nivcsw);
        Span<byte> payload = stackalloc byte[ProcDtorPayload.MaxLength];
        int length = end.Write(payload);
        _sink.TryAppendAsync(process.Log!, process.Pid, time, RecordKind.ProcDtor, payload[..length]);
        _sink.End(process.Log!, EndReason.Exit, time);
        process.Log = null;
        return true;
    }

    private void ForgetAll()
    {
        foreach (Tracee tracee in _tracees.Values.ToArray())
        {
            RemoveTracee(tracee);
        }

        _held.Clear();
        _unclaimed.Clear();
    }
}
