using System.Buffers;

namespace Tracer.Records;

/// <summary>
/// Proves C1 from the stored bytes alone: fed with the rows of a trace in order, it tells whether anything is missing. Memory is
/// bounded by the number of processes, not of records.
/// </summary>
/// <remarks>
/// Checked: the chain of hashes and ordinals; checksums; that every record decodes; that the sequence of each process is 1 to last, its End's, and
/// that what is stored and dropped is what was generated; that blocks 1 to last are there once each; that no block of a process is in a segment before
/// one with a lower number (C4); that heads and totals agree with what they head.
/// </remarks>
public sealed class TraceVerifier : IDisposable
{
    /// <summary>Problems that are kept; more are counted.</summary>
    public const int MaxProblems = 1000;

    private readonly FrameDecoder _frames = new();
    private readonly List<Block> _blocks = [];
    private readonly List<ulong> _numbers = [];
    private readonly Dictionary<ProcessIdentity, ProcessCheck> _processes = [];
    private readonly List<ProcessCheck> _order = [];
    private readonly List<VerifyProblem> _problems = [];
    private readonly BlockNumbers _blockNumbers = new();
    private readonly SegmentTotals _totals = new();
    private RecordDecoder _decoder = new();
    private TraceHeader? _header;
    private TraceEnd? _end;
    private byte[] _lastHash = new byte[SegmentFormat.HashLength];
    private ulong _lastOrdinal;
    private ulong _segments;
    private ulong _epoch;
    private Guid? _poolId;
    private bool _lost;
    private long _problemCount;
    private long _at;

    /// <summary>The trace's first row.</summary>
    public void Opened(TraceHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        if (_header is not null || _segments > 0)
        {
            Problem(0, "the trace begins again");
        }

        _header ??= header;
    }

    /// <summary>The next segment's row.</summary>
    /// <param name="ordinal">Ordinal of the segment in the trace as the row tells it.</param>
    /// <param name="untrusted">The segment as stored.</param>
    public void Add(ulong ordinal, ReadOnlyMemory<byte> untrusted)
    {
        if (_end is not null)
        {
            Problem(ordinal, "a segment follows the end of the trace");
        }

        if (ordinal != _lastOrdinal + 1)
        {
            Problem(ordinal, $"segment {_lastOrdinal} is followed by {ordinal}");
        }

        _segments++;
        _lastOrdinal = ordinal;
        _at = 0;
        try
        {
            var segment = Segment.Parse(untrusted, "segment");
            CheckHead(ordinal, segment);
            ReadFrames(ordinal, segment);
            CheckTotals(ordinal, segment.State);
            _totals.StoredBytes += (ulong)untrusted.Length;
        }
        catch (RecordFormatException e)
        {
            _at = e.Offset;
            Problem(ordinal, e.Problem);
            Lose();
        }

        _lastHash = Segment.HashOf(untrusted.Span);
    }

    /// <summary>The trace's last row.</summary>
    public void Closed(TraceEnd end)
    {
        ArgumentNullException.ThrowIfNull(end);
        if (_end is not null)
        {
            Problem(0, "the trace ends twice");
        }

        _end = end;
    }

    /// <summary>Adds a problem that the caller found in the rows themselves, e.g. one that can't be read.</summary>
    public void Fault(ulong ordinal, string what) => Problem(ordinal, what);

