using System.Diagnostics.CodeAnalysis;

namespace Tracer.Records;

/// <summary>
/// Every system call of 64-bit Linux by machine and number. The facts are in <c>syscalls.tsv</c>; the other half of this
/// class, <c>SyscallTable.g.cs</c>, is generated from it.
/// </summary>
public static partial class SyscallTable
{
    private static readonly SyscallInfo[] AllCalls = CreateCalls();
    private static readonly SyscallInfo?[] X64 = ByNumber(X64Calls);
    private static readonly SyscallInfo?[] Arm64 = ByNumber(Arm64Calls);

    /// <summary>Looks a call up by its number. An array access: no allocation.</summary>
    /// <param name="machine">The machine the number was read on; any other value finds nothing.</param>
    /// <param name="untrustedNumber">The number; negative ones, gaps and those of x32 find nothing.</param>
    /// <param name="info">The call.</param>
    public static bool TryGet(Machine machine, int untrustedNumber, [NotNullWhen(true)] out SyscallInfo? info)
    {
        var calls = Calls(machine);
        info = unchecked((uint)untrustedNumber) < (uint)calls.Length ? calls[untrustedNumber] : null;
        return info is not null;
    }

    /// <summary>Finds a call's number by its name, as an option of a command names it. A search: not for the way of a record.</summary>
    public static bool TryFind(Machine machine, string name, out int number)
    {
        var calls = Calls(machine);
        for (number = 0; number < calls.Length; number++)
        {
            if (calls[number]?.Name == name) return true;
        }

        number = -1;
        return false;
    }

    /// <summary>One more than the highest number a machine's table knows; 0 for a value that is no machine.</summary>
    public static int NumberLimit(Machine machine) => Calls(machine).Length;

    private static SyscallInfo?[] Calls(Machine machine) => machine switch
    {
        Machine.X64 => X64,
        Machine.Arm64 => Arm64,
        _ => [],
    };

    private static SyscallInfo[] CreateCalls()
    {
        var calls = new SyscallInfo[NameEnds.Length];
        int nameStart = 0, kindStart = 0;
        for (var i = 0; i < calls.Length; i++)
        {
            calls[i] = new SyscallInfo(Names[nameStart..NameEnds[i]], Kinds[kindStart..KindEnds[i]]);
            nameStart = NameEnds[i];
            kindStart = KindEnds[i];
        }

        return calls;
    }

    private static SyscallInfo?[] ByNumber(ReadOnlySpan<short> indices)
    {
        var calls = new SyscallInfo?[indices.Length];
        for (var number = 0; number < calls.Length; number++)
        {
            calls[number] = indices[number] < 0 ? null : AllCalls[indices[number]];
        }

        return calls;
    }
}
