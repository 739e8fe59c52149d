namespace Tracer.Records;

/// <summary>Numbers of the segment format (FORMAT.md, "Segments"), and how its head carries a <see cref="SegmentState"/>.</summary>
internal static class SegmentFormat
{
    /// <summary>Bytes of the magic, the version and the head's length.</summary>
    public const int PrefixLength = 12;

    /// <summary>The version that is written; a reader refuses a higher one.</summary>
    public const int Version = 1;

    /// <summary>Bytes of a checksum.</summary>
    public const int CrcLength = 4;

    /// <summary>Bytes of a hash of the chain.</summary>
    public const int HashLength = 32;

    /// <summary>The longest frame that a reader decompresses: bounds what a forged length can make it allocate.</summary>
    public const int MaxFrameRaw = 8 << 20;

    /// <summary>The most blocks of a frame: bounds what a forged count can make a reader allocate.</summary>
    public const int MaxFrameBlocks = 8192;

    /// <summary>The longest block that a frame may hold; with its descriptor it fits in a frame of its own.</summary>
    public const int MaxBlockLength = 4 << 20;

    /// <summary>The highest block number, sequence number or count of records that is accepted: sums of them can't overflow.</summary>
    public const ulong MaxNumber = 1UL << 62;

    /// <summary>The longest block descriptor.</summary>
    public const int MaxDescriptor = 1 + (11 * Varint.MaxLength);

    /// <summary>The longest entry in the table of processes.</summary>
    public const int MaxProcessEntry = 11 * Varint.MaxLength;

    /// <summary>The longest entry in the table of frames.</summary>
    public const int MaxFrameEntry = (2 * Varint.MaxLength) + CrcLength;

    private const int MaxFixedState = 16 + 16 + HashLength + (11 * Varint.MaxLength);

    /// <summary>The first four bytes.</summary>
    public static ReadOnlySpan<byte> Magic => "TrSg"u8;

    /// <summary>An upper bound of what <see cref="WriteState"/> writes.</summary>
    public static int MaxStateLength(SegmentState state) => MaxFixedState + (state.CommittedBeyond.Count * Varint.MaxLength);

    /// <summary>Writes the state.</summary>
    public static void WriteState(ref SpanWriter w, SegmentState state)
    {
        if (state.PreviousHash.Length != HashLength)
        {
            throw new ArgumentException("the hash of the segment before is not 32 bytes", nameof(state));
        }

        Span<byte> guid = stackalloc byte[16];
        state.TraceId.TryWriteBytes(guid, bigEndian: true, out _);
        w.Bytes(guid);
        state.PoolId.TryWriteBytes(guid, bigEndian: true, out _);
        w.Bytes(guid);
        w.Bytes(state.PreviousHash.Span);
        w.Varint(state.Epoch);
        w.Varint(state.Ordinal);
        w.Varint(state.CommittedThrough);
        w.Varint((ulong)state.CommittedBeyond.Count);
        ulong last = state.CommittedThrough;
        foreach (ulong number in state.CommittedBeyond)
        {
            if (number <= last)
            {
                throw new ArgumentException("the blocks committed beyond are not ascending", nameof(state));
            }

            w.Varint(number - last);
            last = number;
        }

        w.Varint(state.Records);
        w.Varint(state.Events);
        w.Varint(state.Dropped);
        w.Varint(state.RawBytes);
        w.Varint(state.Processes);
        w.Varint(state.StoredBytesBefore);
        w.Signed(state.LastTimeNs);
    }

    /// <summary>Reads the state.</summary>
    public static SegmentState ReadState(ref SpanCursor c)
    {
        var traceId = new Guid(c.Bytes(16), bigEndian: true);
        var poolId = new Guid(c.Bytes(16), bigEndian: true);
        byte[] previous = c.Bytes(HashLength).ToArray();
        ulong epoch = c.Varint();
        ulong ordinal = c.Varint();
        ulong through = Number(ref c, "a block number");
        var beyond = new ulong[c.Count(c.Remaining, "a count of blocks")];
        ulong last = through;
        for (int i = 0; i < beyond.Length; i++)
        {
            ulong step = Number(ref c, "a block number");
            if (step == 0 || last + step > MaxNumber)
            {
                throw c.Error("block numbers are not ascending");
            }

            last += step;
            beyond[i] = last;
        }

        return new SegmentState
        {
            TraceId = traceId,
            PoolId = poolId,
            PreviousHash = previous,
            Epoch = epoch,
            Ordinal = ordinal,
            CommittedThrough = through,
            CommittedBeyond = beyond,
            Records = c.Varint(),
            Events = c.Varint(),
            Dropped = c.Varint(),
            RawBytes = c.Varint(),
            Processes = c.Varint(),
            StoredBytesBefore = c.Varint(),
            LastTimeNs = c.Signed(),
        };
    }

    /// <summary>A number that must not be above <see cref="MaxNumber"/>.</summary>
    public static ulong Number(ref SpanCursor c, string what)
    {
        ulong value = c.Varint();
        return value <= MaxNumber ? value : throw c.Error($"{what} is {value}, above {MaxNumber}");
    }
}
