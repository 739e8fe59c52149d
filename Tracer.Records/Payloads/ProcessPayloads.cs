namespace Tracer.Records.Payloads;

/// <summary>Why a <see cref="RecordKind.ProcCtor"/> was made.</summary>
public enum BirthReason : byte
{
    /// <summary>The first process of the trace, at the exec of the command.</summary>
    Start = 0,

    /// <summary>fork(2).</summary>
    Fork = 1,

    /// <summary>vfork(2).</summary>
    Vfork = 2,

    /// <summary>clone(2) without CLONE_THREAD.</summary>
    Clone = 3,

    /// <summary>A successful execve(2): same process, new program.</summary>
    Exec = 4,

    /// <summary>Attached while running.</summary>
    Attach = 5,
}

/// <summary>Payload of <see cref="RecordKind.ProcCtor"/>.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Machine">AUDIT_ARCH of the process (seccomp(2)); 0 while unknown. Decoders choose the call table by it.</param>
/// <param name="ParentPid">Pid of the traced process that made this one; 0 when it is not traced.</param>
/// <param name="FormerTid">For Exec by a thread that was not the leader: its id before; else 0.</param>
public readonly record struct ProcCtorPayload(BirthReason Reason, uint Machine, int ParentPid, int FormerTid)
{
    /// <summary>The longest encoding, in bytes.</summary>
    public const int MaxLength = 24;

    /// <summary>Writes the payload and returns its length.</summary>
    public int Write(Span<byte> destination)
    {
        var w = new SpanWriter(destination);
        w.Byte((byte)Reason);
        w.Varint(Machine);
        w.Signed(ParentPid);
        w.Signed(FormerTid);
        return w.Position;
    }

    /// <summary>Reads the payload; throws <see cref="RecordFormatException"/> when it is damaged.</summary>
    public static ProcCtorPayload Read(ReadOnlySpan<byte> untrusted)
    {
        var c = new SpanCursor(untrusted, "ProcCtor payload");
        return new((BirthReason)c.Byte(), unchecked((uint)c.Varint()), c.Int32(), c.Int32());
    }
}

/// <summary>Payload of <see cref="RecordKind.ProcDtor"/>: what wait4(2) said of the process.</summary>
/// <param name="WaitStatus">The wait status, as in wait(2).</param>
/// <param name="UserTimeUs">CPU time in user mode, microseconds (getrusage(2)).</param>
/// <param name="SystemTimeUs">CPU time in the kernel, microseconds.</param>
/// <param name="MaxResidentKiB">Peak resident set, KiB.</param>
/// <param name="MinorFaults">Faults without I/O.</param>
/// <param name="MajorFaults">Faults with I/O.</param>
/// <param name="BlocksIn">Blocks read from a disk.</param>
/// <param name="BlocksOut">Blocks written to a disk.</param>
/// <param name="VoluntarySwitches">Context switches by waiting; under ptrace each stop adds one.</param>
/// <param name="InvoluntarySwitches">Context switches by preemption.</param>
public readonly record struct ProcDtorPayload(
    int WaitStatus,
    long UserTimeUs,
    long SystemTimeUs,
    long MaxResidentKiB,
    long MinorFaults,
    long MajorFaults,
    long BlocksIn,
    long BlocksOut,
    long VoluntarySwitches,
    long InvoluntarySwitches)
{
    /// <summary>The longest encoding, in bytes.</summary>
    public const int MaxLength = 100;

    /// <summary>Writes the payload and returns its length.</summary>
    public int Write(Span<byte> destination)
    {
        var w = new SpanWriter(destination);
        w.Signed(WaitStatus);
        w.Signed(UserTimeUs);
        w.Signed(SystemTimeUs);
        w.Signed(MaxResidentKiB);
        w.Signed(MinorFaults);
        w.Signed(MajorFaults);
        w.Signed(BlocksIn);
        w.Signed(BlocksOut);
        w.Signed(VoluntarySwitches);
        w.Signed(InvoluntarySwitches);
        return w.Position;
    }

    /// <summary>Reads the payload; throws <see cref="RecordFormatException"/> when it is damaged.</summary>
    public static ProcDtorPayload Read(ReadOnlySpan<byte> untrusted)
    {
        var c = new SpanCursor(untrusted, "ProcDtor payload");
        return new(c.Int32(), c.Signed(), c.Signed(), c.Signed(), c.Signed(), c.Signed(), c.Signed(), c.Signed(), c.Signed(), c.Signed());
    }
}

