namespace Tracer.Records;

/// <summary>
/// The raw bytes of a frame: first what its blocks say of themselves, then all bodies, then all times, so that like stands beside
/// like when it is compressed (FORMAT.md, "Frames").
/// </summary>
internal static class SegmentFrame
{
    private const byte FlagSync = 1;
    private const byte FlagContinues = 2;
    private const byte FlagProcess = 4;
    private const byte FlagDropped = 8;
    private const byte KnownFlags = FlagSync | FlagContinues | FlagProcess | FlagDropped;

    /// <summary>An upper bound of what <see cref="Write"/> needs.</summary>
    public static int MaxLength(int blocks, long bytes) => checked((int)(bytes + Varint.MaxLength + ((long)blocks * SegmentFormat.MaxDescriptor)));

    /// <summary>Writes the blocks and returns the length. They are grouped by process, and by number within a process.</summary>
    /// <param name="destination">At least <see cref="MaxLength"/> bytes.</param>
    /// <param name="blocks">Blocks with the index of their process in the segment's table.</param>
    /// <param name="processes">That table.</param>
    public static int Write(Span<byte> destination, ReadOnlySpan<SegmentEntry> blocks, IReadOnlyList<SegmentProcess> processes)
    {
        var w = new SpanWriter(destination);
        w.Varint((ulong)blocks.Length);
        var last = default(Previous);
        foreach (var (process, block) in blocks)
        {
            WriteDescriptor(ref w, ref last, process, block, processes);
        }

        foreach (var (_, block) in blocks)
        {
            w.Bytes(block.Body.Span);
        }

        foreach (var (_, block) in blocks)
        {
            w.Bytes(block.Times.Span);
        }

        return w.Position;
    }

    /// <summary>Reads the blocks; their bytes are those of <paramref name="untrusted"/>.</summary>
    /// <param name="untrusted">The raw bytes.</param>
    /// <param name="where">What they are, for an error.</param>
    /// <param name="processes">The segment's table of processes.</param>
    /// <param name="into">Where the blocks are added.</param>
    public static void Read(ReadOnlyMemory<byte> untrusted, string where, IReadOnlyList<SegmentProcess> processes, List<Block> into)
    {
        var c = new SpanCursor(untrusted.Span, where);
        int count = c.Count(SegmentFormat.MaxFrameBlocks, "a count of blocks");
        var heads = new Head[count];
        var last = default(Previous);
        long bodies = 0;
        long times = 0;
        for (int i = 0; i < count; i++)
        {
            heads[i] = ReadDescriptor(ref c, ref last, processes);
            bodies += heads[i].BodyLength;
            times += heads[i].TimesLength;
        }

        if (bodies + times != c.Remaining)
        {
            throw c.Error($"{c.Remaining} bytes of records and times, its blocks say {bodies + times}");
        }

        int bodyAt = c.Position;
        int timesAt = bodyAt + (int)bodies;
        foreach (ref readonly var head in heads.AsSpan())
        {
            into.Add(head.ToBlock(untrusted.Slice(bodyAt, head.BodyLength), untrusted.Slice(timesAt, head.TimesLength), processes));
            bodyAt += head.BodyLength;
            timesAt += head.TimesLength;
        }
    }

    private static void WriteDescriptor(
        ref SpanWriter w, ref Previous last, int process, Block block, IReadOnlyList<SegmentProcess> processes)
    {
        bool other = !last.Entered || process != last.Process;
        if (other)
        {
            last.Enter(process, processes[process]);
        }

        w.Byte((byte)((block.HasSync ? FlagSync : 0) | (block.Continues ? FlagContinues : 0)
            | (other ? FlagProcess : 0) | (block.Dropped != 0 ? FlagDropped : 0)));
        if (other)
        {
            w.Varint((ulong)(process - last.ProcessBefore));
        }

        w.Signed(unchecked((long)(block.Number - last.Number)));
        w.Signed(unchecked((long)(block.FirstSeq - last.NextSeq)));
        w.Varint((ulong)block.Count);
        w.Varint((ulong)(block.Count - block.Events));
        if (block.Dropped != 0)
        {
            w.Varint(block.Dropped);
        }

        w.Varint(block.Kinds ^ last.Kinds);
        w.Signed(unchecked(block.BaseTimeNs - last.TimeNs));
        w.Signed(unchecked(block.LastTimeNs - block.BaseTimeNs));
        w.Signed(unchecked(block.LowWaterNs - block.LastTimeNs));
        w.Varint((ulong)block.Body.Length);
        w.Varint((ulong)block.Times.Length);
        last.Advance(block.Number, block.FirstSeq, block.Count, block.Kinds, block.LastTimeNs);
    }

