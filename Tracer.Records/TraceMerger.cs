using System.Buffers;
using System.Runtime.CompilerServices;

namespace Tracer.Records;

/// <summary>
/// Makes one sequence, ordered by time, of the records of many processes. Within a process the order is that of the sequence numbers
/// and never changed, even where time steps back; of equal times the lower process comes first (pid, start time, namespace pid).
/// </summary>
/// <remarks>
/// Exact without a window: a record is given out once the blocks that may hold an older one are here, which
/// <see cref="Block.LowWaterNs"/> tells; so no more waits in memory than was recorded while the oldest block was open.
/// A record whose rest was never stored (the recorder died within it) is left out; what follows it is given.
/// </remarks>
public sealed class TraceMerger : IDisposable
{
    private readonly FrameDecoder _frames = new();
    private readonly Func<ProcessIdentity, bool>? _include;
    private readonly Action<RecordFormatException>? _onDamage;
    private readonly Dictionary<ProcessIdentity, ProcessStream> _streams = [];
    private readonly PriorityQueue<long, ulong> _beyond = new();
    private readonly MergeHeap _heap = new();
    private readonly Stack<RecordDecoder> _spare = [];
    private readonly List<Block> _blocks = [];
    private ProcessStream? _current;
    private long _safeNs = long.MinValue;
    private bool _complete;

    /// <summary>A merger of all processes, or of some.</summary>
    /// <param name="include">Says which; frames of others are not decompressed. Null: all.</param>
    /// <param name="onDamage">
    /// Told of a damaged frame or block, which is then skipped. Null: <see cref="Add"/> and <see cref="TryNext"/> throw, and the merger is of no further use.
    /// </param>
    public TraceMerger(Func<ProcessIdentity, bool>? include = null, Action<RecordFormatException>? onDamage = null)
    {
        _include = include;
        _onDamage = onDamage;
    }

    /// <summary>Bytes of frames that wait to be given out: the bound to watch.</summary>
    public long PendingBytes { get; private set; }

    /// <summary>Adds the next segment of the trace, in order. A record that <see cref="TryNext"/> gave stays valid.</summary>
    public void Add(Segment segment)
    {
        ArgumentNullException.ThrowIfNull(segment);
        ulong through = segment.State.CommittedThrough;
        int frame = 0;
        foreach (var process in segment.Processes)
        {
            // Frames are in the order of the processes, so each is met once.
            if (_include is null || _include(process.Identity))
            {
                for (frame = Math.Max(frame, process.FirstFrame); frame <= process.LastFrame; frame++)
                {
                    AddFrame(segment, frame, through);
                }
            }
        }

        while (_beyond.TryPeek(out _, out ulong number) && number <= through)
        {
            _safeNs = Math.Max(_safeNs, _beyond.Dequeue());
        }

        WakeAll();
    }

    /// <summary>No segment follows: all that is left is given out.</summary>
    public void Complete() => _complete = true;

    /// <summary>
    /// The next record; false when the next segment is wanted, or all have been given. What it gives is valid until the next call.
    /// </summary>
    public bool TryNext(out ProcessIdentity process, out RecordDecoder record)
    {
        var current = _current;
        if (current is not null)
        {
            if (Advance(current))
            {
                if (!current.Waits && (_complete || current.TimeNs < _safeNs) && _heap.IsFirst(current))
                {
                    process = current.Identity;
                    record = current.Decoder;
                    return true;
                }

                _heap.Push(current);
            }
            else
            {
                Retire(current);
            }

            _current = null;
        }

        return TryTakeFirst(out process, out record);
    }

    /// <inheritdoc/>
    public void Dispose() => _frames.Dispose();

    private bool TryTakeFirst(out ProcessIdentity process, out RecordDecoder record)
    {
        while (_heap.First is { } first)
        {
            if (_complete && first.Waits)
            {
                _heap.Pop();
                Retire(first);
                continue;
            }

            if (first.Waits || (!_complete && first.TimeNs >= _safeNs))
            {
                break;
            }

            _current = _heap.Pop();
            process = first.Identity;
            record = first.Decoder;
            return true;
        }

        process = default;
        record = null!;
        return false;
    }

