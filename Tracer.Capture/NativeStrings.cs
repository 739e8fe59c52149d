using System.Runtime.InteropServices;

namespace Tracer.Capture;

/// <summary>Byte strings as C wants them, in unmanaged memory, freed together.</summary>
public sealed unsafe class NativeStrings : IDisposable
{
    private readonly List<nint> _blocks = [];

    /// <summary>The arguments of this very process, byte for byte, its own name first (/proc/self/cmdline).</summary>
    public static IReadOnlyList<byte[]> OwnArguments() => Split(File.ReadAllBytes("/proc/self/cmdline"));

    /// <summary>The environment that this process was started with, byte for byte (/proc/self/environ).</summary>
    public static IReadOnlyList<byte[]> OwnEnvironment() => Split(File.ReadAllBytes("/proc/self/environ"));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (nint block in _blocks)
        {
            NativeMemory.Free((void*)block);
        }

        _blocks.Clear();
    }

    internal byte* String(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Contains((byte)0))
            throw new ArgumentException("A string for the kernel holds a NUL.", nameof(bytes));

        var copy = (byte*)Allocate(bytes.Length + 1);
        bytes.CopyTo(new Span<byte>(copy, bytes.Length));
        copy[bytes.Length] = 0;
        return copy;
    }

    internal byte** Array(IReadOnlyList<byte[]> strings)
    {
        var array = (byte**)Allocate((strings.Count + 1) * sizeof(byte*));
        for (int i = 0; i < strings.Count; i++)
        {
            array[i] = String(strings[i]);
        }

        array[strings.Count] = null;
        return array;
    }

    internal void* Allocate(int bytes)
    {
        void* block = NativeMemory.AllocZeroed((nuint)bytes);
        _blocks.Add((nint)block);
        return block;
    }

    private static List<byte[]> Split(ReadOnlySpan<byte> nulTerminated)
    {
        var strings = new List<byte[]>();
        while (!nulTerminated.IsEmpty)
        {
            int end = nulTerminated.IndexOf((byte)0);
            ReadOnlySpan<byte> one = end < 0 ? nulTerminated : nulTerminated[..end];
            strings.Add(one.ToArray());
            nulTerminated = nulTerminated[(end < 0 ? one.Length : end + 1)..];
        }

        return strings;
    }
}
