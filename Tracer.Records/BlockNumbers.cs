namespace Tracer.Records;

/// <summary>A set of block numbers as ranges: as small as the numbers are dense.</summary>
internal sealed class BlockNumbers
{
    private readonly List<(ulong First, ulong Last)> _ranges = [];

    /// <summary>How many numbers.</summary>
    public ulong Count { get; private set; }

    /// <summary>The highest; 0 when empty.</summary>
    public ulong Highest => _ranges.Count == 0 ? 0 : _ranges[^1].Last;

    /// <summary>All from 1 to this are in the set.</summary>
    public ulong Through => _ranges.Count > 0 && _ranges[0].First == 1 ? _ranges[0].Last : 0;

    /// <summary>Adds a number; false when it was there. Cheapest in ascending order.</summary>
    public bool Add(ulong number)
    {
        int at = Find(number);
        if (at >= 0 && number <= _ranges[at].Last)
        {
            return false;
        }

        Count++;
        bool joinsBefore = at >= 0 && _ranges[at].Last + 1 == number;
        bool joinsAfter = at + 1 < _ranges.Count && _ranges[at + 1].First == number + 1;
        if (joinsBefore && joinsAfter)
        {
            _ranges[at] = (_ranges[at].First, _ranges[at + 1].Last);
            _ranges.RemoveAt(at + 1);
        }
        else if (joinsBefore)
        {
            _ranges[at] = (_ranges[at].First, number);
        }
        else if (joinsAfter)
        {
            _ranges[at + 1] = (number, _ranges[at + 1].Last);
        }
        else
        {
            _ranges.Insert(at + 1, (number, number));
        }

        return true;
    }

    /// <summary>Numbers above <see cref="Through"/>, ascending.</summary>
    public IEnumerable<ulong> Beyond()
    {
        foreach (var (first, last) in _ranges)
        {
            for (ulong number = first; number <= last && first != 1; number++)
            {
                yield return number;
            }
        }
    }

    /// <summary>The first numbers from 1 to a bound that are missing, as text; null when none is.</summary>
    public string? Missing(ulong through)
    {
        var missing = new List<string>();
        ulong next = 1;
        foreach (var (first, last) in _ranges)
        {
            Note(missing, next, Math.Min(first - 1, through));
            next = last + 1;
        }

        Note(missing, next, through);
        return missing.Count == 0 ? null : string.Join(", ", missing.Take(5)) + (missing.Count > 5 ? " ..." : "");
    }

    private static void Note(List<string> missing, ulong first, ulong last)
    {
        if (first <= last && missing.Count <= 5)
        {
            missing.Add(first == last ? $"{first}" : $"{first} to {last}");
        }
    }

    /// <summary>Index of the last range that begins at the number or before; -1 when none does.</summary>
    private int Find(ulong number)
    {
        int low = 0;
        int high = _ranges.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_ranges[middle].First <= number)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low - 1;
    }
}
