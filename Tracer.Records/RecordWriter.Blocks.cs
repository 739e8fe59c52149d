namespace Tracer.Records;

// The life of a block: opened and sealed here by the writer thread; taken, returned and committed by the uplink's.
public sealed unsafe partial class RecordWriter
{
    /// <summary>n of C5: sealed blocks, of all processes, at which the uplink is woken. 16: a parcel of 64 KiB.</summary>
    private const int OfferBlocks = 16;

    private ulong _committedThrough;

    /// <summary>In a dead pool: its last number, and the highest that is still in it. When that is committed, all up to the last are.</summary>
    private ulong _givenBefore;
    private ulong _lastFound;
    private int _uplinkWaits = 1;
    private int _needsTick;

    /// <inheritdoc/>
    public event Action? BlocksReturned;

    /// <inheritdoc/>
    public event Action? BlocksSealed;

    /// <inheritdoc/>
    public Guid PoolId => _file.Id;

    /// <inheritdoc/>
    public bool NeedsTick => Volatile.Read(ref _needsTick) != 0;

    /// <summary>True when all that was appended has been committed. The writer thread.</summary>
    public bool IsDrained => _openBlocks.Oldest is null && _ending.Count == 0 && IsCommitted(_file.SealedThrough);

    /// <summary>Ends still wait for room. The writer thread.</summary>
    public bool HasEndings => _ending.Count > 0;

    /// <summary>The last block number given.</summary>
    public ulong SealedThrough => Volatile.Read(ref _file.SealedThrough);

    /// <inheritdoc/>
    public ulong Flush(ProcessLog log)
    {
        if (log.HasRecords)
        {
            Seal(log, flush: true, wake: true);
            UpdateNeedsTick();
        }

        return log.LastBlock;
    }

    /// <inheritdoc/>
    public bool IsCommitted(ulong blockNumber) => Volatile.Read(ref _committedThrough) >= blockNumber;

    /// <inheritdoc/>
    public void Tick(long nowNs)
    {
        _pool.Collect();
        if (_openBlocks.Oldest is { } open)
        {
            WriteClock(open, nowNs);
        }

        for (var log = _openBlocks.Oldest; log is not null && nowNs - log.OldestNs >= _flushAgeNs;)
        {
            var next = log.NewerOpen;
            if (log.HasRecords)
            {
                Seal(log, flush: true);
            }

            log = next;
        }

        WriteEnds();
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

        return BlockAt(index);
    }

    /// <inheritdoc/>
    public void Return(Block block) => _pool.GiveBack(block.PoolIndex);

    /// <inheritdoc/>
    public void CommittedThrough(ulong number)
    {
        if (number >= _lastFound)
        {
            number = Math.Max(number, _givenBefore);
        }

        if (number > Volatile.Read(ref _committedThrough))
        {
            Volatile.Write(ref _committedThrough, number);
        }

        BlocksReturned?.Invoke();
    }

    /// <summary>In a dead pool: a sealed block goes in line again; call it in number order.</summary>
    internal void Requeue(int block) => Offer(block, wasOpen: false, now: true);

    /// <summary>In a dead pool: what is in no block any more was committed before its block was given back.</summary>
    internal void AssumeCommitted(IReadOnlyCollection<ulong> found)
    {
        _givenBefore = _file.SealedThrough;
        _lastFound = found.LastOrDefault();
        _committedThrough = found.Count > 0 ? found.First() - 1 : _givenBefore;
    }

    /// <summary>In a dead pool: the process's block is open again.</summary>
    internal void AdoptOpen(ProcessLog log) => _openBlocks.Add(log);

    /// <summary>What a block in the pool is.</summary>
    internal Block BlockAt(int index)
    {
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

    private void OpenNext(ProcessLog log, long timeNs)
    {
        if (log.Head != null)
        {
            Seal(log, nextNs: timeNs);
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
        log.OldestNs = timeNs;
        log.Context.Reset();
        head->Flags = log.Flags;
        head->Slot = log.Slot;
        head->Generation = log.SlotAt->Generation;
        head->FirstSeq = log.LastSeq + 1;
        head->EventsBefore = log.StoredEvents;
        head->DroppedBefore = log.DeclaredDrops;
        head->BaseTimeNs = timeNs;
        CrashPoint.Passed();
        Volatile.Write(ref *(byte*)&head->State, (byte)BlockState.Open);
        CrashPoint.Passed();
        _openBlocks.Add(log);
        UpdateNeedsTick();
    }

    /// <param name="log">The process.</param>
    /// <param name="flush">Commit it, and all before it, though it may hold async records only.</param>
    /// <param name="wake">Its commit is waited for: the uplink is to take it now.</param>
    /// <param name="nextNs">Time of the record that the next block is opened for.</param>
    private void Seal(ProcessLog log, bool flush = false, bool wake = false, long nextNs = long.MaxValue)
    {
        var head = log.Head;
        _openBlocks.Remove(log);
        ulong number = _file.SealedThrough + 1;
        head->Number = number;
        head->Count = log.Count;
        head->Events = log.Events;
        head->Dropped = log.Dropped;
        head->Kinds = log.Kinds;
        head->LastTimeNs = log.LastTimeNs;
        head->LowWaterNs = LowWater(Math.Min(log.LastTimeNs, nextNs));
        head->Flags = (byte)(log.Flags | (flush ? BlockHead.FlagSync : 0));
        CrashPoint.Passed();
        var slot = log.SlotAt;
        slot->SealedEvents = log.StoredEvents;
        slot->SealedSeq = log.LastSeq;
        CrashPoint.Passed();
        slot->SealedDropped = log.DeclaredDrops;
        slot->SealedTimeNs = log.LastTimeNs;
        slot->SealedContinues = log.Continues ? (byte)1 : (byte)0;
        CrashPoint.Passed();

        // From here on a recovery takes the slot's word for where the process's records stop: this block may be committed, returned and
        // used again before the next store.
        Volatile.Write(ref *(byte*)&head->State, (byte)BlockState.Sealed);
        CrashPoint.Passed();
        Volatile.Write(ref _file.SealedThrough, number);
        CrashPoint.Passed();
        log.LastBlock = number;
        int index = log.BlockIndex;
        log.Head = null;
        log.BlockIndex = -1;
        Offer(index, wasOpen: true, now: wake);
    }

    /// <summary>
    /// Queues a block. The uplink is woken for a parcel's worth, when its commit is waited for, or when somebody waits for blocks: a wake-up for
    /// each block, or each process that ends, would cost the traced program context switches on its own CPU. What is left is offered by the
    /// next <see cref="Tick"/>.
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
        // The uplink says that it waits and then looks; here it is the other way round. Without a full fence on both sides each could
        // miss the other's store.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _uplinkWaits) != 0 && _pool.Queued > 0 && Interlocked.Exchange(ref _uplinkWaits, 0) != 0)
        {
            BlocksSealed?.Invoke();
        }
    }

    private void ReleaseSlots() => _slots.Release(Volatile.Read(ref _committedThrough));

    /// <summary>No later block holds a record older than this: see <see cref="Block.LowWaterNs"/>.</summary>
    private long LowWater(long timeNs)
    {
        long low = Math.Min(Math.Min(timeNs, _refusals.OldestNs), _endingOldestNs);
        return _openBlocks.Oldest is { } oldest ? Math.Min(low, oldest.OldestNs) : low;
    }

    private void UpdateNeedsTick() => Volatile.Write(ref _needsTick, _openBlocks.Oldest is not null || _ending.Count > 0 || _pool.Queued > 0 ? 1 : 0);
}