    private void AddFrame(Segment segment, int frame, ulong through)
    {
        _blocks.Clear();
        var lease = new FrameLease(ArrayPool<byte>.Shared.Rent(segment.FrameLength(frame)));
        try
        {
            _frames.Read(segment, frame, lease.Bytes, _blocks);
        }
        catch (RecordFormatException e) when (_onDamage is not null)
        {
            _onDamage(e);
            _blocks.Clear();
        }

        PendingBytes += lease.Bytes.Length;
        lease.Uses++;
        foreach (var block in _blocks)
        {
            if (_include is null || _include(block.Process))
            {
                StreamOf(block.Process).Blocks.Enqueue((block, lease));
                lease.Uses++;
                if (block.Number <= through)
                {
                    _safeNs = Math.Max(_safeNs, block.LowWaterNs);
                }
                else
                {
                    _beyond.Enqueue(block.LowWaterNs, block.Number);
                }
            }
        }

        Release(lease);
    }

    private ProcessStream StreamOf(in ProcessIdentity identity)
    {
        if (!_streams.TryGetValue(identity, out var stream))
        {
            stream = new ProcessStream(identity, _spare.TryPop(out var decoder) ? decoder : new RecordDecoder());
            _streams.Add(identity, stream);
        }

        return stream;
    }

    /// <summary>Brings those that had nothing, or only the beginning of a record, to their next record.</summary>
    private void WakeAll()
    {
        _heap.Clear();
        foreach (var stream in _streams.Values)
        {
            if (stream == _current)
            {
                continue;
            }

            if ((stream.IsStarted && !stream.Waits) || Advance(stream))
            {
                _heap.Append(stream);
            }
            else
            {
                Retire(stream);
            }
        }

        _heap.Order();
    }

    /// <summary>To the process's next record; false when it has no more. True with <see cref="ProcessStream.Waits"/>: a record's rest is wanted.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Advance(ProcessStream stream)
    {
        if (_onDamage is null && stream.IsStarted && stream.Decoder.MoveNext())
        {
            stream.TimeNs = stream.Decoder.TimeNs;
            stream.Waits = false;
            return true;
        }

        return AdvanceSlowly(stream);
    }

    private bool AdvanceSlowly(ProcessStream stream)
    {
        while (true)
        {
            try
            {
                if (stream.IsStarted && stream.Decoder.MoveNext())
                {
                    stream.TimeNs = stream.Decoder.TimeNs;
                    stream.Waits = false;
                    return true;
                }

                if (!TryLoadNext(stream))
                {
                    stream.Waits = stream.Decoder.IsPartial;
                    stream.TimeNs = stream.Decoder.PartialTimeNs;
                    return stream.Waits;
                }
            }
            catch (RecordFormatException e) when (_onDamage is not null)
            {
                _onDamage(e);
                stream.Decoder.Abandon();
                stream.IsStarted = false;
            }
        }
    }

    private bool TryLoadNext(ProcessStream stream)
    {
        if (stream.Lease is { } done)
        {
            stream.Lease = null;
            Release(done);
        }

        if (!stream.Blocks.TryDequeue(out var next))
        {
            return false;
        }

        stream.Lease = next.Lease;
        if (stream.Decoder.IsPartial && !next.Block.Continues)
        {
            stream.Decoder.Abandon();
        }

        stream.IsStarted = false;
        stream.Decoder.Load(next.Block);
        stream.IsStarted = true;
        return true;
    }

    private void Retire(ProcessStream stream)
    {
        _streams.Remove(stream.Identity);
        stream.Decoder.Abandon();
        _spare.Push(stream.Decoder);
    }

    private void Release(FrameLease lease)
    {
        if (--lease.Uses == 0)
        {
            PendingBytes -= lease.Bytes.Length;
            ArrayPool<byte>.Shared.Return(lease.Bytes);
        }
    }
}
