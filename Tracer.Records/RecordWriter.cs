using System.Diagnostics;
using System.Runtime.InteropServices;
using Tracer.Records.Payloads;

namespace Tracer.Records;

/// <summary>
/// The writer: encodes records into the blocks of a pool, seals them, and offers them to an uplink. <see cref="IRecordSink"/> is its face to
/// the collector (one thread), <see cref="IBlockSource"/> that to the uplink (one at a time).
/// </summary>
public sealed unsafe class RecordWriter : IRecordSink, IBlockSource
{
    /// <summary>
    /// t of C5: the age at which a block is sealed though it is not full. 200 ms: below what a person who follows a trace notices, and at
    /// five small blocks a second the cost for an idle process is nothing.
    /// </summary>
    public static readonly TimeSpan DefaultFlushAge = TimeSpan.FromMilliseconds(200);

    /// <summary>n of C5: sealed blocks, of all processes, at which the uplink is woken. 16: a parcel of 64 KiB.</summary>
    private const int OfferBlocks = 16;

    private readonly PoolFile _file;
    private readonly BlockPool _pool;
    private readonly SlotTable _slots;
    private readonly long _flushAgeNs;
    private readonly Refusals _refusals = new();
    private readonly List<ProcessLog> _ending = [];
    private readonly byte[] _scratch = new byte[ProcInfoPayload.MaxLength];
    private ProcessLog? _oldestOpen;
    private ProcessLog? _newestOpen;
    private ulong _committedThrough;
    private int _uplinkWaits = 1;
    private int _needsTick;

    /// <summary>A writer on a new pool.</summary>
    public RecordWriter(PoolFile file, TimeSpan? flushAge = null)
    {
        _file = file;
        _pool = new BlockPool(file);
        _slots = new SlotTable(file);
        _flushAgeNs = (flushAge ?? DefaultFlushAge).Ticks * 100;
    }

    /// <inheritdoc/>
    public event Action? BlocksReturned;

    /// <inheritdoc/>
    public event Action? BlocksSealed;

    /// <inheritdoc/>
    public Guid PoolId => _file.Id;

    /// <inheritdoc/>
    public bool NeedsTick => Volatile.Read(ref _needsTick) != 0;

    /// <inheritdoc/>
    public int MaxReserve
    {
        get
        {
            int blocks = ((_pool.Size - _pool.Processes) / 3) - 1;
            return blocks <= 1
                ? BlockHead.SyncCapacity
                : Math.Max(BlockHead.SyncCapacity, (int)Math.Min(RecordDecoder.MaxPayload + (RecordDecoder.MaxPayload / 8L), (blocks - 1L) * FragmentRoom));
        }
    }

    internal BlockPool Pool => _pool;

    internal SlotTable Slots => _slots;

    /// <summary>What a block surely takes of a long record, beside small ones that don't fit and its own head.</summary>
    private static int FragmentRoom => BlockHead.SyncCapacity - RecordSize.Syscall - RecordSize.Head;

    /// <inheritdoc/>
    public ProcessLog? TryBegin(in ProcessIdentity identity, long timeNs)
    {
        ReleaseSlots();
        if (!_slots.HasFree || !_pool.TryAdmit())
        {
            return null;
        }

        var log = new ProcessLog(identity);
        _slots.Take(log);
        return log;
    }

    /// <inheritdoc/>
    public bool TryReserve(ProcessLog log, int bytes, long timeNs)
    {
        if (log.Room - BlockHead.AsyncReserve >= bytes || TryReserveMore(log, bytes, timeNs))
        {
            _refusals.Granted(log, timeNs);
            return true;
        }

        if (log.Owned == 1 && log.HasRecords)
        {
            // Nothing of this process is under way: only its own open block can come back to it.
            Seal(log);
        }

        _refusals.Refused(log, timeNs);
        WakeUplink();
        return false;
    }

