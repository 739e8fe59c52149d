using Tracer.Capture.Interop;
using Tracer.Records;
using Tracer.Records.Payloads;

namespace Tracer.Capture;

// Exec: its strings at the entry, the new program at the event.
public sealed unsafe partial class PtraceCollector
{
    private const int PointersPerRead = 64;

    // Strings are recorded with their NULs. Where they were cut the last one has none, so that a cut shows.
    private int GatherExec(int tid, ulong* arguments, int argv, int bytes)
    {
        _scratch.NeedExec();
        if (_args)
        {
            _scratch.ArgsLength = ReadStrings(tid, arguments[argv], _scratch.Args, ExecRoom(bytes));
            bytes += RecordSize.Payload(_scratch.ArgsLength);
        }

        if (_envs)
        {
            _scratch.EnvsLength = ReadStrings(tid, arguments[argv + 1], _scratch.Envs, ExecRoom(bytes));
            bytes += RecordSize.Payload(_scratch.EnvsLength);
        }

        return bytes;
    }

    // The command's own exec happened before its trace: its strings are those that it was started with.
    private int GatherStart(int bytes)
    {
        _scratch.NeedExec();
        if (_args)
        {
            _scratch.ArgsLength = CopyStrings(_command.Options.Arguments, new(_scratch.Args, ExecRoom(bytes)));
            bytes += RecordSize.Payload(_scratch.ArgsLength);
        }

        if (_envs)
        {
            IReadOnlyList<byte[]> environment = _command.Options.Environment ?? NativeStrings.OwnEnvironment();
            _scratch.EnvsLength = CopyStrings(environment, new(_scratch.Envs, ExecRoom(bytes)));
            bytes += RecordSize.Payload(_scratch.EnvsLength);
        }

        return bytes;
    }

    private void AppendExec(ProcessLog log, int tid, long time)
    {
        if (_scratch.ArgsLength >= 0)
            _sink.Append(log, tid, time, RecordKind.Args, new(_scratch.Args, _scratch.ArgsLength));

        if (_scratch.EnvsLength >= 0)
            _sink.Append(log, tid, time, RecordKind.Envs, new(_scratch.Envs, _scratch.EnvsLength));
    }

    // What one reservation still has room for; both lists must fit. A payload has 16 bytes of overhead for each 2 KiB.
    private int ExecRoom(int bytes)
    {
        int left = _sink.MaxReserve - bytes - 2 * RecordSize.Payload(0);
        return Math.Clamp((int)(left * 120L / 128), 0, Scratch.ExecMax);
    }

    private int ReadStrings(int tid, ulong untrustedArray, byte* destination, int max)
    {
        ulong* pointers = stackalloc ulong[PointersPerRead];
        int have = 0;
        for (ulong at = untrustedArray; untrustedArray != 0; at = unchecked(at + PointersPerRead * sizeof(ulong)))
        {
            int read = _memory.Read(tid, at, (byte*)pointers, PointersPerRead * sizeof(ulong)) / sizeof(ulong);
            for (int i = 0; i < read; i++)
            {
                if (pointers[i] == 0 || have == max)
                    return have;

                int length = _memory.ReadString(tid, pointers[i], destination + have, max - have, out bool cut);
                if (length < 0)
                    return have;

                have += length;
                if (cut)
                    return have;

                // The NUL was read with the string.
                have++;
            }

            if (read < PointersPerRead)
                return have;
        }

        return have;
    }

    private static int CopyStrings(IReadOnlyList<byte[]> strings, Span<byte> destination)
    {
        int have = 0;
        foreach (byte[] text in strings)
        {
            int kept = Math.Min(text.Length, destination.Length - have);
            text.AsSpan(0, kept).CopyTo(destination[have..]);
            have += kept;
            if (have == destination.Length)
                break;

            destination[have++] = 0;
        }

        return have;
    }

    // A thread that is not the leader takes the leader's id when it executes; the leader and its own id are no more. The
    // other threads report their ends themselves, before or after.
    private Tracee AdoptExec(Tracee leader)
    {
        ulong former;
        if (Libc.ptrace(Libc.PTRACE_GETEVENTMSG, leader.Tid, 0, (nint)(&former)) != 0)
        {
            int errno = Errno.Last;
            return errno == Errno.ESRCH ? leader : throw Errno.Failure("ptrace(PTRACE_GETEVENTMSG)", errno);
        }

        if ((int)former == leader.Tid || !_tracees.TryGetValue((int)former, out Tracee? caller))
        {
            leader.FormerTid = 0;
            return leader;
        }

        if (leader.Hold.Active)
        {
            EndHold(leader, System.Diagnostics.Stopwatch.GetTimestamp());
            _held.Remove(leader);
        }

        int tid = leader.Tid;
        _tracees.Remove((int)former);
        RemoveTracee(leader);
        caller.FormerTid = (int)former;
        caller.Tid = tid;
        _tracees[tid] = caller;
        _last = caller;
        return caller;
    }

    private Outcome OnExec(Tracee tracee, long time)
    {
        TracedProcess process = tracee.Process;
        if (!_executed)
            return OnStart(tracee, time);

        uint machine = ReadMachine(tracee.Tid, process.Machine);
        // From here it is another program, whether there is room to say so or not.
        _scratch.Clear(RecordKind.ProcCtor);
        process.Info = _proc.ReadInfo(process.Pid);
        process.SignalsKnown = false;
        process.SharesHandlers = false;
        SetMachine(process, machine);
        int bytes = RecordSize.Payload(ProcCtorPayload.MaxLength) + EncodeInfo(process.Info);
        if (!_sink.TryReserve(process.Log!, bytes, time))
            return Outcome.NoRoom;

        process.InGap = false;
        AppendBirth(process, tracee.Tid, BirthReason.Exec, 0, tracee.FormerTid, time);
        AppendInfo(process, tracee.Tid, time);
        return Outcome.Go;
    }

    // The command's exec has succeeded: the trace begins.
    private Outcome OnStart(Tracee tracee, long time)
    {
        TracedProcess process = tracee.Process;
        SetMachine(process, ReadMachine(tracee.Tid, 0));
        if (Announce(process, time) is var outcome and not Outcome.Go)
            return outcome;

        if (!_options.KillOnExit && Libc.ptrace(Libc.PTRACE_SETOPTIONS, tracee.Tid, 0, TraceOptions) != 0)
        {
            int errno = Errno.Last;
            if (errno != Errno.ESRCH)
                throw Errno.Failure("ptrace(PTRACE_SETOPTIONS)", errno);
        }

        _executed = true;
        tracee.Started = true;
        tracee.SkipExit = true;
        return Outcome.Go;
    }

    private static uint ReadMachine(int tid, uint otherwise)
    {
        PtraceSyscallInfo info;
        return Libc.ptrace(Libc.PTRACE_GET_SYSCALL_INFO, tid, sizeof(PtraceSyscallInfo), (nint)(&info)) < 0 ? otherwise : info.arch;
    }

    private static void SetMachine(TracedProcess process, uint machine)
    {
        process.Machine = machine;
        process.Shapes = CallShapes.For(machine);
    }
}
