using System.Numerics;

namespace Tracer.Actors;

/// <summary>Block numbers at one moment: all up to <see cref="Through"/> and some beyond. Immutable, so it may be in a message.</summary>
public sealed class BlockSet
{
    /// <summary>No block.</summary>
    public static readonly BlockSet Empty = new(0, []);

    private readonly ulong[] _words;

    /// <param name="through">All numbers up to this one.</param>
    /// <param name="words">Bits of the numbers beyond; the first word holds the bit of <paramref name="through"/> + 1.</param>
    internal BlockSet(ulong through, ulong[] words)
    {
        Through = through;
        _words = words;
    }

    /// <summary>All numbers up to this one are in the set.</summary>
    public ulong Through { get; }

    /// <summary>Of a segment's state.</summary>
    public static BlockSet From(ulong through, IReadOnlyList<ulong> beyond)
    {
        var window = new BlockWindow(new BlockSet(through, []));
        foreach (ulong number in beyond)
        {
            window.Add(number);
        }

        return window.Snapshot();
    }

    /// <summary>True when the number is in the set.</summary>
    public bool Contains(ulong number)
    {
        if (number <= Through)
        {
            return true;
        }

        ulong word = (number >> 6) - (Through + 1 >> 6);
        return word < (ulong)_words.Length && (_words[word] >> (int)(number & 63) & 1) != 0;
    }

    /// <summary>The numbers above <see cref="Through"/>, ascending.</summary>
    public IReadOnlyList<ulong> Beyond()
    {
        if (_words.Length == 0)
        {
            return [];
        }

        var numbers = new List<ulong>();
        ulong first = Through + 1 >> 6;
        for (int i = 0; i < _words.Length; i++)
        {
            for (ulong bits = _words[i]; bits != 0; bits &= bits - 1)
            {
                ulong number = (first + (ulong)i << 6) + (ulong)BitOperations.TrailingZeroCount(bits);
                if (number > Through)
                {
                    numbers.Add(number);
                }
            }
        }

        return numbers;
    }
}