    private static Head ReadDescriptor(ref SpanCursor c, ref Previous last, IReadOnlyList<SegmentProcess> processes)
    {
        byte flags = c.Byte();
        if ((flags & ~KnownFlags) != 0)
        {
            throw c.Error($"flags {flags:x2} are not known");
        }

        if ((flags & FlagProcess) != 0)
        {
            ulong step = c.Varint();
            if (step >= (ulong)processes.Count || last.Process + (long)step >= processes.Count || (step == 0 && last.Entered))
            {
                throw c.Error($"process {step} further is not in the table");
            }

            int process = last.Process + (int)step;
            last.Enter(process, processes[process]);
        }
        else if (!last.Entered)
        {
            throw c.Error("the first block does not tell its process");
        }

        var head = default(Head);
        head.Process = last.Process;
        head.Flags = flags;
        head.Number = unchecked(last.Number + (ulong)c.Signed());
        head.FirstSeq = unchecked(last.NextSeq + (ulong)c.Signed());
        if (head.Number is 0 or > SegmentFormat.MaxNumber || head.FirstSeq is 0 or > SegmentFormat.MaxNumber)
        {
            throw c.Error($"block number {head.Number} or sequence number {head.FirstSeq} is out of range");
        }

        head.Count = c.Count(SegmentFormat.MaxBlockLength, "a count of records");
        head.Events = head.Count - c.Count(head.Count, "a count of records");
        head.Dropped = (flags & FlagDropped) != 0 ? c.Varint() : 0;
        head.Kinds = c.Varint() ^ last.Kinds;
        head.BaseTimeNs = unchecked(last.TimeNs + c.Signed());
        head.LastTimeNs = unchecked(head.BaseTimeNs + c.Signed());
        head.LowWaterNs = unchecked(head.LastTimeNs + c.Signed());
        head.BodyLength = c.Count(c.Remaining, "a length");
        head.TimesLength = c.Count(c.Remaining, "a length");
        last.Advance(head.Number, head.FirstSeq, head.Count, head.Kinds, head.LastTimeNs);
        return head;
    }

    /// <summary>What a descriptor is a difference to. Writer and reader keep the same one and begin each frame with a new one.</summary>
    private struct Previous
    {
        public bool Entered;
        public int Process;
        public int ProcessBefore;
        public ulong Number;
        public ulong NextSeq;
        public ulong Kinds;
        public long TimeNs;

        public void Enter(int process, SegmentProcess entry)
        {
            Entered = true;
            ProcessBefore = Process;
            Process = process;
            NextSeq = entry.FirstSeq;
            TimeNs = entry.FirstTimeNs;
            Kinds = entry.Kinds;
        }

        public void Advance(ulong number, ulong firstSeq, int count, ulong kinds, long lastTimeNs)
        {
            Number = number;
            NextSeq = unchecked(firstSeq + (ulong)count);
            Kinds = kinds;
            TimeNs = lastTimeNs;
        }
    }

    private struct Head
    {
        public int Process;
        public byte Flags;
        public ulong Number;
        public ulong FirstSeq;
        public int Count;
        public int Events;
        public ulong Dropped;
        public ulong Kinds;
        public long BaseTimeNs;
        public long LastTimeNs;
        public long LowWaterNs;
        public int BodyLength;
        public int TimesLength;

        public readonly Block ToBlock(ReadOnlyMemory<byte> body, ReadOnlyMemory<byte> times, IReadOnlyList<SegmentProcess> processes) => new()
        {
            Number = Number,
            Process = processes[Process].Identity,
            FirstSeq = FirstSeq,
            Count = Count,
            Events = Events,
            Dropped = Dropped,
            Kinds = Kinds,
            BaseTimeNs = BaseTimeNs,
            LastTimeNs = LastTimeNs,
            LowWaterNs = LowWaterNs,
            HasSync = (Flags & FlagSync) != 0,
            Continues = (Flags & FlagContinues) != 0,
            Body = body,
            Times = times,
        };
    }
}

/// <summary>A block, and the index of its process in the segment's table.</summary>
internal readonly record struct SegmentEntry(int Process, Block Block);