    private bool TryReserveMore(ProcessLog log, int bytes, long timeNs)
    {
        if (bytes <= BlockHead.SyncCapacity)
        {
            if (!_pool.MayTake(log, 1))
            {
                return false;
            }

            OpenNext(log, timeNs);
            return true;
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, MaxReserve);
        return _pool.MayTake(log, (bytes / FragmentRoom) + 1);
    }

    /// <inheritdoc/>
    public void Syscall(ProcessLog log, int tid, long timeNs, int number, ReadOnlySpan<ulong> arguments)
    {
        MakeRoom(log, RecordSize.Syscall, timeNs);
        Generate(log, RecordKind.Syscall);
        RecordEncoder.Syscall(log, tid, timeNs, number, arguments);
    }

    /// <inheritdoc/>
    public void Sysret(ProcessLog log, int tid, long timeNs, int number, long result)
    {
        MakeRoom(log, RecordSize.Sysret, timeNs);
        Generate(log, RecordKind.Sysret);
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
        Generate(log, kind);
        if (TryMakeAsyncRoom(log, RecordSize.Payload(payload.Length), timeNs))
        {
            RecordEncoder.Payload(log, tid, timeNs, kind, payload, default, more: false);
            return true;
        }

        SlotTable.CountDrop(log, kind, 1, timeNs, timeNs);
        return false;
    }

