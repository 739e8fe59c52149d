using System.Runtime.InteropServices;
using Tracer.Records;
using Tracer.Records.Payloads;

namespace Tracer.Capture;

/// <summary>A traced thread.</summary>
internal sealed unsafe class Tracee(int tid, TracedProcess process)
{
    /// <summary>Thread id; changes when a thread that is not the leader executes.</summary>
    public int Tid { get; set; } = tid;

    /// <summary>Its process.</summary>
    public TracedProcess Process { get; set; } = process;

    /// <summary>False until its first stop has been seen.</summary>
    public bool Started { get; set; }

    /// <summary>Number of the call it is in, or was in last; -1 when not known.</summary>
    public long Number { get; set; } = -1;

    /// <summary>True when the call's entry was recorded, or is older than the trace of this thread.</summary>
    public bool Recorded { get; set; } = true;

    /// <summary>True when the exit stop that comes next belongs to no record: that of the command's own exec.</summary>
    public bool SkipExit { get; set; }

    /// <summary>What the exit stop needs to know of the call's arguments.</summary>
    public CallShape Shape { get; set; }

    /// <summary>Arguments at the entry.</summary>
    public readonly ulong[] Arguments = new ulong[6];

    /// <summary>Bytes that a write call was asked to write.</summary>
    public long WriteAsked { get; set; }

    /// <summary>Bytes of them in <see cref="WriteData"/>.</summary>
    public int WriteKept { get; set; }

    /// <summary>First bytes of a write call's data, taken at the entry: the program may change its buffer during the call.</summary>
    public byte* WriteData { get; private set; }

    /// <summary>clone flags of a call that makes a thread or process.</summary>
    public ulong CloneFlags { get; set; }

    /// <summary>The hold it is in, if any.</summary>
    public Hold Hold { get; } = new();

    /// <summary>Id before an exec by a thread that was not the leader; 0 for none.</summary>
    public int FormerTid { get; set; }

    /// <summary>True for a child that is not to be followed: it is left at its first stop.</summary>
    public bool LeaveAtBirth { get; set; }

    /// <summary>True while it stays in a group-stop (PTRACE_LISTEN).</summary>
    public bool Listening { get; set; }

    /// <summary>Gives <see cref="WriteData"/> its memory at the first write.</summary>
    public byte* NeedWriteData(int size)
    {
        if (WriteData == null)
            WriteData = (byte*)NativeMemory.Alloc((nuint)Math.Max(size, 1));

        return WriteData;
    }

    /// <summary>Frees what it owns.</summary>
    public void Free()
    {
        NativeMemory.Free(WriteData);
        WriteData = null;
    }
}

/// <summary>A stop that is kept from going on. One for each thread, used again.</summary>
internal sealed class Hold
{
    /// <summary>True while the thread is held.</summary>
    public bool Active { get; set; }

    /// <summary>The stop. It is handled again, from the start, when there is room.</summary>
    public WaitEvent Event { get; set; }

    /// <summary>Why.</summary>
    public HoldReason Reason { get; set; }

    /// <summary>Time of the stop, which its records keep.</summary>
    public long StopNs { get; set; }

    /// <summary>When the hold began.</summary>
    public long StartNs { get; set; }

    /// <summary>Under policy <c>each</c>: its records are in, and it waits for this block.</summary>
    public ulong CommitNumber { get; set; }

    /// <summary>Which of Syscall and Sysret is lost if the thread is killed now; None for neither.</summary>
    public RecordKind Call { get; set; }

    /// <summary>True when it has been told to <see cref="CaptureOptions.OnHold"/>.</summary>
    public bool Told { get; set; }
}
