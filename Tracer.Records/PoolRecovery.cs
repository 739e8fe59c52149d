using Tracer.Records.Payloads;

namespace Tracer.Records;

/// <summary>
/// Makes a <see cref="RecordWriter"/> of a dead pool: sealed blocks are queued again under their numbers, an open block is open again behind
/// its last good record, and each process that had no End gets one. From there on it is the living path: an uplink takes the blocks, the journal
/// knows those it has.
/// </summary>
/// <remarks>
/// It may be killed and begun again at any store: what it decides it decides from the pool alone, and what it writes is what the writer writes.
/// A pool that something else wrote into gives a trace that <c>verify</c> calls damaged, never an exception.
/// </remarks>
public sealed unsafe class PoolRecovery
{
    private readonly PoolFile _file;
    private readonly RecordWriter _writer;
    private readonly long _nowNs;
    private readonly SortedDictionary<ulong, int> _sealed = [];
    private readonly Dictionary<int, int> _openOf = [];
    private readonly ProcessLog?[] _logs;

    private PoolRecovery(PoolFile file, long nowNs, TimeSpan? flushAge)
    {
        _file = file;
        _writer = new RecordWriter(file, flushAge);
        _nowNs = nowNs;
        _logs = new ProcessLog?[file.SlotsReady];
    }

    /// <summary>Takes over the pool's content. The caller drives the writer (<see cref="RecordWriter.Tick"/>) until it is drained.</summary>
    /// <param name="file">A pool taken over by <see cref="PoolFile.TryTakeOver"/>.</param>
    /// <param name="nowNs">CLOCK_MONOTONIC, for End records.</param>
    /// <param name="flushAge">As in <see cref="RecordWriter"/>.</param>
    public static RecordWriter Run(PoolFile file, long nowNs, TimeSpan? flushAge = null)
    {
        var recovery = new PoolRecovery(file, nowNs, flushAge);
        recovery.FindProcesses();
        recovery.FindBlocks();
        recovery.QueueSealed();
        recovery.GoOn();
        return recovery._writer;
    }

    private void FindProcesses()
    {
        for (int i = 0; i < _logs.Length; i++)
        {
            var slot = _file.SlotAt(i);
            if (slot->State != SlotState.Free)
            {
                _logs[i] = new ProcessLog(new ProcessIdentity(slot->Pid, slot->NamespacePid, slot->StartTicks));
                _writer.Slots.Adopt(_logs[i]!, i);
            }
        }

        _writer.Slots.FindFree();
    }

    private void FindBlocks()
    {
        for (int i = 0; i < _file.BlockCount; i++)
        {
            var head = _file.HeadOf(i);
            if (head->State == BlockState.Free)
            {
                continue;
            }

            if (!IsCurrent(head) || !(head->State == BlockState.Open ? _openOf.TryAdd(head->Slot, i) : _sealed.TryAdd(head->Number, i)))
            {
                // Opened and never written to, or given back but for the last store, or of a process whose End is committed.
                _writer.Pool.Discard(i);
                continue;
            }

            _writer.Pool.Adopt(_logs[head->Slot]!, i);
        }
    }

    private bool IsCurrent(BlockHead* head) =>
        head->State is BlockState.Open or BlockState.Sealed
        && (head->Used & 0xffff) != 0
        && (head->Used & 0xffff) + (head->Used >> 16) <= BlockHead.Capacity
        && head->Slot >= 0 && head->Slot < _logs.Length
        && _logs[head->Slot] is not null
        && _file.SlotAt(head->Slot)->Generation == head->Generation
        && head->FirstSeq is > 0 and < PoolFile.MaxNumber
        && (head->State == BlockState.Open || (head->Number is > 0 and < PoolFile.MaxNumber && head->Count >= 0));

    private void QueueSealed()
    {
        foreach (var (number, block) in _sealed)
        {
            _file.SealedThrough = Math.Max(_file.SealedThrough, number);
            _writer.Requeue(block);
            _logs[_file.HeadOf(block)->Slot]!.LastBlock = number;
        }

        _writer.AssumeCommitted(_sealed.Keys);
    }

