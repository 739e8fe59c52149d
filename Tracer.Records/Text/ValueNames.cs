namespace Tracer.Records;

/// <summary>The names of an enumeration's values, of which one holds at a time.</summary>
internal sealed class ValueNames
{
    // Most enumerations are small and dense; ioctl requests and a few options are not.
    private const int DenseLimit = 256;

    private readonly byte[]?[] _dense;
    private readonly uint[] _sparseKeys;
    private readonly byte[][] _sparseNames;

    /// <param name="definition">Names and values, <c>SEEK_SET=0 SEEK_CUR=1</c>, separated by white space. Of two names of a value the first counts.</param>
    public ValueNames(string definition)
    {
        var entries = SymbolText.Parse(definition)
            .DistinctBy(entry => entry.Value).OrderBy(entry => entry.Value).ToArray();
        var dense = entries.Where(entry => entry.Value < DenseLimit).ToArray();
        _dense = new byte[]?[dense.Length == 0 ? 0 : (int)dense[^1].Value + 1];
        foreach (var (value, name) in dense) _dense[(int)value] = name;
        var sparse = entries[dense.Length..];
        _sparseKeys = [.. sparse.Select(entry => (uint)entry.Value)];
        _sparseNames = [.. sparse.Select(entry => entry.Name)];
    }

    /// <summary>The name of a value; empty when it has none.</summary>
    public ReadOnlySpan<byte> Find(uint value)
    {
        if (value < (uint)_dense.Length) return _dense[value];
        var index = _sparseKeys.AsSpan().BinarySearch(value);
        return index < 0 ? default : _sparseNames[index];
    }
}
