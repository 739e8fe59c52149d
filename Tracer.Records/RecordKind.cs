namespace Tracer.Records;

/// <summary>
/// What a record is. 1 to 18 are ktrace's numbers (FreeBSD <c>sys/ktrace.h</c>); Tracer's own begin at 64.
/// Numbers are on disk and are never reused (FORMAT.md, "Kinds").
/// </summary>
public enum RecordKind : byte
{
    /// <summary>No record. Zeroed memory reads as this, and it is refused.</summary>
    None = 0,

    /// <summary>A system call is entered: number and arguments. Sync.</summary>
    Syscall = 1,

    /// <summary>A system call returns: number and result. Sync.</summary>
    Sysret = 2,

    /// <summary>A path that a system call was given. Sync.</summary>
    Namei = 3,

    /// <summary>Data that a system call read or wrote. Sync.</summary>
    Genio = 4,

    /// <summary>A signal is delivered. Async.</summary>
    Psig = 5,

    /// <summary>A context switch. Async.</summary>
    Csw = 6,

    /// <summary>A record the program adds itself (utrace). Sync. No source on Linux yet.</summary>
    User = 7,

    /// <summary>A structure that a system call was given or filled. Sync.</summary>
    Struct = 8,

    /// <summary>A sysctl name. Sync. No source on Linux yet.</summary>
    Sysctl = 9,

    /// <summary>A process is born, is followed, or has executed a new program. Async.</summary>
    ProcCtor = 10,

    /// <summary>A process has ended: wait status and resource usage. Async.</summary>
    ProcDtor = 11,

    /// <summary>A capability failure. Async.</summary>
    CapFail = 12,

    /// <summary>A page fault begins. Async.</summary>
    Fault = 13,

    /// <summary>A page fault ends. Async.</summary>
    FaultEnd = 14,

    /// <summary>An array of structures. Sync.</summary>
    StructArray = 15,

    /// <summary>The argument strings of an exec. Sync.</summary>
    Args = 16,

    /// <summary>The environment strings of an exec. Sync.</summary>
    Envs = 17,

    /// <summary>An extended error. Async. No source on Linux yet.</summary>
    ExtErr = 18,

    /// <summary>Events that could not be kept: kind, count, span, reason.</summary>
    Drop = 64,

    /// <summary>A thread was held: reason and span.</summary>
    Held = 65,

    /// <summary>The last record of a process: reason, last sequence number, events generated.</summary>
    End = 66,

    /// <summary>Relates the monotonic clock to the calendar.</summary>
    Clock = 67,

    /// <summary>Who a process is: ids, executable, arguments, directory, cgroup.</summary>
    ProcInfo = 68,

    /// <summary>A span in which a process was not traced.</summary>
    Gap = 69,

    /// <summary>The process does something that this collector can't see (io_uring, another tracer).</summary>
    Blind = 70,

    /// <summary>Content was left out by a rule.</summary>
    Redacted = 71,

    /// <summary>Reserved for call stacks.</summary>
    Stack = 72,
}

/// <summary>Properties of kinds that the contract speaks of.</summary>
public static class RecordKinds
{
    private const ulong AsyncKinds =
        (1UL << (int)RecordKind.Psig) | (1UL << (int)RecordKind.Csw) | (1UL << (int)RecordKind.ProcCtor) | (1UL << (int)RecordKind.ProcDtor)
        | (1UL << (int)RecordKind.CapFail) | (1UL << (int)RecordKind.Fault) | (1UL << (int)RecordKind.FaultEnd) | (1UL << (int)RecordKind.ExtErr);

    /// <summary>True for events: ktrace's kinds, which points yield and which <c>generated</c> counts. Tracer's own records are no events.</summary>
    public static bool IsEvent(RecordKind kind) => kind is >= RecordKind.Syscall and <= RecordKind.ExtErr;

    /// <summary>True for kinds made where one must not wait (C3).</summary>
    public static bool IsAsync(RecordKind kind) => (int)kind < 64 && (AsyncKinds >> (int)kind & 1) != 0;

    /// <summary>True for kinds that a thread may wait for: they commit with all before them (C4).</summary>
    public static bool IsSync(RecordKind kind) => IsEvent(kind) && !IsAsync(kind);

    /// <summary>One bit a kind, for a block's and a segment's set of kinds: ktrace's kinds at their number, Tracer's own from bit 32.</summary>
    public static ulong Bit(RecordKind kind) => (int)kind < 32 ? 1UL << (int)kind : 1UL << (32 + ((int)kind & 31));
}