    private void GoOn()
    {
        var ended = new List<ProcessLog>();
        var unfinished = new List<ProcessLog>();
        for (int i = 0; i < _logs.Length; i++)
        {
            if (_logs[i] is not { } log)
            {
                continue;
            }

            // Where the sealed records stop stands in the slot, not in the blocks: the last of these may be committed and gone.
            var slot = log.SlotAt;
            log.LastSeq = Math.Min(slot->SealedSeq, PoolFile.MaxNumber);
            log.StoredEvents = slot->SealedEvents;
            log.DeclaredDrops = slot->SealedDropped;
            log.Continues = slot->SealedContinues != 0;
            _writer.Pool.Adopt(log);
            var reason = DropReason.RecorderDied;
            bool hasEnd = _openOf.TryGetValue(i, out int open)
                ? Reopen(log, open, ref reason) == RecordKind.End
                : slot->State == SlotState.Ended;
            if (hasEnd)
            {
                ended.Add(log);
            }
            else
            {
                DropCounts.Reconcile(log, reason, _nowNs);
                unfinished.Add(log);
            }
        }

        _writer.AdoptEnds(ended, unfinished, _nowNs);
    }

    /// <summary>Opens a block again, behind its last good record. Returns the kind of that.</summary>
    private RecordKind Reopen(ProcessLog log, int block, ref DropReason reason)
    {
        var head = _file.HeadOf(block);
        var decoder = new RecordDecoder();
        var good = new OpenBlock(head->Flags & BlockHead.FlagContinues, log.Identity.Pid, head->BaseTimeNs);
        try
        {
            decoder.LoadUnsealed(_writer.BlockAt(block));
            while (decoder.MoveNext())
            {
                good.Read(decoder);
                good.Dropped = unchecked(good.Dropped + (decoder.Kind == RecordKind.Drop ? DropPayload.Read(decoder.Payload).Count ?? 0 : 0));
            }

            if (decoder.IsPartial)
            {
                good.Read(decoder);
            }
        }
        catch (RecordFormatException)
        {
            // Not by a crash, since bytes go before lengths: something wrote into the pool. What comes behind is missing in the process's
            // count and becomes a Drop.
            reason = DropReason.Damaged;
        }

        log.LastSeq = head->FirstSeq - 1 + (ulong)good.Count;
        log.StoredEvents = unchecked(head->EventsBefore + (ulong)good.Events);
        log.DeclaredDrops = unchecked(head->DroppedBefore + good.Dropped);
        log.Continues = good.Continues;
        log.BlockIndex = block;
        log.Head = head;
        log.BodyEnd = BlockHead.Size + good.Body;
        log.TimesStart = BlockHead.BlockSize - good.Times;
        log.Count = good.Count;
        log.Events = good.Events;
        log.Dropped = good.Dropped;
        log.Kinds = good.Kinds;
        log.LastTid = good.Tid;
        log.LastTimeNs = good.TimeNs;
        log.OldestNs = Math.Max(0, good.OldestNs);

        // Whether it holds a sync record is not known; as one that does, it is committed and not only queued.
        log.Flags = (byte)((head->Flags & BlockHead.FlagContinues) | BlockHead.FlagSync);
        _writer.AdoptOpen(log);
        return good.Last;
    }

    /// <summary>An open block up to its last good record.</summary>
    private struct OpenBlock(int continues, int tid, long timeNs)
    {
        public int Count;
        public int Events;
        public ulong Kinds;
        public ulong Dropped;
        public int Body;
        public int Times;
        public int Tid = tid;
        public long TimeNs = timeNs;
        public long OldestNs = timeNs;
        public bool Continues = continues != 0;
        public RecordKind Last;

        public void Read(RecordDecoder decoder)
        {
            Count = decoder.RecordsBegun;
            Events = decoder.EventsBegun;
            Kinds = decoder.KindsBegun;
            Body = decoder.BodyRead;
            Times = decoder.TimesRead;
            (Tid, TimeNs) = decoder.Deltas;
            OldestNs = Math.Min(OldestNs, TimeNs);
            Continues = decoder.IsPartial;
            Last = decoder.Kind;
        }
    }
}
