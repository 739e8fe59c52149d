namespace Tracer.Records;

/// <summary>The names of an enumeration's values, of which one holds at a time.</summary>
internal sealed class ValueNames
{
    // Most enumerations are small and dense; ioctl requests and a few options are not.
    private const int DenseLimit = 256;

    private readonly byte[]?[] _dense = new byte[]?[DenseLimit];
    private readonly Dictionary<uint, byte[]> _sparse = [];

    /// <param name="definition">Names and values, <c>SEEK_SET=0 SEEK_CUR=1</c>, separated by white space.</param>
    public ValueNames(string definition)
    {
        foreach (var (value, name) in SymbolText.Parse(definition))
        {
            if (value < DenseLimit) _dense[(int)value] = name;
            else _sparse.Add((uint)value, name);
        }
    }

    /// <summary>The name of a value; empty when it has none.</summary>
    public ReadOnlySpan<byte> Find(uint value)
    {
        if (value < (uint)_dense.Length) return _dense[value];
        return _sparse.TryGetValue(value, out var name) ? name : default(ReadOnlySpan<byte>);
    }
}