/// <summary>Payload of <see cref="RecordKind.ProcInfo"/>: who the process is, read from /proc (proc(5)) at start, fork and exec.</summary>
/// <param name="ParentPid">Parent, as the recorder sees it.</param>
/// <param name="NamespacePid">Pid in its own namespace.</param>
/// <param name="ProcessGroup">Process group.</param>
/// <param name="Session">Session.</param>
/// <param name="Uids">Real, effective, saved and file-system uid.</param>
/// <param name="Gids">Real, effective, saved and file-system gid.</param>
/// <param name="LoginUid">Audit login uid; 0xFFFFFFFF when unset or not readable.</param>
/// <param name="Comm">Command name, at most 15 bytes; from the kernel, untrusted text.</param>
/// <param name="Executable">Target of /proc/PID/exe; empty when not readable.</param>
/// <param name="Directory">Target of /proc/PID/cwd; empty when not readable.</param>
/// <param name="Cgroup">Path in the unified hierarchy; empty when not readable.</param>
/// <param name="Arguments">argv with NUL after each string, at most 4096 bytes, as /proc/PID/cmdline gives it.</param>
public sealed record ProcInfoPayload(
    int ParentPid,
    int NamespacePid,
    int ProcessGroup,
    int Session,
    UserIds Uids,
    UserIds Gids,
    uint LoginUid,
    string Comm,
    string Executable,
    string Directory,
    string Cgroup,
    ReadOnlyMemory<byte> Arguments)
{
    /// <summary>The longest encoding, in bytes: four texts of at most 4096 bytes each after the recorder's cut, and the numbers.</summary>
    public const int MaxLength = 5 * 4200 + 128;

    /// <summary>Writes the payload and returns its length.</summary>
    public int Write(Span<byte> destination)
    {
        var w = new SpanWriter(destination);
        w.Signed(ParentPid);
        w.Signed(NamespacePid);
        w.Signed(ProcessGroup);
        w.Signed(Session);
        Uids.Write(ref w);
        Gids.Write(ref w);
        w.Varint(LoginUid);
        w.Text(Comm);
        w.Text(Executable);
        w.Text(Directory);
        w.Text(Cgroup);
        w.Blob(Arguments.Span);
        return w.Position;
    }

    /// <summary>Reads the payload; throws <see cref="RecordFormatException"/> when it is damaged.</summary>
    public static ProcInfoPayload Read(ReadOnlySpan<byte> untrusted)
    {
        var c = new SpanCursor(untrusted, "ProcInfo payload");
        return new(
            c.Int32(), c.Int32(), c.Int32(), c.Int32(), UserIds.Read(ref c), UserIds.Read(ref c), unchecked((uint)c.Varint()),
            c.Text(), c.Text(), c.Text(), c.Text(), c.Blob().ToArray());
    }
}

/// <summary>Real, effective, saved and file-system id of a process (credentials(7)).</summary>
public readonly record struct UserIds(uint Real, uint Effective, uint Saved, uint FileSystem)
{
    internal void Write(ref SpanWriter w)
    {
        w.Varint(Real);
        w.Varint(Effective);
        w.Varint(Saved);
        w.Varint(FileSystem);
    }

    internal static UserIds Read(ref SpanCursor c) =>
        new(unchecked((uint)c.Varint()), unchecked((uint)c.Varint()), unchecked((uint)c.Varint()), unchecked((uint)c.Varint()));
}
