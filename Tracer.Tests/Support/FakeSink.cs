using System.Collections.Concurrent;
using Tracer.Records;
using Tracer.Records.Payloads;

namespace Tracer.Tests.Support;

/// <summary>A record as the fake sink keeps it.</summary>
internal sealed record FakeRecord(RecordKind Kind, int Pid, int Tid, long TimeNs)
{
    /// <summary>Of a call.</summary>
    public int Number { get; init; }

    /// <summary>Of a Sysret.</summary>
    public long Result { get; init; }

    /// <summary>Of a Syscall.</summary>
    public ulong[] Arguments { get; init; } = [];

    /// <summary>Path, data or payload.</summary>
    public byte[] Bytes { get; init; } = [];

    /// <summary>Of a Namei: which argument. Of a Genio: the descriptor.</summary>
    public int Argument { get; init; }

    /// <summary>Of a Genio.</summary>
    public bool Write { get; init; }

    /// <summary>Of a Genio.</summary>
    public long TrueLength { get; init; }

    public string Text => System.Text.Encoding.UTF8.GetString(Bytes);
}

/// <summary>
/// A sink in memory that can refuse places and reservations, and delay commits. It checks the contract of its caller: one thread, sync records
/// only within a reservation, nothing after End, BlocksReturned not needed.
/// </summary>
internal sealed class FakeSink : IRecordSink
{
    private readonly Dictionary<ProcessLog, long> _reserved = [];
    private readonly HashSet<ProcessLog> _open = [];
    private int _thread;
    private ulong _sealed;
    private long _committed;

    public event Action? BlocksReturned;

    /// <summary>All records, in order of arrival. Read it when the collector has returned, or through <see cref="Snapshot"/>.</summary>
    public List<FakeRecord> Records { get; } = [];

    public ConcurrentQueue<(int Pid, int Tid, HoldReason Reason, long StartNs, long EndNs)> Holds { get; } = new();

    public Dictionary<int, EndReason> Ends { get; } = [];

    public List<(int Pid, RecordKind Kind, ulong Count, DropReason Reason)> Drops { get; } = [];

    /// <summary>Asked for each new process; false holds it.</summary>
    public Func<ProcessIdentity, bool> AllowBegin { get; set; } = _ => true;

    /// <summary>Asked for each reservation; false holds the thread.</summary>
    public Func<ProcessIdentity, bool> AllowReserve { get; set; } = _ => true;

    /// <summary>False: blocks are committed only by <see cref="Commit"/>.</summary>
    public bool CommitsAtOnce { get; set; } = true;

    public int Ticks { get; private set; }

    public int MaxReserve { get; set; } = 1 << 20;

    public bool NeedsTick => true;

    public ulong SealedThrough => Volatile.Read(ref _sealed);

    /// <summary>Records of a kind.</summary>
    public IEnumerable<FakeRecord> Of(RecordKind kind) => Records.Where(r => r.Kind == kind);

    public FakeRecord[] Snapshot()
    {
        lock (Records)
        {
            return [.. Records];
        }
    }

    /// <summary>Commits all that is sealed, and says so.</summary>
    public void Commit()
    {
        Interlocked.Exchange(ref _committed, (long)SealedThrough);
        BlocksReturned?.Invoke();
    }

    public void Return() => BlocksReturned?.Invoke();

    public ProcessLog? TryBegin(in ProcessIdentity identity, long timeNs)
    {
        CheckThread();
        if (!AllowBegin(identity))
            return null;

        var log = new ProcessLog(identity);
        _open.Add(log);
        return log;
    }

    public bool TryReserve(ProcessLog log, int bytes, long timeNs)
    {
        CheckOpen(log);
        Assert.InRange(bytes, 1, MaxReserve);
        if (!AllowReserve(log.Identity))
            return false;

        _reserved[log] = bytes;
        return true;
    }

