using System.Diagnostics;
using System.Runtime.CompilerServices;
using Tracer.Records.Payloads;

namespace Tracer.Records;

/// <summary>
/// The writer: encodes records into the blocks of a pool, seals them, and offers them to an uplink. <see cref="IRecordSink"/> is its face to
/// the collector (one thread), <see cref="IBlockSource"/> that to the uplink (one at a time).
/// </summary>
/// <remarks>This file appends; RecordWriter.Room.cs reserves; RecordWriter.Blocks.cs opens, seals and offers; RecordWriter.Ends.cs writes Drop and End.</remarks>
public sealed unsafe partial class RecordWriter : IRecordSink, IBlockSource
{
    /// <summary>
    /// t of C5: the age at which a block is sealed though it is not full. 200 ms: below what a person who follows a trace notices, and at
    /// five small blocks a second the cost for an idle process is nothing.
    /// </summary>
    public static readonly TimeSpan DefaultFlushAge = TimeSpan.FromMilliseconds(200);

    private readonly PoolFile _file;
    private readonly BlockPool _pool;
    private readonly SlotTable _slots;
    private readonly long _flushAgeNs;
    private readonly Refusals _refusals = new();
    private readonly OpenBlocks _openBlocks = new();
    private readonly byte[] _scratch = new byte[128];

    /// <summary>A writer on a new pool.</summary>
    public RecordWriter(PoolFile file, TimeSpan? flushAge = null)
    {
        _file = file;
        _pool = new BlockPool(file);
        _slots = new SlotTable(file);
        _flushAgeNs = (flushAge ?? DefaultFlushAge).Ticks * 100;
    }

    /// <summary>Time that threads were held so far, all reasons and processes, nanoseconds.</summary>
    public long HeldNs { get; private set; }

    internal BlockPool Pool => _pool;

    internal SlotTable Slots => _slots;

    /// <inheritdoc/>
    public ProcessLog? TryBegin(in ProcessIdentity identity, long timeNs)
    {
        ReleaseSlots();

        // A stop that was told that it may have so much is not shut out by a birth: the birth is held instead.
        bool takesShare = _refusals.MostBytes > BlockHead.SyncCapacity && _refusals.MostBytes > MaxReserveOf(_pool.Processes + 1);
        if (takesShare || !_slots.HasFree || !_pool.TryAdmit())
        {
            WakeUplink(); // the birth is held until blocks come back
            return null;
        }

        var log = new ProcessLog(identity);
        _slots.Take(log, timeNs);
        if (_clockAtNs == long.MinValue)
        {
            WriteClock(log, timeNs);
        }

        return log;
    }

    /// <inheritdoc/>
    public void Syscall(ProcessLog log, int tid, long timeNs, int number, ReadOnlySpan<ulong> arguments)
    {
        MakeRoom(log, RecordSize.Syscall, timeNs);
        log.Flags |= BlockHead.FlagSync;
        CountEvent(log);
        RecordEncoder.Syscall(log, tid, timeNs, number, arguments);
    }

    /// <inheritdoc/>
    public void Sysret(ProcessLog log, int tid, long timeNs, int number, long result)
    {
        MakeRoom(log, RecordSize.Sysret, timeNs);
        log.Flags |= BlockHead.FlagSync;
        CountEvent(log);
        RecordEncoder.Sysret(log, tid, timeNs, number, result);
    }

    /// <inheritdoc/>
    public void Namei(ProcessLog log, int tid, long timeNs, int argument, ReadOnlySpan<byte> untrustedPath, bool cut)
    {
        Span<byte> head = [(byte)(argument | (cut ? 0x80 : 0))];
        AppendSync(log, tid, timeNs, RecordKind.Namei, head, untrustedPath);
    }

    /// <inheritdoc/>
    public void Genio(ProcessLog log, int tid, long timeNs, int fd, bool write, long trueLength, ReadOnlySpan<byte> untrustedData)
    {
        Span<byte> head = stackalloc byte[24];
        var w = new SpanWriter(head);
        bool cut = trueLength != untrustedData.Length;
        w.Signed(fd);
        w.Byte((byte)((write ? 1 : 0) | (cut ? 2 : 0)));
        if (cut)
        {
            w.Varint((ulong)trueLength);
        }

        AppendSync(log, tid, timeNs, RecordKind.Genio, w.Written, untrustedData);
    }

