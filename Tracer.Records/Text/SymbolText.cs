using System.Globalization;
using System.Text;

namespace Tracer.Records;

/// <summary>Reads the <c>NAME=value</c> lists in which the tables of names are written down.</summary>
internal static class SymbolText
{
    private static readonly char[] WhiteSpace = [' ', '\n', '\r', '\t'];

    public static List<(ulong Value, byte[] Name)> Parse(string definition)
    {
        var entries = new List<(ulong, byte[])>();
        foreach (var word in definition.Split(WhiteSpace, StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            entries.Add((ParseNumber(word[(equals + 1)..]), Encoding.ASCII.GetBytes(word[..equals])));
        }

        return entries;
    }

    /// <summary>Decimal or <c>0x</c>; a negative one stands for a C int and gives its 32 bits.</summary>
    public static ulong ParseNumber(string word) =>
        word.StartsWith("0x", StringComparison.Ordinal)
            ? ulong.Parse(word.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
            : unchecked((uint)long.Parse(word, CultureInfo.InvariantCulture));
}