    /// <summary>The report, after the last row.</summary>
    public VerifyReport Finish()
    {
        _at = 0;
        if (_header is null)
        {
            Problem(0, "the trace's head is missing");
        }

        if (_end is not null)
        {
            CheckEnd(_end);
        }

        var processes = _order.ConvertAll(p => p.Finish());
        var declared = _order.SelectMany(p => p.Declared).ToList();
        return new VerifyReport
        {
            Verdict = _problemCount > 0 ? VerifyVerdict.Damaged
                : _end is null || _order.Exists(p => !p.HasEnded) ? VerifyVerdict.Open
                : declared.Count > 0 ? VerifyVerdict.Declared
                : VerifyVerdict.Complete,
            Records = Sum(p => p.Records),
            Events = Sum(p => p.Events),
            Dropped = Sum(p => p.Dropped),
            Declared = declared,
            Covered = new VerifyCovered(
                _header?.Points ?? "", _header?.NotCovered ?? [], _order.SelectMany(p => p.Blind).ToList()),
            Processes = processes,
            Problems = _problems,
            ProblemCount = _problemCount,
            Segments = _segments,
            Blocks = _blockNumbers.Count,
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _frames.Dispose();

    private ulong Sum(Func<ProcessCheck, ulong> of)
    {
        ulong sum = 0;
        foreach (var check in _order)
        {
            sum = unchecked(sum + of(check));
        }

        return sum;
    }

    private void CheckHead(ulong ordinal, Segment segment)
    {
        var state = segment.State;
        Expect(ordinal, state.Ordinal == ordinal, $"its head says segment {state.Ordinal}");
        Expect(ordinal, state.PreviousHash.Span.SequenceEqual(_lastHash), "the hash of the segment before does not fit: one was changed, moved or cut");
        Expect(ordinal, _header is null || state.TraceId == _header.TraceId, $"it belongs to trace {state.TraceId}");
        Expect(ordinal, _poolId is null || state.PoolId == _poolId, $"it belongs to pool {state.PoolId}");
        Expect(ordinal, state.Epoch >= _epoch, $"writer {state.Epoch} wrote after writer {_epoch}");
        _poolId ??= state.PoolId;
        _epoch = Math.Max(_epoch, state.Epoch);
    }

    private void ReadFrames(ulong ordinal, Segment segment)
    {
        _numbers.Clear();
        var table = new SegmentTableCheck(segment.Processes);
        bool whole = true;
        for (int frame = 0; frame < segment.FrameCount; frame++)
        {
            _at = segment.FrameOffset(frame);
            whole &= TryReadFrame(ordinal, segment, frame, table);
        }

        _at = 0;
        _numbers.Sort();
        foreach (ulong number in _numbers)
        {
            Expect(ordinal, _blockNumbers.Add(number), $"block {number} is stored twice");
        }

        if (whole && table.Compare() is { } wrong)
        {
            Problem(ordinal, wrong);
        }
    }

    private bool TryReadFrame(ulong ordinal, Segment segment, int frame, SegmentTableCheck table)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(segment.FrameLength(frame));
        try
        {
            _blocks.Clear();
            _frames.Read(segment, frame, buffer, _blocks);
            foreach (var block in _blocks)
            {
                table.Add(block, frame);
                AddBlock(block);
            }

            return true;
        }
        catch (RecordFormatException e)
        {
            Problem(ordinal, $"frame {frame}, raw byte {e.Offset}: {e.Problem}");
            Lose();
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void AddBlock(Block block)
    {
        if (!_processes.TryGetValue(block.Process, out var check))
        {
            check = new ProcessCheck(block.Process, what => Problem(_lastOrdinal, what));
            if (_lost)
            {
                check.Lose();
            }

            _processes.Add(block.Process, check);
            _order.Add(check);
        }

        _numbers.Add(block.Number);
        _totals.Add(block);
        if (check.Add(block, _decoder))
        {
            _decoder = new RecordDecoder();
        }
    }

    /// <summary>
    /// Something could not be read and is a problem already. What follows from it (other gaps, other totals) is not listed again.
    /// </summary>
    private void Lose()
    {
        _lost = true;
        foreach (var check in _order)
        {
            check.Lose();
        }
    }

    private void CheckTotals(ulong ordinal, SegmentState state)
    {
        if (_lost)
        {
            return;
        }

        if (_totals.Compare(state) is { } wrong)
        {
            Problem(ordinal, wrong);
        }

        Expect(
            ordinal,
            state.CommittedThrough == _blockNumbers.Through && state.CommittedBeyond.SequenceEqual(_blockNumbers.Beyond()),
            $"its head says that blocks through {state.CommittedThrough} and {state.CommittedBeyond.Count} beyond are stored; "
                + $"found are those through {_blockNumbers.Through}");
    }

    private void CheckEnd(TraceEnd end)
    {
        Expect(0, end.Segments == _segments, $"the trace has {end.Segments} segments, {_segments} are stored");
        string last = _segments == 0 ? "" : Convert.ToHexString(_lastHash);
        Expect(0, string.Equals(end.LastHash, last, StringComparison.OrdinalIgnoreCase), "the last segment is not the one that the trace ended with");
        if (_lost)
        {
            return;
        }

        Expect(0, _blockNumbers.Highest <= end.Blocks, $"the trace has {end.Blocks} blocks, block {_blockNumbers.Highest} is stored");
        if (_blockNumbers.Missing(end.Blocks) is { } missing)
        {
            Problem(0, $"blocks are missing: {missing}");
        }
    }

    private void Expect(ulong ordinal, bool holds, string otherwise)
    {
        if (!holds)
        {
            Problem(ordinal, otherwise);
        }
    }

    private void Problem(ulong ordinal, string what)
    {
        _problemCount++;
        if (_problems.Count < MaxProblems)
        {
            _problems.Add(new VerifyProblem(ordinal, ordinal == 0 ? 0 : _at, what));
        }
    }
}
