using System.Runtime.InteropServices;
using Tracer.Records.Payloads;

namespace Tracer.Records;

/// <summary>
/// Makes a <see cref="RecordWriter"/> of a dead pool: its blocks are checked and queued again, open ones sealed, and each process that had no End
/// gets one. From there on it is the living path: an uplink takes the blocks, the journal knows those it has.
/// </summary>
public sealed unsafe class PoolRecovery
{
    private readonly PoolFile _file;
    private readonly RecordWriter _writer;
    private readonly SortedDictionary<ulong, int> _byNumber = [];
    private readonly Dictionary<int, List<int>> _bySlot = [];

    private PoolRecovery(PoolFile file, TimeSpan? flushAge)
    {
        _file = file;
        _writer = new RecordWriter(file, flushAge);
    }

    /// <summary>Takes over the pool's content. The caller drives the writer (<see cref="RecordWriter.Tick"/>) until it is drained.</summary>
    /// <param name="file">A pool taken over by <see cref="PoolFile.TryTakeOver"/>.</param>
    /// <param name="nowNs">CLOCK_MONOTONIC, for End records.</param>
    /// <param name="flushAge">As in <see cref="RecordWriter"/>.</param>
    public static RecordWriter Run(PoolFile file, long nowNs, TimeSpan? flushAge = null)
    {
        var recovery = new PoolRecovery(file, flushAge);
        recovery.FindBlocks();
        recovery.SealOpenBlocks();
        var logs = recovery.FindProcesses();
        foreach (int block in recovery._byNumber.Values)
        {
            recovery._writer.Requeue(block);
        }

        foreach (var log in logs)
        {
            bool dying = log.SlotAt->State == SlotState.Ending;
            recovery._writer.End(
                log, dying ? (EndReason)log.SlotAt->EndReason : EndReason.RecorderDied, dying ? log.SlotAt->EndTimeNs : nowNs);
        }

        return recovery._writer;
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

            if (!IsCurrent(head))
            {
                // Opened and never written to, or given back but for the last store, or of a process whose End is committed.
                head->Used = 0;
                head->State = BlockState.Free;
                _writer.Pool.Discard(i);
                continue;
            }

            if (!_bySlot.TryGetValue(head->Slot, out var blocks))
            {
                _bySlot[head->Slot] = blocks = [];
            }

            blocks.Add(i);
            if (head->State == BlockState.Sealed)
            {
                _byNumber[head->Number] = i;
                _file.SealedThrough = Math.Max(_file.SealedThrough, head->Number);
            }
        }

