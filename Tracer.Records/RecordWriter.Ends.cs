using System.Diagnostics;
using Tracer.Records.Payloads;

namespace Tracer.Records;

// What stands for events that are not there, and the last record of a process.
public sealed unsafe partial class RecordWriter
{
    private readonly List<ProcessLog> _ending = [];

    /// <summary>Oldest time of an End that waits for room; long.MaxValue when none does.</summary>
    private long _endingOldestNs = long.MaxValue;

    /// <inheritdoc/>
    public void Drop(ProcessLog log, RecordKind kind, ulong count, long firstNs, long lastNs, DropReason reason)
    {
        Debug.Assert(!log.Ended, "a log is not used after its End");
        if (count == 0)
        {
            return;
        }

        // A stop that was refused and is counted instead waits no more.
        _refusals.Forget(log, firstNs);
        int cell = ProcessSlot.CellOf(kind);
        if (DropCounts.IsMixed(log, cell, reason))
        {
            DeclareLost(log, 0, lastNs);
        }

        Volatile.Write(ref log.SlotAt->Generated, log.SlotAt->Generated + count);
        CrashPoint.Passed();
        DropCounts.Add(log, cell, count, firstNs, lastNs, reason);
    }

    /// <inheritdoc/>
    public void End(ProcessLog log, EndReason reason, long timeNs)
    {
        Debug.Assert(!log.Ended, "a process ends once");
        _refusals.Forget(log);
        BeginEnd(log, reason, timeNs);
        if (TryWriteEnd(log))
        {
            UpdateNeedsTick();
            return;
        }

        if (log.HasRecords)
        {
            Seal(log, flush: true);
        }

        Enlist(log);
        UpdateNeedsTick();
    }

    /// <summary>
    /// In a dead pool: processes that have their End, so that only the commit is missing, and processes that need one. One that was ending keeps its
    /// reason and time.
    /// </summary>
    internal void AdoptEnds(List<ProcessLog> ended, List<ProcessLog> unfinished, long nowNs)
    {
        // All are enlisted before one is written: no block may promise that no older record comes.
        foreach (var log in unfinished)
        {
            if (log.SlotAt->State != SlotState.Ending)
            {
                BeginEnd(log, EndReason.RecorderDied, Math.Max(nowNs, Math.Max(log.SlotAt->SealedTimeNs, log.LastTimeNs)));
            }

            Enlist(log);
        }

        foreach (var log in ended)
        {
            if (log.Head != null)
            {
                FinishEnd(log);
            }
            else
            {
                // The block with its End may be given back already, before earlier ones of the same commit.
                log.SlotAt->EndBlock = log.LastBlock;
                _pool.Leave(log);
                _slots.Ended(log);
            }
        }

        WriteEnds();
        ReleaseSlots();
        UpdateNeedsTick();
    }

    /// <summary>Declares lost events as soon as there is room for all their records: near the gap, and not in place of what is asked for.</summary>
    private void DeclareLost(ProcessLog log, int besides, long timeNs)
    {
        int wanted = DropCounts.Room(log) + besides;
        int blocks = wanted <= BlockHead.SyncCapacity ? 1 : 1 + BlocksFor(besides);
        if (log.Room - BlockHead.AsyncReserve >= wanted || _pool.MayTake(log, blocks))
        {
            TryWriteDrops(log, timeNs);
        }
    }

    private bool TryWriteDrops(ProcessLog log, long timeNs)
    {
        while (log.Lost != 0)
        {
            var drop = DropCounts.Next(log, out int cell);
            int length = drop.Write(_scratch);
            if (!TryMakeAsyncRoom(log, RecordSize.Payload(length), timeNs))
            {
                return false;
            }

            ulong count = drop.Count!.Value;
            log.Dropped = unchecked(log.Dropped + count); // a dead pool's cells may hold anything
            log.DeclaredDrops = unchecked(log.DeclaredDrops + count);
            RecordEncoder.Payload(log, log.Identity.Pid, timeNs, RecordKind.Drop, _scratch.AsSpan(0, length), default, more: false);
            DropCounts.Clear(log, cell);
            CrashPoint.Passed();
        }

        return true;
    }

    private void BeginEnd(ProcessLog log, EndReason reason, long timeNs)
    {
        var slot = log.SlotAt;
        slot->EndReason = (int)reason;
        slot->EndTimeNs = timeNs;
        CrashPoint.Passed();
        Volatile.Write(ref *(int*)&slot->State, (int)SlotState.Ending);
        CrashPoint.Passed();
    }

    private void Enlist(ProcessLog log)
    {
        _ending.Add(log);
        _endingOldestNs = Math.Min(_endingOldestNs, log.SlotAt->EndTimeNs);
    }

    /// <summary>Writes the Ends for which there is room now.</summary>
    private void WriteEnds()
    {
        if (_ending.Count == 0)
        {
            return;
        }

        _ending.RemoveAll(TryWriteEnd);
        _endingOldestNs = long.MaxValue;
        foreach (var log in _ending)
        {
            _endingOldestNs = Math.Min(_endingOldestNs, log.SlotAt->EndTimeNs);
        }
    }

    private bool TryWriteEnd(ProcessLog log)
    {
        long timeNs = log.SlotAt->EndTimeNs;
        if (log.Continues)
        {
            // Only after a crash: a record was cut between two blocks. An empty fragment closes it; it is shorter than it should be.
            if (!TryMakeAsyncRoom(log, RecordSize.Head, timeNs))
            {
                return false;
            }

            RecordEncoder.Fragment(log, default, more: false);
        }

        if (!TryWriteDrops(log, timeNs) || !TryMakeAsyncRoom(log, RecordSize.Payload(EndPayload.MaxLength), timeNs))
        {
            return false;
        }

        var slot = log.SlotAt;
        int length = new EndPayload(
            (EndReason)slot->EndReason, log.LastSeq + 1, slot->Generated, log.DeclaredDrops, slot->HeldNs, slot->Holds).Write(_scratch);
        RecordEncoder.Payload(log, log.Identity.Pid, timeNs, RecordKind.End, _scratch.AsSpan(0, length), default, more: false);
        FinishEnd(log);
        return true;
    }

    /// <summary>End is in the open block.</summary>
    private void FinishEnd(ProcessLog log)
    {
        // Ended before the seal: once sealed, the block may be committed and gone before this thread goes on, and a
        // recovery must not write a second End.
        log.SlotAt->EndBlock = _file.SealedThrough + 1;
        CrashPoint.Passed();
        Volatile.Write(ref *(int*)&log.SlotAt->State, (int)SlotState.Ended);
        CrashPoint.Passed();
        Seal(log, flush: true);
        _pool.Leave(log);
        _slots.Ended(log);
    }
}
