namespace Tracer.Records;

/// <summary>What a segment's head says of one process in it: enough to skip the process without decompressing anything.</summary>
public readonly record struct SegmentProcess
{
    /// <summary>Which process.</summary>
    public required ProcessIdentity Identity { get; init; }

    /// <summary>Index of the frame of its first block.</summary>
    public required int FirstFrame { get; init; }

    /// <summary>Index of the frame of its last block.</summary>
    public required int LastFrame { get; init; }

    /// <summary>Its blocks in the segment.</summary>
    public required int Blocks { get; init; }

    /// <summary>Sequence number of its first record here.</summary>
    public required ulong FirstSeq { get; init; }

    /// <summary>Sequence number of its last record here; one less than the first when only the rest of a record is here.</summary>
    public required ulong LastSeq { get; init; }

    /// <summary>Set of kinds, by <see cref="RecordKinds.Bit"/>.</summary>
    public required ulong Kinds { get; init; }

    /// <summary>Base time of its first block, CLOCK_MONOTONIC nanoseconds.</summary>
    public required long FirstTimeNs { get; init; }

    /// <summary>Time of its last record.</summary>
    public required long LastTimeNs { get; init; }

    internal void Write(ref SpanWriter w, in SegmentProcess previous)
    {
        w.Signed((long)Identity.Pid - previous.Identity.Pid);
        w.Signed((long)Identity.NamespacePid - Identity.Pid);
        w.Signed(unchecked((long)(Identity.StartTicks - previous.Identity.StartTicks)));
        w.Varint((ulong)(FirstFrame - previous.LastFrame));
        w.Varint((ulong)(LastFrame - FirstFrame));
        w.Varint((ulong)Blocks);
        w.Varint(FirstSeq);
        w.Signed(unchecked((long)(LastSeq - FirstSeq)));
        w.Varint(Kinds);
        w.Signed(unchecked(FirstTimeNs - previous.FirstTimeNs));
        w.Signed(unchecked(LastTimeNs - FirstTimeNs));
    }

    internal static SegmentProcess Read(ref SpanCursor c, in SegmentProcess previous, int frames)
    {
        int pid = Pid(ref c, previous.Identity.Pid);
        var identity = new ProcessIdentity(pid, Pid(ref c, pid), unchecked(previous.Identity.StartTicks + (ulong)c.Signed()));
        int first = previous.LastFrame + c.Count(frames, "a frame");
        int last = first + c.Count(frames, "a count of frames");
        if (last >= frames)
        {
            throw c.Error($"frame {last} of {frames}");
        }

        int blocks = c.Count(int.MaxValue, "a count of blocks");
        ulong firstSeq = SegmentFormat.Number(ref c, "a sequence number");
        ulong lastSeq = unchecked(firstSeq + (ulong)c.Signed());
        if (blocks == 0 || firstSeq == 0 || lastSeq > SegmentFormat.MaxNumber)
        {
            throw c.Error($"process {pid} has {blocks} blocks, records {firstSeq} to {lastSeq}");
        }

        ulong kinds = c.Varint();
        long firstTime = unchecked(previous.FirstTimeNs + c.Signed());
        return new SegmentProcess
        {
            Identity = identity,
            FirstFrame = first,
            LastFrame = last,
            Blocks = blocks,
            FirstSeq = firstSeq,
            LastSeq = lastSeq,
            Kinds = kinds,
            FirstTimeNs = firstTime,
            LastTimeNs = unchecked(firstTime + c.Signed()),
        };
    }

    private static int Pid(ref SpanCursor c, int previous)
    {
        long step = c.Signed();
        long pid = unchecked(previous + step);
        return step is >= -(1L << 32) and <= 1L << 32 && pid is >= int.MinValue and <= int.MaxValue
            ? (int)pid
            : throw c.Error($"a process id {step} further than {previous}");
    }
}
