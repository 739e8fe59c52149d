using System.Numerics;
using System.Runtime.InteropServices;
using Tracer.Records.Payloads;

namespace Tracer.Records;

/// <summary>
/// The events of a process that are not kept and that no Drop record tells yet: a cell a kind in the process's slot, so that counting needs no
/// block and outlives the recorder.
/// </summary>
internal static unsafe class DropCounts
{
    /// <summary>The cell that takes what is not known by kind.</summary>
    public const int Unknown = ProcessSlot.DropCells - 1;

    /// <summary>Room for one Drop record.</summary>
    public static readonly int RecordRoom = RecordSize.Payload(DropPayload.MaxLength);

    /// <summary>Room for all Drop records that wait.</summary>
    public static int Room(ProcessLog log) => BitOperations.PopCount(log.Lost) * RecordRoom;

    /// <summary>The cells of a slot.</summary>
    public static Span<DropCell> Cells(ProcessSlot* slot) =>
        MemoryMarshal.CreateSpan(ref *(DropCell*)slot->Drops, ProcessSlot.DropCells);

    /// <summary>Counts events. Events of one kind that are lost for two reasons before a Drop record can be written keep the first.</summary>
    public static void Add(ProcessLog log, int index, ulong count, long firstNs, long lastNs, DropReason reason)
    {
        ref var cell = ref Cells(log.SlotAt)[index];
        if (cell.Count == 0)
        {
            cell.FirstNs = firstNs;
            cell.LastNs = lastNs;
            log.SlotAt->Reasons[index] = (byte)reason;
        }

        cell.FirstNs = Math.Min(cell.FirstNs, firstNs);
        cell.LastNs = Math.Max(cell.LastNs, lastNs);
        CrashPoint.Passed();
        Volatile.Write(ref cell.Count, unchecked(cell.Count + count)); // a dead pool's cell may hold anything
        CrashPoint.Passed();
        log.Lost |= 1u << index;
    }

    /// <summary>True when a cell's events were lost for another reason.</summary>
    public static bool IsMixed(ProcessLog log, int index, DropReason reason) =>
        (log.Lost >> index & 1) != 0 && log.SlotAt->Reasons[index] != (byte)reason;

    /// <summary>The Drop record of the lowest cell that has one to tell.</summary>
    public static DropPayload Next(ProcessLog log, out int index)
    {
        // Always the lowest: a recovery relies on it to tell which cell's record is written and not cleared.
        index = BitOperations.TrailingZeroCount(log.Lost);
        var cell = Cells(log.SlotAt)[index];
        return new(ProcessSlot.KindOf(index), cell.Count, cell.FirstNs, cell.LastNs, (DropReason)log.SlotAt->Reasons[index]);
    }

    /// <summary>A cell's record is in a block.</summary>
    public static void Clear(ProcessLog log, int index)
    {
        Volatile.Write(ref Cells(log.SlotAt)[index].Count, 0);
        log.Lost &= ~(1u << index);
    }

    /// <summary>
    /// In a dead pool: makes the cells agree with what was generated and is neither stored nor declared.
    /// </summary>
    public static void Reconcile(ProcessLog log, DropReason reason, long nowNs)
    {
        var slot = log.SlotAt;
        var cells = Cells(slot);
        ulong missing = unchecked(slot->Generated - log.StoredEvents - log.DeclaredDrops);
        ulong counted = 0;
        for (int i = 0; i < cells.Length; i++)
        {
            counted = unchecked(counted + cells[i].Count);
            log.Lost |= cells[i].Count != 0 ? 1u << i : 0;
        }

        // A Drop record is written, then its cell is cleared: the lowest one may be in a block already.
        for (int i = 0; i < cells.Length && counted > missing; i++)
        {
            counted = unchecked(counted - cells[i].Count);
            Clear(log, i);
            CrashPoint.Passed();
        }

        if (missing > counted)
        {
            Add(log, Unknown, missing - counted, Math.Min(Math.Max(slot->SealedTimeNs, log.LastTimeNs), nowNs), nowNs, reason);
        }
    }
}