    public void Syscall(ProcessLog log, int tid, long timeNs, int number, ReadOnlySpan<ulong> arguments) =>
        AddSync(log, RecordSize.Syscall, new(RecordKind.Syscall, log.Identity.Pid, tid, timeNs) { Number = number, Arguments = arguments.ToArray() });

    public void Sysret(ProcessLog log, int tid, long timeNs, int number, long result) =>
        AddSync(log, RecordSize.Sysret, new(RecordKind.Sysret, log.Identity.Pid, tid, timeNs) { Number = number, Result = result });

    public void Namei(ProcessLog log, int tid, long timeNs, int argument, ReadOnlySpan<byte> untrustedPath, bool cut) =>
        AddSync(
            log, RecordSize.Namei(untrustedPath.Length),
            new(RecordKind.Namei, log.Identity.Pid, tid, timeNs) { Argument = argument, Bytes = untrustedPath.ToArray() });

    public void Genio(ProcessLog log, int tid, long timeNs, int fd, bool write, long trueLength, ReadOnlySpan<byte> untrustedData) =>
        AddSync(
            log, RecordSize.Genio(untrustedData.Length),
            new(RecordKind.Genio, log.Identity.Pid, tid, timeNs)
            {
                Argument = fd,
                Write = write,
                TrueLength = trueLength,
                Bytes = untrustedData.ToArray(),
            });

    public void Append(ProcessLog log, int tid, long timeNs, RecordKind kind, ReadOnlySpan<byte> payload) =>
        AddSync(log, RecordSize.Payload(payload.Length), new(kind, log.Identity.Pid, tid, timeNs) { Bytes = payload.ToArray() });

    public bool TryAppendAsync(ProcessLog log, int tid, long timeNs, RecordKind kind, ReadOnlySpan<byte> payload)
    {
        CheckOpen(log);
        Assert.True(RecordKinds.IsAsync(kind));
        Add(new(kind, log.Identity.Pid, tid, timeNs) { Bytes = payload.ToArray() });
        return true;
    }

    public void Drop(ProcessLog log, RecordKind kind, ulong count, long firstNs, long lastNs, DropReason reason)
    {
        CheckOpen(log);
        Drops.Add((log.Identity.Pid, kind, count, reason));
    }

    public void Held(ProcessLog log, int tid, HoldReason reason, long startNs, long endNs)
    {
        CheckOpen(log);
        Assert.True(endNs >= startNs);
        Holds.Enqueue((log.Identity.Pid, tid, reason, startNs, endNs));
    }

    public void End(ProcessLog log, EndReason reason, long timeNs)
    {
        CheckOpen(log);
        _open.Remove(log);
        Ends[log.Identity.Pid] = reason;
    }

    public ulong Flush(ProcessLog log)
    {
        CheckOpen(log);
        ulong number = ++_sealed;
        if (CommitsAtOnce)
            Interlocked.Exchange(ref _committed, (long)number);

        return number;
    }

    public bool IsCommitted(ulong blockNumber) => Interlocked.Read(ref _committed) >= (long)blockNumber;

    public void Tick(long nowNs)
    {
        CheckThread();
        Ticks++;
    }

    /// <summary>After a run: every process that began has ended.</summary>
    public void AssertClosed() => Assert.Empty(_open.Select(l => l.Identity.Pid));

    private void AddSync(ProcessLog log, int bytes, FakeRecord record)
    {
        CheckOpen(log);
        long left = _reserved.GetValueOrDefault(log) - bytes;
        Assert.True(left >= 0, $"{record.Kind} without a reservation");
        _reserved[log] = left;
        Add(record);
    }

    private void Add(FakeRecord record)
    {
        lock (Records)
        {
            Records.Add(record);
        }
    }

    private void CheckOpen(ProcessLog log)
    {
        CheckThread();
        Assert.Contains(log, _open);
    }

    private void CheckThread()
    {
        int self = Environment.CurrentManagedThreadId;
        Assert.Equal(self, _thread == 0 ? _thread = self : _thread);
    }
}
