using System.Collections.Concurrent;
using Tracer.Records;

namespace Tracer.Tests.Support;

/// <summary>A pool without memory: blocks are sealed by a test and looked after until each has come back once.</summary>
internal sealed class FakeBlockSource : IBlockSource
{
    private readonly Lock _lock = new();
    private readonly Queue<Block> _sealed = new();
    private readonly Dictionary<ProcessIdentity, ulong> _lastSeq = [];
    private readonly HashSet<ulong> _out = [];
    private readonly List<ulong> _returned = [];
    private ulong _last;
    private ulong _through;
    private bool _asked = true;

    public event Action? BlocksSealed;

    public Guid PoolId { get; init; } = Guid.NewGuid();

    /// <summary>Last number sealed.</summary>
    public ulong Last => _last;

    /// <summary>As the uplink said.</summary>
    public ulong Through => Volatile.Read(ref _through);

    /// <summary>What was broken, in words; a test asserts that it is empty.</summary>
    public ConcurrentQueue<string> Errors { get; } = new();

    public IReadOnlyList<ulong> Returned
    {
        get
        {
            lock (_lock)
            {
                return [.. _returned];
            }
        }
    }

    public static ProcessIdentity Process(int pid) => new(pid, pid, (ulong)pid * 10);

    /// <summary>Seals a block of so many bytes for a process.</summary>
    public Block Seal(int pid, int bytes = 100, bool sync = true, bool end = false, int records = 3, ulong? firstSeq = null)
    {
        Block block;
        bool raise;
        lock (_lock)
        {
            var process = Process(pid);
            ulong first = firstSeq ?? (_lastSeq.GetValueOrDefault(process) + 1);
            _lastSeq[process] = first + (ulong)records - 1;
            block = Make(++_last, process, bytes, sync, end, records, first);
            _sealed.Enqueue(block);
            raise = _asked;
            _asked = false;
        }

        if (raise)
        {
            BlocksSealed?.Invoke();
        }

        return block;
    }

    public Block? TryTake()
    {
        lock (_lock)
        {
            if (_sealed.TryDequeue(out var block))
            {
                _out.Add(block.Number);
                return block;
            }

            _asked = true;
            return null;
        }
    }

    public void Return(Block block)
    {
        lock (_lock)
        {
            if (!_out.Remove(block.Number))
            {
                Errors.Enqueue($"block {block.Number} came back and was not out");
            }

            _returned.Add(block.Number);
        }
    }

    public void CommittedThrough(ulong number)
    {
        if (number < _through)
        {
            Errors.Enqueue($"committed through {number} after {_through}");
        }

        Volatile.Write(ref _through, number);
    }

    private static Block Make(ulong number, ProcessIdentity process, int bytes, bool sync, bool end, int records, ulong firstSeq)
    {
        byte[] body = new byte[bytes];
        new Random((int)number).NextBytes(body.AsSpan(0, bytes / 4));
        return new Block
        {
            Number = number,
            Process = process,
            FirstSeq = firstSeq,
            Count = records,
            Events = end ? records - 1 : records,
            Dropped = 0,
            Kinds = RecordKinds.Bit(sync ? RecordKind.Syscall : RecordKind.Csw) | (end ? RecordKinds.Bit(RecordKind.End) : 0),
            BaseTimeNs = (long)number * 1000,
            LastTimeNs = (long)number * 1000 + 999,
            LowWaterNs = (long)number * 1000,
            HasSync = sync,
            Continues = false,
            Body = body,
            Times = ReadOnlyMemory<byte>.Empty,
        };
    }
}