    /// <inheritdoc/>
    public void Drop(ProcessLog log, RecordKind kind, ulong count, long firstNs, long lastNs, DropReason reason)
    {
        log.SlotAt->Generated += count;
        SlotTable.CountDrop(log, kind, count, firstNs, lastNs);
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

    /// <inheritdoc/>
    public void End(ProcessLog log, EndReason reason, long timeNs)
    {
        Debug.Assert(!log.Ended, "a process ends once");
        log.SlotAt->EndReason = (int)reason;
        log.SlotAt->EndTimeNs = timeNs;
        Volatile.Write(ref *(int*)&log.SlotAt->State, (int)SlotState.Ending);
        CrashPoint.Passed();
        _refusals.Forget(log);
        if (!TryWriteEnd(log))
        {
            if (log.HasRecords)
            {
                Seal(log, flush: true);
            }

            _ending.Add(log);
            UpdateNeedsTick();
        }
    }

    /// <inheritdoc/>
    public ulong Flush(ProcessLog log)
    {
        if (log.HasRecords)
        {
            Seal(log, flush: true);
        }

        return log.LastBlock;
    }

    /// <inheritdoc/>
    public bool IsCommitted(ulong blockNumber) => Volatile.Read(ref _committedThrough) >= blockNumber;

    /// <inheritdoc/>
    public void Tick(long nowNs)
    {
        _pool.Collect();
        for (var log = _oldestOpen; log is not null && nowNs - log.Head->BaseTimeNs >= _flushAgeNs;)
        {
            var next = log.NewerOpen;
            if (log.HasRecords)
            {
                Seal(log, flush: true);
            }

            log = next;
        }

        for (int i = _ending.Count - 1; i >= 0; i--)
        {
            if (TryWriteEnd(_ending[i]))
            {
                _ending.RemoveAt(i);
            }
        }

        ReleaseSlots();
        WakeUplink();
        UpdateNeedsTick();
    }

    /// <inheritdoc/>
    public Block? TryTake()
    {
        if (!_pool.TryTake(out int index))
        {
            // Say that we wait, then look again: a block sealed in between is seen by one of the two sides.
            Interlocked.Exchange(ref _uplinkWaits, 1);
            if (!_pool.TryTake(out index))
            {
                return null;
            }

            Volatile.Write(ref _uplinkWaits, 0);
        }

        var head = _file.HeadOf(index);
        return new Block
        {
            Number = head->Number,
            Process = _slots.IdentityOf(head->Slot),
            FirstSeq = head->FirstSeq,
            Count = head->Count,
            Events = head->Events,
            Dropped = head->Dropped,
            Kinds = head->Kinds,
            BaseTimeNs = head->BaseTimeNs,
            LastTimeNs = head->LastTimeNs,
            LowWaterNs = head->LowWaterNs,
            HasSync = (head->Flags & BlockHead.FlagSync) != 0,
            Continues = (head->Flags & BlockHead.FlagContinues) != 0,
            Body = _file.BodyOf(index),
            Times = _file.TimesOf(index),
            PoolIndex = index,
        };
    }

    /// <inheritdoc/>
    public void Return(Block block) => _pool.GiveBack(block.PoolIndex);

    /// <inheritdoc/>
    public void CommittedThrough(ulong number)
    {
        Volatile.Write(ref _committedThrough, number);
        BlocksReturned?.Invoke();
    }

    /// <summary>True when all that was appended has been committed. The writer thread.</summary>
    public bool IsDrained => _oldestOpen is null && _ending.Count == 0 && IsCommitted(_file.SealedThrough);

    /// <summary>Ends still wait for room. The writer thread.</summary>
    public bool HasEndings => _ending.Count > 0;

    /// <summary>Time that threads were held so far, all reasons and processes, nanoseconds.</summary>
    public long HeldNs { get; private set; }

    /// <summary>The last block number given.</summary>
    public ulong SealedThrough => Volatile.Read(ref _file.SealedThrough);

    /// <summary>Puts a block that was found sealed in a dead pool back in line, in number order.</summary>
    internal void Requeue(int block) => Offer(block, wasOpen: false, now: true);

    private void AppendSync(ProcessLog log, int tid, long timeNs, RecordKind kind, ReadOnlySpan<byte> head, ReadOnlySpan<byte> data)
    {
        int length = head.Length + data.Length;
        int size = RecordSize.Payload(length);
        if (log.Room - BlockHead.AsyncReserve >= size || (size <= BlockHead.SyncCapacity && OpenFor(log, timeNs)))
        {
            Generate(log, kind);
            RecordEncoder.Payload(log, tid, timeNs, kind, head, data, more: false);
        }
        else
        {
            AppendLong(log, tid, timeNs, kind, head, data);
        }

        MarkSync(log, kind);
    }

    /// <summary>A record longer than a block: fragments in blocks of their own. The count of blocks was reserved.</summary>
    private void AppendLong(ProcessLog log, int tid, long timeNs, RecordKind kind, ReadOnlySpan<byte> head, ReadOnlySpan<byte> data)
    {
        if (log.Room - BlockHead.AsyncReserve < RecordSize.Head * 4)
        {
            OpenFor(log, timeNs);
        }

        Generate(log, kind);
        int take = Math.Min(data.Length, log.Room - BlockHead.AsyncReserve - RecordSize.Head - 8 - head.Length);
        RecordEncoder.Payload(log, tid, timeNs, kind, head, data[..take], more: take < data.Length);
        for (data = data[take..]; data.Length > 0; data = data[take..])
        {
            MarkSync(log, kind);
            OpenFor(log, timeNs);
            take = Math.Min(data.Length, log.Room - BlockHead.AsyncReserve - 8);
            RecordEncoder.Fragment(log, data[..take], more: take < data.Length);
        }
    }

    private void MakeRoom(ProcessLog log, int size, long timeNs)
    {
        Debug.Assert(!log.Ended, "a log is not used after its End");
        if (log.Room - BlockHead.AsyncReserve < size)
        {
            OpenFor(log, timeNs);
        }

        log.Flags |= BlockHead.FlagSync;
    }

    private static void MarkSync(ProcessLog log, RecordKind kind)
    {
        if (RecordKinds.IsSync(kind))
        {
            log.Flags |= BlockHead.FlagSync;
        }
    }

    private bool OpenFor(ProcessLog log, long timeNs)
    {
        if (!_pool.MayTake(log, 1))
        {
            throw new InvalidOperationException("a sync record was appended that nothing was reserved for");
        }

        OpenNext(log, timeNs);
        return true;
    }

    /// <summary>Room for an async record, of which the reserve is part; false: count it.</summary>
    private bool TryMakeAsyncRoom(ProcessLog log, int size, long timeNs)
    {
        if (log.Room >= size)
        {
            return true;
        }

        if (size > BlockHead.Capacity || !_pool.MayTake(log, 1))
        {
            return false;
        }

        OpenNext(log, timeNs);
        return true;
    }

    private static void Generate(ProcessLog log, RecordKind kind)
    {
        if (RecordKinds.IsEvent(kind))
        {
            // Before the append: after a crash between the two the event shows as missing, not as one too many.
            Volatile.Write(ref log.SlotAt->Generated, log.SlotAt->Generated + 1);
            CrashPoint.Passed();
        }
    }

    private void OpenNext(ProcessLog log, long timeNs)
    {
        if (log.Head != null)
        {
            Seal(log);
        }

        int index = _pool.Take(log);
        var head = _file.HeadOf(index);
        Volatile.Write(ref head->Used, 0);
        CrashPoint.Passed();
        log.BlockIndex = index;
        log.Head = head;
        log.BodyEnd = BlockHead.Size;
        log.TimesStart = BlockHead.BlockSize;
        log.Count = 0;
        log.Events = 0;
        log.Dropped = 0;
        log.Kinds = 0;
        log.Flags = log.Continues ? BlockHead.FlagContinues : (byte)0;
        log.LastTid = log.Identity.Pid;
        log.LastTimeNs = timeNs;
        log.Context.Reset();
        head->Flags = log.Flags;
        head->Slot = log.Slot;
        head->Generation = log.SlotAt->Generation;
        head->FirstSeq = log.LastSeq + 1;
        head->EventsBefore = log.StoredEvents;
        head->DroppedBefore = log.DeclaredDrops;
        head->BaseTimeNs = log.LastTimeNs;
        CrashPoint.Passed();
        Volatile.Write(ref *(byte*)&head->State, (byte)BlockState.Open);
        Link(log);
        UpdateNeedsTick();
    }

    private void Seal(ProcessLog log, bool flush = false)
    {
        var head = log.Head;
        Unlink(log);
        ulong number = _file.SealedThrough + 1;
        head->Number = number;
        head->Count = log.Count;
        head->Events = log.Events;
        head->Dropped = log.Dropped;
        head->Kinds = log.Kinds;
        head->LastTimeNs = log.LastTimeNs;
        head->LowWaterNs = LowWater(log.LastTimeNs);
        head->Flags = (byte)(log.Flags | (flush ? BlockHead.FlagSync : 0));
        log.SlotAt->SealedEvents = log.StoredEvents;
        log.SlotAt->SealedSeq = log.LastSeq;
        log.SlotAt->SealedDropped = log.DeclaredDrops;
        CrashPoint.Passed();
        Volatile.Write(ref *(byte*)&head->State, (byte)BlockState.Sealed);
        CrashPoint.Passed();
        Volatile.Write(ref _file.SealedThrough, number);
        log.LastBlock = number;
        int index = log.BlockIndex;
        log.Head = null;
        log.BlockIndex = -1;
        Offer(index, wasOpen: true, now: flush);
    }

    /// <summary>
    /// Queues a block. The uplink is woken for a parcel's worth, for a flush, or when somebody waits for blocks: a wake-up for each block
    /// would cost the traced program a context switch on its own CPU. What is left is offered by the next <see cref="Tick"/>.
    /// </summary>
    private void Offer(int block, bool wasOpen, bool now)
    {
        _pool.Queue(block, wasOpen);
        if (now || _pool.Queued >= OfferBlocks || _refusals.Any)
        {
            WakeUplink();
        }
    }

    private void WakeUplink()
    {
        if (Volatile.Read(ref _uplinkWaits) != 0 && _pool.Queued > 0 && Interlocked.Exchange(ref _uplinkWaits, 0) != 0)
        {
            BlocksSealed?.Invoke();
        }
    }

    private bool TryWriteEnd(ProcessLog log)
    {
        long timeNs = log.SlotAt->EndTimeNs;
        if (log.Continues)
        {
            // Only after a crash: a record was cut between two blocks. It is closed here; its true length tells that it was cut.
            if (!TryMakeAsyncRoom(log, BlockHead.SyncCapacity, timeNs))
            {
                return false;
            }

            RecordEncoder.Fragment(log, default, more: false);
        }

        int tid = log.Identity.Pid;
        var drops = MemoryMarshal.CreateSpan(ref *(DropCell*)log.SlotAt->Drops, ProcessSlot.DropCells);
        for (int i = 0; i < drops.Length; i++)
        {
            ref var cell = ref drops[i];
            if (cell.Count == 0)
            {
                continue;
            }

            int length = new DropPayload(ProcessSlot.KindOf(i), cell.Count, cell.FirstNs, cell.LastNs, SlotTable.ReasonOf(log)).Write(_scratch);
            if (!TryMakeAsyncRoom(log, RecordSize.Payload(length), timeNs))
            {
                return false;
            }

            log.Dropped += cell.Count;
            log.DeclaredDrops += cell.Count;
            RecordEncoder.Payload(log, tid, timeNs, RecordKind.Drop, _scratch.AsSpan(0, length), default, more: false);
            CrashPoint.Passed();
            cell.Count = 0;
            CrashPoint.Passed();
        }

        if (!TryMakeAsyncRoom(log, RecordSize.Payload(EndPayload.MaxLength), timeNs))
        {
            return false;
        }

        // Ended before the seal: once sealed, the block may be committed and gone before this thread goes on, and a
        // recovery must not write a second End.
        var slot = log.SlotAt;
        int end = new EndPayload(
            (EndReason)slot->EndReason, log.LastSeq + 1, slot->Generated, log.DeclaredDrops, slot->HeldNs, slot->Holds).Write(_scratch);
        RecordEncoder.Payload(log, tid, timeNs, RecordKind.End, _scratch.AsSpan(0, end), default, more: false);
        CrashPoint.Passed();
        slot->EndBlock = _file.SealedThrough + 1;
        Volatile.Write(ref *(int*)&slot->State, (int)SlotState.Ended);
        CrashPoint.Passed();
        Seal(log, flush: true);
        _pool.Leave(log);
        _slots.Ended(log);
        UpdateNeedsTick();
        return true;
    }

    private void ReleaseSlots() => _slots.Release(Volatile.Read(ref _committedThrough));

    /// <summary>No later block holds a record older than this: see <see cref="Block.LowWaterNs"/>.</summary>
    private long LowWater(long lastTimeNs)
    {
        long low = Math.Min(lastTimeNs, _refusals.OldestNs);
        return _oldestOpen is null ? low : Math.Min(low, _oldestOpen.Head->BaseTimeNs);
    }

    /// <summary>Into the list by time. A thread that was held brings an older one; all others go to the end.</summary>
    private void Link(ProcessLog log)
    {
        var older = _newestOpen;
        while (older is not null && older.Head->BaseTimeNs > log.Head->BaseTimeNs)
        {
            older = older.OlderOpen;
        }

        log.OlderOpen = older;
        log.NewerOpen = older is null ? _oldestOpen : older.NewerOpen;
        if (log.NewerOpen is null)
        {
            _newestOpen = log;
        }
        else
        {
            log.NewerOpen.OlderOpen = log;
        }

        if (older is null)
        {
            _oldestOpen = log;
        }
        else
        {
            older.NewerOpen = log;
        }
    }

    private void Unlink(ProcessLog log)
    {
        if (log.OlderOpen is null)
        {
            _oldestOpen = log.NewerOpen;
        }
        else
        {
            log.OlderOpen.NewerOpen = log.NewerOpen;
        }

        if (log.NewerOpen is null)
        {
            _newestOpen = log.OlderOpen;
        }
        else
        {
            log.NewerOpen.OlderOpen = log.OlderOpen;
        }

        log.OlderOpen = null;
        log.NewerOpen = null;
    }

    private void UpdateNeedsTick() => Volatile.Write(ref _needsTick, _oldestOpen is not null || _ending.Count > 0 || _pool.Queued > 0 ? 1 : 0);
}
