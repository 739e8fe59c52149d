using System.Runtime.InteropServices;

namespace Tracer.Records;

/// <summary>State of a slot.</summary>
internal enum SlotState
{
    Free = 0,

    /// <summary>The process is traced.</summary>
    Live = 1,

    /// <summary>It has ended; its End waits for room.</summary>
    Ending = 2,

    /// <summary>End is in a block; the slot is free when that is committed.</summary>
    Ended = 3,
}

/// <summary>
/// A process in a pool's table (FORMAT.md, "Pool"): what must be recorded when there is no room for a record.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal unsafe struct ProcessSlot
{
    /// <summary>Bytes of a slot.</summary>
    public const int Size = 512;

    /// <summary>Kinds that Drop counts are kept for; the last cell takes what has none of its own.</summary>
    public const int DropCells = 16;

    [FieldOffset(0)] public SlotState State;
    [FieldOffset(4)] public uint Generation;
    [FieldOffset(8)] public int Pid;
    [FieldOffset(12)] public int NamespacePid;
    [FieldOffset(16)] public ulong StartTicks;

    /// <summary>Events counted at the source, before they are appended: after a crash it is never below what is stored.</summary>
    [FieldOffset(24)] public ulong Generated;

    /// <summary>Events, last sequence number and Drop counts in sealed blocks: where a recovery goes on when no block is left.</summary>
    [FieldOffset(32)] public ulong SealedEvents;
    [FieldOffset(40)] public ulong SealedSeq;
    [FieldOffset(48)] public ulong SealedDropped;
    [FieldOffset(56)] public long HeldNs;
    [FieldOffset(64)] public ulong Holds;
    [FieldOffset(72)] public int EndReason;

    /// <summary>1 when the last sealed block ends within a record: the next one continues it.</summary>
    [FieldOffset(76)] public byte SealedContinues;
    [FieldOffset(80)] public long EndTimeNs;

    /// <summary>Number of the block that holds End.</summary>
    [FieldOffset(88)] public ulong EndBlock;

    /// <summary>Why the events of each cell are missing: a <see cref="Payloads.DropReason"/> a cell.</summary>
    [FieldOffset(96)] public fixed byte Reasons[DropCells];

    /// <summary>Time of the last sealed record: what a recovery finds missing is not older.</summary>
    [FieldOffset(112)] public long SealedTimeNs;
    [FieldOffset(128)] public fixed byte Drops[DropCells * DropCell.Size];

    /// <summary>The cell of a kind.</summary>
    public static int CellOf(RecordKind kind) => kind switch
    {
        RecordKind.Psig => 0,
        RecordKind.Csw => 1,
        RecordKind.ProcCtor => 2,
        RecordKind.ProcDtor => 3,
        RecordKind.CapFail => 4,
        RecordKind.Fault => 5,
        RecordKind.FaultEnd => 6,
        RecordKind.ExtErr => 7,
        RecordKind.Syscall => 8,
        RecordKind.Sysret => 9,
        RecordKind.Namei => 10,
        RecordKind.Genio => 11,
        RecordKind.Struct => 12,
        RecordKind.Args => 13,
        RecordKind.Envs => 14,
        _ => 15,
    };

    /// <summary>The kind of a cell; None for the last.</summary>
    public static RecordKind KindOf(int cell) => cell switch
    {
        0 => RecordKind.Psig,
        1 => RecordKind.Csw,
        2 => RecordKind.ProcCtor,
        3 => RecordKind.ProcDtor,
        4 => RecordKind.CapFail,
        5 => RecordKind.Fault,
        6 => RecordKind.FaultEnd,
        7 => RecordKind.ExtErr,
        8 => RecordKind.Syscall,
        9 => RecordKind.Sysret,
        10 => RecordKind.Namei,
        11 => RecordKind.Genio,
        12 => RecordKind.Struct,
        13 => RecordKind.Args,
        14 => RecordKind.Envs,
        _ => RecordKind.None,
    };
}

/// <summary>Events of one kind that a process lost and that no Drop record tells yet.</summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal struct DropCell
{
    public const int Size = 24;

    [FieldOffset(0)] public ulong Count;
    [FieldOffset(8)] public long FirstNs;
    [FieldOffset(16)] public long LastNs;
}
