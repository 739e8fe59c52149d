using System.Numerics;

namespace Tracer.Actors;

/// <summary>
/// A set of block numbers that fills up from below: a number and a bitmap as wide as the window, not a table of every block ever seen.
/// Owned by one actor; not for use by two threads.
/// </summary>
public sealed class BlockWindow
{
    /// <summary>
    /// How far above <see cref="Through"/> a number may be. 65,536 is four times the blocks of the default pool: a recorder can't be
    /// so far ahead of its oldest block unless that block is starved. Bounds the bitmap to 8 KiB.
    /// </summary>
    public const int Width = 65536;

    private ulong[] _bits = new ulong[16];

    /// <summary>An empty set, or that of a snapshot.</summary>
    public BlockWindow(BlockSet? from = null)
    {
        if (from is not null)
        {
            Reset(from);
        }
    }

    /// <summary>All numbers up to this one are in the set.</summary>
    public ulong Through { get; private set; }

    /// <summary>The highest number in the set.</summary>
    public ulong Highest { get; private set; }

    /// <summary>Numbers in the set above <see cref="Through"/>.</summary>
    public int BeyondCount { get; private set; }

    /// <summary>True when the number can be added without leaving the window.</summary>
    public static bool Fits(ulong through, ulong number) => number <= through + Width;

    /// <summary>True when the number is in the set.</summary>
    public bool Contains(ulong number) => number <= Through || (number <= Highest && (Word(number) >> (int)(number & 63) & 1) != 0);

    /// <summary>Adds a number; false when it was there. A number beyond the window throws: the sender broke the protocol.</summary>
    public bool Add(ulong number)
    {
        if (Contains(number))
        {
            return false;
        }

        if (!Fits(Through, number))
        {
            throw new ArgumentOutOfRangeException(nameof(number), $"block {number} is more than {Width} above {Through}");
        }

        Grow(number);
        Word(number) |= 1UL << (int)(number & 63);
        BeyondCount++;
        Highest = Math.Max(Highest, number);
        Advance();
        return true;
    }

    /// <summary>Becomes the set of a snapshot.</summary>
    public void Reset(BlockSet from)
    {
        Array.Clear(_bits);
        BeyondCount = 0;
        Through = from.Through;
        Highest = from.Through;
        foreach (ulong number in from.Beyond())
        {
            Add(number);
        }
    }

    /// <summary>The set as it is now.</summary>
    public BlockSet Snapshot()
    {
        if (BeyondCount == 0)
        {
            return new BlockSet(Through, []);
        }

        ulong first = Through + 1 >> 6;
        ulong[] words = new ulong[(Highest >> 6) - first + 1];
        for (int i = 0; i < words.Length; i++)
        {
            words[i] = _bits[(int)(first + (ulong)i & (ulong)(_bits.Length - 1))];
        }

        return new BlockSet(Through, words);
    }

    private ref ulong Word(ulong number) => ref _bits[(int)(number >> 6 & (ulong)(_bits.Length - 1))];

    /// <summary>The ring has a word more than the span, so that the lowest and the highest number never share one.</summary>
    private void Grow(ulong number)
    {
        ulong words = (Math.Max(number, Highest) >> 6) - (Through >> 6) + 1;
        if (words <= (ulong)_bits.Length)
        {
            return;
        }

        ulong[] old = _bits;
        _bits = new ulong[BitOperations.RoundUpToPowerOf2(words)];
        for (ulong word = Through >> 6; word <= Highest >> 6; word++)
        {
            _bits[(int)(word & (ulong)(_bits.Length - 1))] = old[(int)(word & (ulong)(old.Length - 1))];
        }
    }

    private void Advance()
    {
        while (Through < Highest)
        {
            ulong next = Through + 1;
            ref ulong word = ref Word(next);
            if ((word >> (int)(next & 63) & 1) == 0)
            {
                return;
            }

            word &= ~(1UL << (int)(next & 63));
            BeyondCount--;
            Through = next;
        }
    }
}
