using System.Numerics;

namespace Tracer.Records;

/// <summary>The names of a set of flags: single bits, names for several bits at once, and fields that hold a number.</summary>
internal sealed class FlagNames
{
    private readonly byte[]?[] _bits = new byte[]?[64];
    private readonly (ulong Value, byte[] Name)[] _composites;
    private readonly (ulong Mask, (ulong Value, byte[] Name)[] Values)[] _fields;
    private readonly byte[]? _zero;

    /// <param name="definition">
    /// Names and values, <c>O_CREAT=0x40 O_EXCL=0x80</c>, separated by white space; a value of 0 is the name of "no flag".
    /// <c>/0x3</c> begins a field of these bits, to which the names after it belong, and <c>/</c> ends it.
    /// </param>
    public FlagNames(string definition)
    {
        var fields = new List<(ulong, (ulong, byte[])[])>();
        var composites = new List<(ulong, byte[])>();
        foreach (var part in definition.Split('/', StringSplitOptions.TrimEntries))
        {
            var isField = part.StartsWith("0x", StringComparison.Ordinal);
            var space = isField ? part.IndexOf(' ', StringComparison.Ordinal) : 0;
            var entries = SymbolText.Parse(part[space..]);
            if (isField)
            {
                fields.Add((SymbolText.ParseNumber(part[..space]), entries.ToArray()));
                continue;
            }

            foreach (var (value, name) in entries)
            {
                if (value == 0) _zero = name;
                else if (BitOperations.IsPow2(value)) _bits[BitOperations.TrailingZeroCount(value)] ??= name;
                else composites.Add((value, name));
            }
        }

        _fields = [.. fields];
        _composites = [.. composites];
    }

    /// <summary><c>value</c>, then <c>&lt;NAME|NAME&gt;</c> if any applies, then <c>&lt;invalid=rest&gt;</c> if bits are left.</summary>
    public void Write(ref Utf8Cursor text, ulong value)
    {
        text.AppendHex(value);
        var separator = (byte)'<';
        if (value == 0 && _zero is not null) AppendName(ref text, _zero, ref separator);
        var rest = value;
        foreach (var (mask, values) in _fields)
        {
            foreach (var (fieldValue, name) in values)
            {
                if ((value & mask) != fieldValue) continue;
                AppendName(ref text, name, ref separator);
                rest &= ~mask;
                break;
            }
        }

        foreach (var (bits, name) in _composites)
        {
            if ((rest & bits) != bits) continue;
            AppendName(ref text, name, ref separator);
            rest &= ~bits;
        }

        var unnamed = 0ul;
        for (; rest != 0; rest &= rest - 1)
        {
            if (_bits[BitOperations.TrailingZeroCount(rest)] is { } name) AppendName(ref text, name, ref separator);
            else unnamed |= rest & (~rest + 1);
        }

        if (separator == '|') text.Append((byte)'>');
        if (unnamed == 0) return;
        text.Append("<invalid="u8);
        text.AppendHex(unnamed);
        text.Append((byte)'>');
    }

    private static void AppendName(ref Utf8Cursor text, byte[] name, ref byte separator)
    {
        text.Append(separator);
        text.Append(name);
        separator = (byte)'|';
    }
}
