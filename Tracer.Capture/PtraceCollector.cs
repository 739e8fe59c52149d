using System.Diagnostics;
using Tracer.Capture.Interop;
using Tracer.Records;

namespace Tracer.Capture;

/// <summary>
/// Records what a command and its children do, by ptrace(2): every system call stops the thread twice, and it goes on when the
/// stop's records are in the sink.
/// </summary>
/// <remarks>
/// One thread makes every ptrace call: the one that seized. It is also the sink's writer thread. A thread whose records
/// find no room stays in its stop, alone, while the loop goes on with the others.
/// A call that fails with ESRCH means that the thread was killed meanwhile, at any place: its end comes by wait.
/// </remarks>
public sealed unsafe partial class PtraceCollector : ICollector
{
    private const Points SupportedPoints = Points.Args | Points.Calls | Points.Envs | Points.Io | Points.Names | Points.Signals;

    private readonly HeldCommand _command;
    private readonly CaptureOptions _options;
    private readonly Dictionary<int, Tracee> _tracees = [];
    private readonly TraceeMemory _memory = new();
    private readonly ProcFs _proc = new();
    private readonly Scratch _scratch;
    private readonly bool _calls;
    private readonly bool _io;
    private readonly bool _names;
    private readonly bool _args;
    private readonly bool _envs;
    private readonly bool _signals;
    private readonly long _go;

    private IRecordSink _sink = null!;
    private int _seizedBy;
    private bool _executed;
    private int? _waitStatus;
    private long _processes;
    private Tracee? _last;

    /// <summary>A collector for a command that is held.</summary>
    public PtraceCollector(HeldCommand command, CaptureOptions options)
    {
        if (Stopwatch.Frequency != 1_000_000_000)
            throw new PlatformNotSupportedException("The stopwatch does not count nanoseconds of CLOCK_MONOTONIC.");

        ArgumentOutOfRangeException.ThrowIfNegative(options.GenioSize, nameof(options.GenioSize));
        _command = command;
        _options = options;
        _scratch = new(options.GenioSize);
        _calls = options.Points.HasFlag(Points.Calls);
        _io = options.Points.HasFlag(Points.Io);
        _names = options.Points.HasFlag(Points.Names);
        _args = options.Points.HasFlag(Points.Args);
        _envs = options.Points.HasFlag(Points.Envs);
        _signals = options.Points.HasFlag(Points.Signals);
        // Without a point that looks at system calls nothing stops at them.
        _go = _calls || _io || _names || _args || _envs ? Libc.PTRACE_SYSCALL : Libc.PTRACE_CONT;
    }

    /// <summary>The points of a set that this collector yields; the others are to be written into the trace as not covered.</summary>
    public static Points Covered(Points points) => points & SupportedPoints;

    /// <summary>
    /// Takes hold of the command. Must be called on the thread that will call <see cref="Run"/>, which does it otherwise. From here to the
    /// command's exec the kernel kills it when Tracer dies: call it as soon as the command is held.
    /// </summary>
    public void Seize()
    {
        int self = Libc.gettid();
        if (_seizedBy != 0)
            throw new InvalidOperationException("The command is seized already.");

        _seizedBy = self;
        if (_command.Pid == 0)
            return;

        if (_options.SameCpu)
            ShareCpu(_command.Pid);

        if (Libc.ptrace(Libc.PTRACE_SEIZE, _command.Pid, 0, TraceOptions | Libc.PTRACE_O_EXITKILL) != 0)
        {
            int errno = Errno.Last;
            if (errno != Errno.ESRCH)
                throw Errno.Failure($"ptrace(PTRACE_SEIZE, {_command.Pid})", errno);

            return;
        }

        var process = new TracedProcess(_command.Pid, 0, Records.Payloads.BirthReason.Start);
        AddTracee(_command.Pid, process);
    }

    /// <inheritdoc/>
    public CollectorResult Run(IRecordSink sink)
    {
        int self = Libc.gettid();
        if (self == Libc.getpid())
            throw new InvalidOperationException("The collector must not run on the main thread: its wait would take .NET's own children.");

        if (_seizedBy == 0)
            Seize();
        else if (_seizedBy != self)
            throw new InvalidOperationException("The collector must run on the thread that seized.");

        _sink = sink;
        using var waker = new Waker(self);
        _waker = waker;
        sink.BlocksReturned += waker.BlocksReturned;
        try
        {
            _command.Release();
            Loop();
            int spawnErrno = _executed ? 0 : _command.SpawnErrno;
            return new(_waitStatus, spawnErrno, _processes);
        }
        finally
        {
            sink.BlocksReturned -= waker.BlocksReturned;
            lock (_detachLock)
            {
                _waker = null;
            }

            Free();
        }
    }

    private nint TraceOptions =>
        Libc.PTRACE_O_TRACESYSGOOD | Libc.PTRACE_O_TRACEEXEC | Libc.PTRACE_O_TRACECLONE
        | (_options.InheritChildren ? Libc.PTRACE_O_TRACEFORK | Libc.PTRACE_O_TRACEVFORK : 0);

    private void Loop()
    {
        while (TryNext(out int tid, out WaitEvent stop, out long now))
        {
            Tracee? tracee = _last;
            if (tracee is null || tracee.Tid != tid)
            {
                if (!_tracees.TryGetValue(tid, out tracee))
                {
                    OnUnknown(tid, stop, now);
                    continue;
                }

                _last = tracee;
            }

            if (stop.Kind == WaitKind.Exec)
                tracee = AdoptExec(tracee);

            Handle(tracee, stop, now);
        }
    }

    private Tracee AddTracee(int tid, TracedProcess process)
    {
        var tracee = new Tracee(tid, process);
        _tracees[tid] = tracee;
        process.Threads++;
        return tracee;
    }

    private void RemoveTracee(Tracee tracee)
    {
        _tracees.Remove(tracee.Tid);
        tracee.Process.Threads--;
        tracee.Free();
        if (_last == tracee)
            _last = null;
    }

    private void Free()
    {
        foreach (Tracee tracee in _tracees.Values)
        {
            tracee.Free();
        }

        _memory.Dispose();
        _proc.Dispose();
        _scratch.Dispose();
    }

    private static void ShareCpu(int pid)
    {
        int cpu = Libc.sched_getcpu();
        if (cpu is < 0 or >= Libc.CpuMaskWords * 64)
            throw Errno.Failure("sched_getcpu");

        ulong* mask = stackalloc ulong[Libc.CpuMaskWords];
        new Span<ulong>(mask, Libc.CpuMaskWords).Clear();
        mask[cpu / 64] = 1UL << (cpu % 64);
        if (Libc.sched_setaffinity(0, Libc.CpuMaskWords * sizeof(ulong), mask) != 0
            || Libc.sched_setaffinity(pid, Libc.CpuMaskWords * sizeof(ulong), mask) != 0)
        {
            throw Errno.Failure("sched_setaffinity");
        }
    }
}
