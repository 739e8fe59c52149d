namespace Tracer.Records;

/// <summary>A system call: its name and the kinds of its arguments. One instance per call, shared by the machines.</summary>
public sealed class SyscallInfo
{
    /// <summary>The most arguments a Linux system call has (syscall(2)).</summary>
    public const int MaxArgs = 6;

    private readonly byte[] _utf8Name;
    private readonly ArgKind[] _kinds;

    internal SyscallInfo(ReadOnlySpan<byte> utf8Name, ReadOnlySpan<ArgKind> kinds)
    {
        _utf8Name = utf8Name.ToArray();
        _kinds = kinds.ToArray();
        Name = System.Text.Encoding.ASCII.GetString(utf8Name);
    }

    /// <summary>The name in the kernel's headers without <c>__NR_</c>: <c>pread64</c>, not <c>pread</c> (syscalls(2)).</summary>
    public string Name { get; }

    /// <summary><see cref="Name"/> in UTF-8, for writers that make no strings.</summary>
    public ReadOnlySpan<byte> Utf8Name => _utf8Name;

    /// <summary>Number of arguments, 0 to 6. Zero also for the calls that have a number and no implementation.</summary>
    public int ArgCount => _kinds.Length;

    /// <summary>The kinds of all arguments, in order.</summary>
    public ReadOnlySpan<ArgKind> Kinds => _kinds;

    /// <summary>The kind of argument <paramref name="index"/>, counted from 0.</summary>
    /// <exception cref="IndexOutOfRangeException">There is no such argument.</exception>
    public ArgKind this[int index] => _kinds[index];

    /// <summary>How many of these arguments mean something: the mode of open(2) and openat(2) is noise unless a file may be created.</summary>
    /// <param name="untrustedArgs">The registers, at least <see cref="ArgCount"/> of them, else all that there are.</param>
    public int CountMeaningful(ReadOnlySpan<ulong> untrustedArgs)
    {
        // O_CREAT, or the bit of O_TMPFILE that is not O_DIRECTORY: the same on x86-64 and arm64.
        const ulong Creates = 0x40 | 0x40_0000;
        var count = Math.Min(_kinds.Length, untrustedArgs.Length);
        if (count < 2 || count != _kinds.Length) return count;
        var endsWithMode = _kinds[count - 1] == ArgKind.Mode && _kinds[count - 2] == ArgKind.OpenFlags;
        return endsWithMode && (untrustedArgs[count - 2] & Creates) == 0 ? count - 1 : count;
    }
}