    /// <inheritdoc/>
    public void Append(ProcessLog log, int tid, long timeNs, RecordKind kind, ReadOnlySpan<byte> payload) =>
        AppendSync(log, tid, timeNs, kind, default, payload);

    /// <inheritdoc/>
    public bool TryAppendAsync(ProcessLog log, int tid, long timeNs, RecordKind kind, ReadOnlySpan<byte> payload)
    {
        Debug.Assert(!log.Ended, "a log is not used after its End");
        int size = RecordSize.Payload(payload.Length);
        if (log.Lost != 0)
        {
            DeclareLost(log, size, timeNs);
        }

        bool isEvent = RecordKinds.IsEvent(kind);
        if (TryMakeAsyncRoom(log, size, timeNs))
        {
            if (isEvent)
            {
                CountEvent(log);
            }

            RecordEncoder.Payload(log, tid, timeNs, kind, payload, default, more: false);
            return true;
        }

        if (isEvent)
        {
            CountEvent(log);
            DropCounts.Add(log, ProcessSlot.CellOf(kind), 1, timeNs, timeNs, DropReason.PoolFull);
        }

        return false;
    }

    /// <inheritdoc/>
    public void Held(ProcessLog log, int tid, HoldReason reason, long startNs, long endNs)
    {
        HeldNs += endNs - startNs;
        log.SlotAt->HeldNs += endNs - startNs;
        log.SlotAt->Holds++;
        if (reason == HoldReason.Each)
        {
            return; // each call is held: the sum in End tells it, a record each would double the trace
        }

        int length = new HeldPayload(reason, endNs - startNs).Write(_scratch);
        if (TryMakeAsyncRoom(log, RecordSize.Payload(length), endNs))
        {
            RecordEncoder.Payload(log, tid, endNs, RecordKind.Held, _scratch.AsSpan(0, length), default, more: false);
        }
    }

    private void AppendSync(ProcessLog log, int tid, long timeNs, RecordKind kind, ReadOnlySpan<byte> head, ReadOnlySpan<byte> data)
    {
        int length = head.Length + data.Length;
        int size = RecordSize.Payload(length);
        if (size > UncutSize && log.Room - BlockHead.AsyncReserve < size && (log.Room < size || _pool.MayTake(log, 1)))
        {
            AppendLong(log, tid, timeNs, kind, head, data);
            return;
        }

        MakeRoom(log, size, timeNs);
        MarkAndCount(log, kind);
        RecordEncoder.Payload(log, tid, timeNs, kind, head, data, more: false);
    }

    /// <summary>A record that does not fit into what is left of the block: it is cut into fragments, one a block.</summary>
    private void AppendLong(ProcessLog log, int tid, long timeNs, RecordKind kind, ReadOnlySpan<byte> head, ReadOnlySpan<byte> data)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(head.Length + data.Length, RecordDecoder.MaxPayload, nameof(data));
        MakeRoom(log, RecordSize.Head * 4, timeNs);
        MarkAndCount(log, kind);
        int room = log.Room - BlockHead.AsyncReserve - RecordSize.Head - 8 - head.Length;
        int take = Math.Min(data.Length, Math.Max(0, room));
        RecordEncoder.Payload(log, tid, timeNs, kind, head, data[..take], more: take < data.Length);
        for (data = data[take..]; data.Length > 0; data = data[take..])
        {
            OpenReserved(log, timeNs);
            MarkSync(log, kind);
            take = Math.Min(data.Length, log.Room - BlockHead.AsyncReserve - 8);
            RecordEncoder.Fragment(log, data[..take], more: take < data.Length);
        }
    }

    private static void MarkAndCount(ProcessLog log, RecordKind kind)
    {
        MarkSync(log, kind);
        if (RecordKinds.IsEvent(kind))
        {
            CountEvent(log);
        }
    }

    private static void MarkSync(ProcessLog log, RecordKind kind)
    {
        if (RecordKinds.IsSync(kind))
        {
            log.Flags |= BlockHead.FlagSync;
        }
    }

    /// <summary>Counts an event at its source: before the append, so that after a crash between the two it shows as missing, not as one too many.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CountEvent(ProcessLog log)
    {
        Volatile.Write(ref log.SlotAt->Generated, log.SlotAt->Generated + 1);
        CrashPoint.Passed();
    }
}
