using Tracer.Capture.Interop;
using Tracer.Records;
using Tracer.Records.Payloads;

namespace Tracer.Capture;

// Entry and exit of a system call.
public sealed unsafe partial class PtraceCollector
{
    private const ulong CLONE_SIGHAND = 0x00000800;
    private const ulong CLONE_UNTRACED = 0x00800000;
    private const long X32SyscallBit = 0x40000000;

    private Outcome OnSyscall(Tracee tracee, long time)
    {
        PtraceSyscallInfo info;
        if (Libc.ptrace(Libc.PTRACE_GET_SYSCALL_INFO, tracee.Tid, sizeof(PtraceSyscallInfo), (nint)(&info)) < 0)
        {
            int errno = Errno.Last;
            return errno == Errno.ESRCH ? Outcome.Gone : throw Errno.Failure("ptrace(PTRACE_GET_SYSCALL_INFO)", errno);
        }

        return info.op switch
        {
            PtraceSyscallInfo.PTRACE_SYSCALL_INFO_ENTRY => OnEntry(tracee, &info, time),
            PtraceSyscallInfo.PTRACE_SYSCALL_INFO_EXIT => OnExit(tracee, &info, time),
            _ => throw new InvalidOperationException($"A system-call stop of {tracee.Tid} is neither entry nor exit ({info.op})."),
        };
    }

    private Outcome OnEntry(Tracee tracee, PtraceSyscallInfo* info, long time)
    {
        TracedProcess process = tracee.Process;
        long number = unchecked((long)info->nr);
        tracee.Number = number;
        tracee.Shape = default;
        tracee.CloneFlags = 0;
        if (info->arch != process.Machine || (number & X32SyscallBit) != 0 && number > 0)
        {
            // int 0x80 or x32 in a 64-bit program: the numbers belong to another table, and a record would be read wrongly.
            tracee.Recorded = false;
            return Blind(tracee, BlindReason.Abi, time);
        }

        CallShape[] shapes = process.Shapes;
        CallShape shape = (ulong)number < (ulong)shapes.Length ? shapes[number] : CallShape.Unknown;
        _scratch.Clear(_calls ? RecordKind.Syscall : RecordKind.None);
        if (shapes.Length == 0 && Blind(tracee, BlindReason.Abi, time) is var outcome and not Outcome.Go)
            return outcome;

        int bytes = _calls ? RecordSize.Syscall : 0;
        if (shape.HasEntryWork)
            bytes += GatherEntry(tracee, info, shape, bytes);

        if (shape.Data != DataRule.None)
            new ReadOnlySpan<ulong>(info->args, 6).CopyTo(tracee.Arguments);

        ProcessLog log = process.Log!;
        if (bytes != 0)
        {
            if (!_sink.TryReserve(log, bytes, time))
                return Outcome.NoRoom;

            process.InGap = false;
            if (_calls)
                _sink.Syscall(log, tracee.Tid, time, unchecked((int)number), new ReadOnlySpan<ulong>(info->args, shape.ArgCount));

            if (shape.HasEntryWork)
                AppendEntry(tracee, time);
        }

        tracee.Shape = shape;
        tracee.Recorded = true;
        return Outcome.Go;
    }

    private Outcome OnExit(Tracee tracee, PtraceSyscallInfo* info, long time)
    {
        if (tracee.SkipExit || !tracee.Recorded)
        {
            tracee.SkipExit = false;
            return Outcome.Go;
        }

        TracedProcess process = tracee.Process;
        long result = info->rval;
        if (tracee.Number < 0)
            tracee.Number = _proc.ReadCallNumber(tracee.Tid);

        CallShape shape = tracee.Shape;
        _scratch.Clear(_calls ? RecordKind.Sysret : RecordKind.None);
        if (shape.Role != CallRole.None && result >= 0 && RoleAtExit(tracee, shape.Role, result, time) is var outcome and not Outcome.Go)
            return outcome;

        int bytes = _calls ? RecordSize.Sysret : 0;
        if (_io && shape.Data != DataRule.None)
            bytes += GatherData(tracee, shape, result);

        if (bytes == 0)
            return Outcome.Go;

        ProcessLog log = process.Log!;
        if (!_sink.TryReserve(log, bytes, time))
            return Outcome.NoRoom;

        process.InGap = false;
        if (_scratch.DataKept >= 0)
            AppendData(tracee, shape, time);

        if (_calls)
            _sink.Sysret(log, tracee.Tid, time, unchecked((int)tracee.Number), result);

        return Outcome.Go;
    }

    private Outcome RoleAtExit(Tracee tracee, CallRole role, long result, long time)
    {
        switch (role)
        {
            case CallRole.SignalAction:
                tracee.Process.SignalsKnown = false;
                return Outcome.Go;
            case CallRole.IoUringSetup:
                return Blind(tracee, BlindReason.IoUring, time);
            case CallRole.Clone or CallRole.Clone3 when result > 0 && (tracee.CloneFlags & CLONE_UNTRACED) != 0 && _options.InheritChildren:
                return Blind(tracee, BlindReason.Untraced, time);
            default:
                return Outcome.Go;
        }
    }

    // Says once for a process that something of it can't be seen.
    private Outcome Blind(Tracee tracee, BlindReason reason, long time)
    {
        TracedProcess process = tracee.Process;
        int bit = 1 << (int)reason;
        if ((process.BlindReasons & bit) != 0)
            return Outcome.Go;

        if (!_sink.TryReserve(process.Log!, RecordSize.Payload(BlindPayload.MaxLength), time))
            return Outcome.NoRoom;

        Span<byte> payload = stackalloc byte[BlindPayload.MaxLength];
        int length = new BlindPayload(reason).Write(payload);
        _sink.Append(process.Log!, tracee.Tid, time, RecordKind.Blind, payload[..length]);
        process.BlindReasons |= bit;
        return Outcome.Go;
    }

    // Counts what the last stop gathered, in place of recording it.
    private void DropGathered(Tracee tracee, long time)
    {
        if (tracee.Process.Log is not { } log)
            return;

        Count(_scratch.Call, _scratch.Call == RecordKind.None ? 0 : 1);
        Count(RecordKind.Namei, _scratch.PathCount);
        Count(RecordKind.Genio, _scratch.DataKept >= 0 ? 1 : 0);
        Count(RecordKind.Args, _scratch.ArgsLength >= 0 ? 1 : 0);
        Count(RecordKind.Envs, _scratch.EnvsLength >= 0 ? 1 : 0);

        void Count(RecordKind kind, int count)
        {
            if (count != 0)
                _sink.Drop(log, kind, (ulong)count, time, time, DropReason.Stall);
        }
    }
}
