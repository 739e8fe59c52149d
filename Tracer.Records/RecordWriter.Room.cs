using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Tracer.Records;

// Reservations, and the room for each record: who is refused, and when the next block is opened.
public sealed unsafe partial class RecordWriter
{
    /// <summary>
    /// A record of at most that bound is never cut: it goes to the next block whole. Genio's default of 256 bytes is just within, so cuts are
    /// rare; and no more than this is left empty in a block, which <see cref="FragmentRoom"/> relies on.
    /// </summary>
    private const int UncutSize = RecordSize.Head + 8 + 280 + 16;

    /// <summary>What a block surely takes of a reservation that is longer than a block.</summary>
    private const int FragmentRoom = BlockHead.SyncCapacity - UncutSize;

    /// <inheritdoc/>
    public int MaxReserve => MaxReserveOf(_pool.Processes);

    /// <inheritdoc/>
    public bool TryReserve(ProcessLog log, int bytes, long timeNs)
    {
        Debug.Assert(!log.Ended, "a log is not used after its End");
        if (log.Lost != 0)
        {
            DeclareLost(log, bytes, timeNs);
        }

        if (log.Room - BlockHead.AsyncReserve >= bytes || TryReserveMore(log, bytes, timeNs))
        {
            if (log.Waiting != 0)
            {
                _refusals.Forget(log, timeNs);
            }

            return true;
        }

        _refusals.Refused(log, timeNs, bytes);
        WakeUplink();
        if (log.Owned == 1 && log.HasRecords && _pool.Surplus == 0)
        {
            // Each process has its one block and no more, so only its own can come back to it. Else the block stays: its end is the reserve
            // for async records. As a Commit: what is only queued would never come back.
            Seal(log, flush: true);
        }

        return false;
    }

    private int MaxReserveOf(int processes)
    {
        // With each other process keeping one block, a process may take a third of the rest. One is to spare: async records that come
        // between a reservation and its records may open one.
        int blocks = ((_pool.Size - processes) / 3) - 2;
        return Math.Max(BlockHead.SyncCapacity, (int)Math.Min(RecordDecoder.MaxPayload + (RecordDecoder.MaxPayload / 8L), blocks * (long)FragmentRoom));
    }

    /// <summary>Blocks that hold a reservation longer than one, whatever is left in the open block.</summary>
    private static int BlocksFor(int bytes) => (bytes / FragmentRoom) + 2;

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
        return _pool.MayTake(log, BlocksFor(bytes));
    }

    /// <summary>Room in the open block for a record that was reserved.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void MakeRoom(ProcessLog log, int size, long timeNs)
    {
        if (log.Room - BlockHead.AsyncReserve < size)
        {
            MakeRoomSlowly(log, size, timeNs);
        }

        if (timeNs < log.OldestNs)
        {
            _openBlocks.StepBack(log, timeNs);
        }
    }

    private void MakeRoomSlowly(ProcessLog log, int size, long timeNs)
    {
        // When async records came after the reservation, they took of what it had found; then the block's own reserve stands in.
        if (_pool.MayTake(log, 1) || log.Room < size)
        {
            OpenReserved(log, timeNs);
        }
    }

    private void OpenReserved(ProcessLog log, long timeNs)
    {
        if (!_pool.MayTake(log, 1))
        {
            throw new InvalidOperationException("a sync record was appended that nothing was reserved for");
        }

        OpenNext(log, timeNs);
    }

    /// <summary>Room for an async record, of which the reserve is part; false: count it.</summary>
    private bool TryMakeAsyncRoom(ProcessLog log, int size, long timeNs)
    {
        if (log.Room < size)
        {
            if (size > BlockHead.Capacity || !_pool.MayTake(log, 1))
            {
                return false;
            }

            OpenNext(log, timeNs);
        }

        if (timeNs < log.OldestNs)
        {
            _openBlocks.StepBack(log, timeNs);
        }

        return true;
    }
}
