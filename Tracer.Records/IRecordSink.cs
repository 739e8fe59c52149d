namespace Tracer.Records;

/// <summary>
/// Where a collector puts records: the seam between capture and the pool. Called from one thread, the writer thread;
/// it never waits. Where there is no room it says so, and the collector holds the thread.
/// </summary>
/// <remarks>
/// A collector gathers all that a stop yields, asks <see cref="TryReserve"/> for the sum of <see cref="RecordSize"/>, and only then appends:
/// a stop's records are in the pool whole or not at all. Appending sync records without a reservation throws.
/// </remarks>
public interface IRecordSink
{
    /// <summary>
    /// Takes a slot and the guaranteed block for a process. Null when there is neither: the process is held at its birth, and
    /// asked for again after <see cref="BlocksReturned"/>.
    /// </summary>
    ProcessLog? TryBegin(in ProcessIdentity identity, long timeNs);

    /// <summary>True when sync records of at most that many bytes in all may now be appended to the process. False: hold the thread.</summary>
    /// <param name="log">The process.</param>
    /// <param name="bytes">Sum of <see cref="RecordSize"/> of what will be appended. Above <see cref="MaxReserve"/> it throws.</param>
    /// <param name="timeNs">
    /// Time of the first record that will be appended; while it is refused, readers are told not to go beyond it. A stop asks with the same time until it
    /// is granted; one that is given up is counted by <see cref="Drop"/> with that as its first time.
    /// </param>
    bool TryReserve(ProcessLog log, int bytes, long timeNs);

    /// <summary>The most that one <see cref="TryReserve"/> may ask for: what the smallest share can ever get. Longer data is cut, its true length kept.</summary>
    int MaxReserve { get; }

    /// <summary>Appends <see cref="RecordKind.Syscall"/>.</summary>
    void Syscall(ProcessLog log, int tid, long timeNs, int number, ReadOnlySpan<ulong> arguments);

    /// <summary>Appends <see cref="RecordKind.Sysret"/>; an error is a result of -4095 to -1, as the kernel returns it.</summary>
    void Sysret(ProcessLog log, int tid, long timeNs, int number, long result);

    /// <summary>Appends <see cref="RecordKind.Namei"/>: the path given as that argument (0 to 5), without its NUL.</summary>
    void Namei(ProcessLog log, int tid, long timeNs, int argument, ReadOnlySpan<byte> untrustedPath, bool cut);

    /// <summary>Appends <see cref="RecordKind.Genio"/>: the first bytes of what was read (or written) and its true length.</summary>
    void Genio(ProcessLog log, int tid, long timeNs, int fd, bool write, long trueLength, ReadOnlySpan<byte> untrustedData);

    /// <summary>Appends a sync record, or one of Tracer's own kinds, with a payload of <c>Tracer.Records.Payloads</c>.</summary>
    void Append(ProcessLog log, int tid, long timeNs, RecordKind kind, ReadOnlySpan<byte> payload);

    /// <summary>Appends an async record. Never waits: without room it is counted for a Drop record, and false is returned (C3).</summary>
    bool TryAppendAsync(ProcessLog log, int tid, long timeNs, RecordKind kind, ReadOnlySpan<byte> payload);

    /// <summary>Counts an event that can't be had, for a Drop record.</summary>
    void Drop(ProcessLog log, RecordKind kind, ulong count, long firstNs, long lastNs, Payloads.DropReason reason);

    /// <summary>
    /// Says that a hold of a thread has ended: it goes into the process's held time, and into a Held record when it was for want of a block.
    /// </summary>
    void Held(ProcessLog log, int tid, Payloads.HoldReason reason, long startNs, long endNs);

    /// <summary>
    /// Ends the process: Drop records for what was counted, then End. Never fails: what finds no room stays in the slot and is
    /// written when blocks return. The log must not be used after.
    /// </summary>
    void End(ProcessLog log, Payloads.EndReason reason, long timeNs);

    /// <summary>
    /// Seals the process's open block so that it is offered now, and returns the number to wait for
    /// with <see cref="IsCommitted"/>: that of its last sealed block; 0 when it has none.
    /// </summary>
    ulong Flush(ProcessLog log);

    /// <summary>True when every block up to and including that number, of any process, is committed. Any thread.</summary>
    bool IsCommitted(ulong blockNumber);

    /// <summary>Seals blocks whose oldest record is older than the flush time (C5), and writes Ends that were waiting for room. Call it about every 50 ms while <see cref="NeedsTick"/>.</summary>
    void Tick(long nowNs);

    /// <summary>True while an open block holds records or an End waits for room. Any thread.</summary>
    bool NeedsTick { get; }

    /// <summary>
    /// Raised, on another thread, when blocks have come back or <see cref="IsCommitted"/> has advanced: held threads may be tried again.
    /// The handler must not block.
    /// </summary>
    event Action? BlocksReturned;
}

/// <summary>Upper bounds of encoded records, for <see cref="IRecordSink.TryReserve"/>. Include the time and a change of thread.</summary>
public static class RecordSize
{
    /// <summary>Tag, thread and time of any record, and a step back in time.</summary>
    public const int Head = 32;

    /// <summary>A Syscall with six arguments.</summary>
    public const int Syscall = Head + 72;

    /// <summary>A Sysret.</summary>
    public const int Sysret = Head + 16;

    /// <summary>A Namei of that many bytes.</summary>
    public static int Namei(int length) => Payload(length + 4);

    /// <summary>A Genio with that many bytes of data kept.</summary>
    public static int Genio(int kept) => Payload(kept + 24);

    /// <summary>Any other record with that many bytes of payload. Long ones are cut into fragments, a head each.</summary>
    public static int Payload(int length) => Head + 8 + length + (length / 2048 + 1) * 16;
}
