using System.Diagnostics;
using Tracer.Records;

namespace Tracer.Actors;

/// <summary>
/// The blocks that an uplink has taken and that are not committed, in number order, each sent in this session or not; and the credit
/// arithmetic of the sending side. Owned by one actor: a ring and not an immutable record, because each block passes through it.
/// </summary>
internal sealed class OutstandingBlocks
{
    private Block?[] _ring = new Block?[1024];
    private ulong _first = 1;      // number of the oldest entry; entries that were answered are null
    private ulong _next = 1;       // number of the first entry not sent in this session
    private ulong _end = 1;        // behind the newest entry

    /// <summary>Blocks held.</summary>
    public int Count { get; private set; }

    /// <summary>Their bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>Offset of the last byte sent.</summary>
    public long SentOffset { get; private set; }

    /// <summary>Bytes not sent in this session.</summary>
    public long UnsentBytes { get; private set; }

    /// <summary>The number after the newest block's.</summary>
    public ulong End => _end;

    /// <summary>Every block held was sent in this session.</summary>
    public bool AllSent => _next == _end;

    /// <summary>A block was taken from the pool.</summary>
    public void Add(Block block)
    {
        AssertInvariants();
        ulong number = block.Number;
        if (Count == 0)
        {
            _first = _next = number;
        }

        Debug.Assert(Count == 0 || number >= _end, "blocks are taken in number order");
        Grow(number - _first + 1);
        At(number) = block;
        _end = number + 1;
        Count++;
        Bytes += block.Length;
        UnsentBytes += block.Length;
    }

    /// <summary>A session begins: all that is held must be sent again, counted from an offset.</summary>
    public void Restart(long startOffset)
    {
        _next = _first;
        SentOffset = startOffset;
        UnsentBytes = Bytes;
    }

    /// <summary>
    /// The next parcel: blocks not sent in this session, within the credit and the size. Empty when the next one does not fit.
    /// </summary>
    public void NextParcel(long creditOffset, int maxBytes, List<Block> parcel)
    {
        int bytes = 0;
        for (; _next < _end; _next++)
        {
            if (At(_next) is not { } block)
            {
                continue;
            }

            if (SentOffset + block.Length > creditOffset || (bytes > 0 && bytes + block.Length > maxBytes))
            {
                return;
            }

            parcel.Add(block);
            bytes += block.Length;
            SentOffset += block.Length;
            UnsentBytes -= block.Length;
        }
    }

    /// <summary>Takes out what is committed, oldest first. One that was committed before it was sent again counts as sent.</summary>
    public void Answer(BlockSet committed, List<Block> taken)
    {
        AssertInvariants();
        for (ulong number = _first; number < _end; number++)
        {
            ref var entry = ref At(number);
            if (entry is not { } block || !committed.Contains(number))
            {
                continue;
            }

            entry = null;
            Count--;
            Bytes -= block.Length;
            if (number >= _next)
            {
                SentOffset += block.Length;
                UnsentBytes -= block.Length;
            }

            taken.Add(block);
        }

        while (_first < _end && At(_first) is null)
        {
            _first++;
        }

        _next = Math.Max(_next, _first);
    }

    private ref Block? At(ulong number) => ref _ring[(int)(number & (ulong)(_ring.Length - 1))];

    private void Grow(ulong span)
    {
        if (span <= (ulong)_ring.Length)
        {
            return;
        }

        var old = _ring;
        _ring = new Block?[System.Numerics.BitOperations.RoundUpToPowerOf2(span)];
        for (ulong number = _first; number < _end; number++)
        {
            At(number) = old[(int)(number & (ulong)(old.Length - 1))];
        }
    }

    [Conditional("DEBUG")]
    private void AssertInvariants()
    {
        Debug.Assert(_first <= _next && _next <= _end, "sent before unsent");
        Debug.Assert(_end - _first <= (ulong)_ring.Length, "the ring holds the span");
        Debug.Assert(Count >= 0 && Bytes >= 0, "blocks are taken out once");
    }
}