        foreach (var blocks in _bySlot.Values)
        {
            // A process has at most one open block, its last.
            blocks.Sort((a, b) => OrderOf(a).CompareTo(OrderOf(b)));
        }
    }

    private ulong OrderOf(int block) => _file.HeadOf(block)->State == BlockState.Open ? ulong.MaxValue : _file.HeadOf(block)->Number;

    private bool IsCurrent(BlockHead* head) =>
        (head->Used & 0xffff) != 0
        && (head->Used & 0xffff) + (head->Used >> 16) <= BlockHead.Capacity
        && (uint)head->Slot < (uint)_file.SlotCount
        && _file.SlotAt(head->Slot)->Generation == head->Generation
        && _file.SlotAt(head->Slot)->State != SlotState.Free
        && (head->State == BlockState.Open || head->Number != 0);

    private void SealOpenBlocks()
    {
        foreach (var (_, blocks) in _bySlot)
        {
            int last = blocks[^1];
            var head = _file.HeadOf(last);
            if (head->State != BlockState.Open)
            {
                continue;
            }

            Recount(last, _file.SlotAt(head->Slot));
            head->Number = _file.SealedThrough + 1;
            head->LowWaterNs = long.MinValue;
            head->Flags |= BlockHead.FlagSync;
            CrashPoint.Passed();
            Volatile.Write(ref *(byte*)&head->State, (byte)BlockState.Sealed);
            CrashPoint.Passed();
            Volatile.Write(ref _file.SealedThrough, head->Number);
            _byNumber[head->Number] = last;
        }
    }

    /// <summary>What the writer would have put into the head at the seal. Reading stops at the first bad record.</summary>
    private void Recount(int block, ProcessSlot* slot)
    {
        var head = _file.HeadOf(block);
        var decoder = new RecordDecoder();
        int count = 0;
        int events = 0;
        ulong dropped = 0;
        ulong kinds = 0;
        long last = head->BaseTimeNs;
        int body = 0;
        int times = 0;
        try
        {
            decoder.LoadUnsealed(BlockOf(block, slot));
            while (decoder.MoveNext())
            {
                last = decoder.TimeNs;
                dropped += decoder.Kind == RecordKind.Drop ? DropPayload.Read(decoder.Payload).Count ?? 0 : 0;
            }

            count = decoder.RecordsBegun;
            events = decoder.EventsBegun;
            kinds = decoder.KindsBegun;
            body = decoder.BodyRead;
            times = decoder.TimesRead;
        }
        catch (RecordFormatException)
        {
            // Can't come from a crash (bytes go before lengths): something wrote into the pool. What was read up to here is kept
            // by reading again up to that point; the rest shows as missing in the process's count and becomes a Drop.
            (count, events, kinds, dropped, last, body, times) = ReadGoodPart(block, slot);
        }

        head->Used = (uint)body | (uint)times << 16;
        head->Count = count;
        head->Events = events;
        head->Kinds = kinds;
        head->Dropped = dropped;
        head->LastTimeNs = last;
    }

    private (int Count, int Events, ulong Kinds, ulong Dropped, long LastNs, int Body, int Times) ReadGoodPart(int block, ProcessSlot* slot)
    {
        var decoder = new RecordDecoder();
        (int Count, int Events, ulong Kinds, ulong Dropped, long LastNs, int Body, int Times) good =
            (0, 0, 0, 0, _file.HeadOf(block)->BaseTimeNs, 0, 0);
        try
        {
            decoder.LoadUnsealed(BlockOf(block, slot));
            while (decoder.MoveNext())
            {
                ulong dropped = decoder.Kind == RecordKind.Drop ? DropPayload.Read(decoder.Payload).Count ?? 0 : 0;
                good = (decoder.RecordsBegun, decoder.EventsBegun, decoder.KindsBegun, good.Dropped + dropped, decoder.TimeNs, decoder.BodyRead,
                    decoder.TimesRead);
            }
        }
        catch (RecordFormatException)
        {
            return good;
        }

        return good;
    }

    private Block BlockOf(int block, ProcessSlot* slot)
    {
        var head = _file.HeadOf(block);
        return new Block
        {
            Number = head->Number,
            Process = new ProcessIdentity(slot->Pid, slot->NamespacePid, slot->StartTicks),
            FirstSeq = head->FirstSeq,
            Count = head->Count,
            Events = head->Events,
            Dropped = head->Dropped,
            Kinds = head->Kinds,
            BaseTimeNs = head->BaseTimeNs,
            LastTimeNs = head->LastTimeNs,
            LowWaterNs = head->LowWaterNs,
            HasSync = true,
            Continues = (head->Flags & BlockHead.FlagContinues) != 0,
            Body = _file.BodyOf(block),
            Times = _file.TimesOf(block),
            PoolIndex = block,
        };
    }

    /// <summary>The processes that need an End; those that have one are only waited for.</summary>
    private List<ProcessLog> FindProcesses()
    {
        var logs = new List<ProcessLog>();
        int highest = -1;
        for (int i = 0; i < _file.SlotCount; i++)
        {
            var slot = _file.SlotAt(i);
            if (slot->State == SlotState.Free)
            {
                continue;
            }

            highest = i;
            var log = new ProcessLog(new ProcessIdentity(slot->Pid, slot->NamespacePid, slot->StartTicks));
            var blocks = _bySlot.GetValueOrDefault(i) ?? [];
            _writer.Slots.Adopt(log, i);
            _writer.Pool.Adopt(log, blocks);
            bool ended = GoOnAfter(log, blocks, slot);
            if (slot->State == SlotState.Ended || ended)
            {
                slot->EndBlock = blocks.Count > 0 ? _file.HeadOf(blocks[^1])->Number : 0;
                slot->State = SlotState.Ended;
                _writer.Pool.Leave(log);
                _writer.Slots.Ended(log);
            }
            else
            {
                DeclareMissing(log, slot);
                logs.Add(log);
            }
        }

        for (int i = 0; i < highest; i++)
        {
            if (_file.SlotAt(i)->State == SlotState.Free)
            {
                _writer.Slots.AddFree(i);
            }
        }

        return logs;
    }

    /// <summary>Sets the log to where the process's records stop; true when the last one is its End.</summary>
    private bool GoOnAfter(ProcessLog log, List<int> blocks, ProcessSlot* slot)
    {
        if (blocks.Count == 0)
        {
            log.LastSeq = slot->SealedSeq;
            log.StoredEvents = slot->SealedEvents;
            log.DeclaredDrops = slot->SealedDropped;
            return false;
        }

        int last = blocks[^1];
        var head = _file.HeadOf(last);
        log.LastSeq = head->FirstSeq + (ulong)head->Count - 1;
        log.StoredEvents = head->EventsBefore + (ulong)head->Events;
        log.DeclaredDrops = head->DroppedBefore + head->Dropped;
        log.LastBlock = head->Number;
        var decoder = new RecordDecoder();
        var kind = RecordKind.None;
        decoder.LoadUnsealed(BlockOf(last, slot));
        while (decoder.MoveNext())
        {
            kind = decoder.Kind;
        }

        log.Continues = decoder.IsPartial;
        return kind == RecordKind.End;
    }

    /// <summary>Makes the slot's Drop counts agree with what was generated and is neither stored nor declared.</summary>
    private static void DeclareMissing(ProcessLog log, ProcessSlot* slot)
    {
        ulong missing = unchecked(slot->Generated - log.StoredEvents - log.DeclaredDrops);
        var cells = MemoryMarshal.CreateSpan(ref *(DropCell*)slot->Drops, ProcessSlot.DropCells);
        ulong counted = 0;
        foreach (var cell in cells)
        {
            counted += cell.Count;
        }

        // Drop records are written cell by cell, and a cell is cleared after its record: the first ones may be in a block already.
        for (int i = 0; i < cells.Length && counted > missing; i++)
        {
            counted -= cells[i].Count;
            cells[i].Count = 0;
        }

        if (missing > counted)
        {
            ref var rest = ref cells[ProcessSlot.DropCells - 1];
            rest.Count += missing - counted;
        }
    }
}
