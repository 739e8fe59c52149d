using System.Runtime.CompilerServices;

namespace Tracer.Records;

/// <summary>
/// What a record is encoded against: for each call number its last arguments, for each thread its last call. Writer and reader
/// keep the same one, both begin each block with an empty one; that makes a block self-contained.
/// </summary>
internal sealed class DeltaContext
{
    /// <summary>Call numbers share a line by their low bits; a line is taken over by whoever came last.</summary>
    public const int CallLines = 64;

    /// <summary>Threads likewise.</summary>
    public const int ThreadLines = 32;

    /// <summary>A system call has at most six arguments.</summary>
    public const int MaxArguments = 6;

    private readonly ulong[] _arguments = new ulong[CallLines * MaxArguments];
    private readonly int[] _argumentCounts = new int[CallLines];
    private readonly int[] _calls = new int[CallLines];
    private readonly int[] _callEpochs = new int[CallLines];
    private readonly int[] _threads = new int[ThreadLines];
    private readonly int[] _threadCalls = new int[ThreadLines];
    private readonly int[] _threadEpochs = new int[ThreadLines];
    private int _epoch;

    /// <summary>Forgets all, at the start of a block.</summary>
    public void Reset() => _epoch = unchecked(_epoch + 1);

    /// <summary>The last arguments of a call; zeros, and a count of -1, when the line held another call or another block's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<ulong> Line(int number, out int line)
    {
        line = number & (CallLines - 1);
        var span = _arguments.AsSpan(line * MaxArguments, MaxArguments);
        if (_callEpochs[line] != _epoch || _calls[line] != number)
        {
            _callEpochs[line] = _epoch;
            _calls[line] = number;
            _argumentCounts[line] = -1;
            span.Clear();
        }

        return span;
    }

    /// <summary>Number of arguments that the call had last; -1 when unknown.</summary>
    public int ArgumentCount(int line) => _argumentCounts[line];

    /// <summary>Sets it.</summary>
    public void SetArgumentCount(int line, int count) => _argumentCounts[line] = count;

    /// <summary>Remembers the call that a thread is in.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Enter(int thread, int number)
    {
        int line = thread & (ThreadLines - 1);
        _threads[line] = thread;
        _threadCalls[line] = number;
        _threadEpochs[line] = _epoch;
    }

    /// <summary>The call that a thread is in; -1 when this block does not tell.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int CallOf(int thread)
    {
        int line = thread & (ThreadLines - 1);
        return _threadEpochs[line] == _epoch && _threads[line] == thread ? _threadCalls[line] : -1;
    }
}
