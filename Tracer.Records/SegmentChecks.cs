namespace Tracer.Records;

/// <summary>Compares a segment's table of processes with the blocks in its frames.</summary>
internal sealed class SegmentTableCheck(IReadOnlyList<SegmentProcess> table)
{
    private readonly Dictionary<ProcessIdentity, SegmentProcess> _found = [];

    public void Add(Block block, int frame)
    {
        _found[block.Process] = _found.TryGetValue(block.Process, out var entry)
            ? entry with
            {
                LastFrame = frame,
                Blocks = entry.Blocks + 1,
                LastSeq = block.LastSeq,
                Kinds = entry.Kinds | block.Kinds,
                LastTimeNs = block.LastTimeNs,
            }
            : new SegmentProcess
            {
                Identity = block.Process,
                FirstFrame = frame,
                LastFrame = frame,
                Blocks = 1,
                FirstSeq = block.FirstSeq,
                LastSeq = block.LastSeq,
                Kinds = block.Kinds,
                FirstTimeNs = block.BaseTimeNs,
                LastTimeNs = block.LastTimeNs,
            };
    }

    /// <summary>What does not fit; null when all does.</summary>
    public string? Compare()
    {
        foreach (var entry in table)
        {
            if (!_found.Remove(entry.Identity, out var found))
            {
                return $"its table has process {entry.Identity.Pid}, its frames have not";
            }

            if (found != entry)
            {
                return $"its table and its frames differ for process {entry.Identity.Pid}";
            }
        }

        return null;
    }
}

/// <summary>Totals of a trace up to a segment.</summary>
internal sealed class SegmentTotals
{
    private ulong _records;
    private ulong _events;
    private ulong _dropped;
    private ulong _rawBytes;
    private ulong _processes;

    /// <summary>Stored bytes of the segments before.</summary>
    public ulong StoredBytes { get; set; }

    public void Add(Block block)
    {
        _records += (ulong)block.Count;
        _events += (ulong)block.Events;
        _dropped = unchecked(_dropped + block.Dropped);
        _rawBytes += (ulong)block.Length;
        _processes += block.FirstSeq == 1 ? 1UL : 0;
    }

    /// <summary>What does not fit; null when all does.</summary>
    public string? Compare(SegmentState state)
    {
        var (said, found) = (Describe(state), Describe(
            _records, _events, _dropped, _rawBytes, _processes, StoredBytes));
        return said == found ? null : $"its head says {said}; found are {found}";
    }

    private static string Describe(SegmentState s) =>
        Describe(s.Records, s.Events, s.Dropped, s.RawBytes, s.Processes, s.StoredBytesBefore);

    private static string Describe(ulong records, ulong events, ulong dropped, ulong raw, ulong processes, ulong stored) =>
        $"{records} records, {events} events, {dropped} dropped, {raw} raw bytes, {processes} processes, {stored} bytes stored before";
}
