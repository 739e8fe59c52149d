using System.Runtime.InteropServices;
using Tracer.Records;

namespace Tracer.Capture;

/// <summary>What one stop yields, gathered before room for it is asked for. One for the collector; memory is taken once.</summary>
internal sealed unsafe class Scratch : IDisposable
{
    /// <summary>Longest path that is kept (PATH_MAX).</summary>
    public const int PathMax = 4096;

    /// <summary>Most bytes of an exec's arguments, and of its environment, that are kept.</summary>
    public const int ExecMax = 1 << 20;

    private byte* _exec;

    /// <summary>Scratch with room for that many bytes of data.</summary>
    public Scratch(int genioSize)
    {
        Paths = (byte*)NativeMemory.Alloc(6 * PathMax);
        Data = (byte*)NativeMemory.Alloc((nuint)Math.Max(genioSize, 1));
        Info = (byte*)NativeMemory.Alloc((nuint)Records.Payloads.ProcInfoPayload.MaxLength);
    }

    /// <summary>Syscall or Sysret; None when the stop yields neither.</summary>
    public RecordKind Call { get; set; }

    /// <summary>Six places of <see cref="PathMax"/>.</summary>
    public byte* Paths { get; }

    /// <summary>How many are used.</summary>
    public int PathCount { get; set; }

    /// <summary>Which argument each is.</summary>
    public int[] PathArgument { get; } = new int[6];

    /// <summary>Bytes of each.</summary>
    public int[] PathLength { get; } = new int[6];

    /// <summary>True for each that is longer than what is kept.</summary>
    public bool[] PathCut { get; } = new bool[6];

    /// <summary>Data that a call has read.</summary>
    public byte* Data { get; }

    /// <summary>Bytes of data to record; -1 for no Genio.</summary>
    public int DataKept { get; set; }

    /// <summary>True length of the data.</summary>
    public long DataLength { get; set; }

    /// <summary>An encoded ProcInfo.</summary>
    public byte* Info { get; }

    /// <summary>Its length.</summary>
    public int InfoLength { get; set; }

    /// <summary>An exec's argument strings.</summary>
    public byte* Args => _exec;

    /// <summary>Their length; -1 for no Args.</summary>
    public int ArgsLength { get; set; }

    /// <summary>An exec's environment strings.</summary>
    public byte* Envs => _exec + ExecMax;

    /// <summary>Their length; -1 for no Envs.</summary>
    public int EnvsLength { get; set; }

    /// <summary>Takes the memory for an exec's strings, at the first exec.</summary>
    public void NeedExec()
    {
        if (_exec == null)
            _exec = (byte*)NativeMemory.Alloc(2 * ExecMax);
    }

    /// <summary>Nothing gathered.</summary>
    public void Clear(RecordKind call)
    {
        Call = call;
        PathCount = 0;
        DataKept = -1;
        ArgsLength = -1;
        EnvsLength = -1;
    }

    public void Dispose()
    {
        NativeMemory.Free(Paths);
        NativeMemory.Free(Data);
        NativeMemory.Free(Info);
        NativeMemory.Free(_exec);
        _exec = null;
    }
}
