using System.Runtime.InteropServices;

namespace Tracer.Records;

/// <summary>State of a block in a pool.</summary>
internal enum BlockState : byte
{
    Free = 0,
    Open = 1,
    Sealed = 2,
}

/// <summary>The head of a block in a pool, FORMAT.md, "Pool". Records grow up from <see cref="Size"/>, times down from the block's end.</summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal struct BlockHead
{
    /// <summary>Bytes of the head.</summary>
    public const int Size = 96;

    /// <summary>Bytes of a block.</summary>
    public const int BlockSize = 4096;

    /// <summary>Bytes for records and times.</summary>
    public const int Capacity = BlockSize - Size;

    /// <summary>The end of each block that only async records may use (design: the reserve).</summary>
    public const int AsyncReserve = 512;

    /// <summary>What sync records may use.</summary>
    public const int SyncCapacity = Capacity - AsyncReserve;

    /// <summary>A record starts with its tag in here, so flags can be tested without decoding.</summary>
    public const byte FlagSync = 1;

    /// <summary>See <see cref="Block.Continues"/>.</summary>
    public const byte FlagContinues = 2;

    /// <summary>Length of the records in the low half, of the times in the high: one store publishes a record.</summary>
    [FieldOffset(0)] public uint Used;
    [FieldOffset(4)] public BlockState State;
    [FieldOffset(5)] public byte Flags;
    [FieldOffset(8)] public int Slot;
    [FieldOffset(12)] public uint Generation;
    [FieldOffset(16)] public ulong FirstSeq;

    /// <summary>Events of the process in earlier blocks; with the decoded ones of the last block it tells what reached the pool.</summary>
    [FieldOffset(24)] public ulong EventsBefore;
    [FieldOffset(32)] public long BaseTimeNs;

    /// <summary>Events that Drop records in earlier blocks stand for.</summary>
    [FieldOffset(40)] public ulong DroppedBefore;

    // From here on written at the seal; after a crash recomputed by decoding.
    [FieldOffset(48)] public ulong Number;
    [FieldOffset(56)] public int Count;
    [FieldOffset(60)] public int Events;
    [FieldOffset(64)] public ulong Kinds;
    [FieldOffset(72)] public long LastTimeNs;
    [FieldOffset(80)] public long LowWaterNs;
    [FieldOffset(88)] public ulong Dropped;
}
