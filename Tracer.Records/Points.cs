using System.Text;

namespace Tracer.Records;

/// <summary>What is recorded, by ktrace's letters (ktrace(1) <c>-t</c>).</summary>
[Flags]
public enum Points
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary><c>a</c>: argument strings of an exec.</summary>
    Args = 1 << 0,

    /// <summary><c>c</c>: system calls.</summary>
    Calls = 1 << 1,

    /// <summary><c>e</c>: environment strings of an exec.</summary>
    Envs = 1 << 2,

    /// <summary><c>f</c>: page faults.</summary>
    Faults = 1 << 3,

    /// <summary><c>i</c>: data read and written.</summary>
    Io = 1 << 4,

    /// <summary><c>n</c>: file names.</summary>
    Names = 1 << 5,

    /// <summary><c>p</c>: capability failures.</summary>
    Capabilities = 1 << 6,

    /// <summary><c>s</c>: signals.</summary>
    Signals = 1 << 7,

    /// <summary><c>t</c>: structures.</summary>
    Structures = 1 << 8,

    /// <summary><c>u</c>: records that the program adds itself.</summary>
    User = 1 << 9,

    /// <summary><c>w</c>: context switches.</summary>
    Switches = 1 << 10,

    /// <summary><c>x</c>: extended errors.</summary>
    ExtendedErrors = 1 << 11,

    /// <summary><c>y</c>: sysctl names.</summary>
    Sysctl = 1 << 12,

    /// <summary><c>+</c>: ktrace's default set.</summary>
    Default = Args | Calls | Io | Names | Signals | Structures | User | ExtendedErrors | Sysctl,

    /// <summary>Those with no source on Linux yet: accepted, and listed as not covered.</summary>
    NoSource = User | ExtendedErrors | Sysctl,
}

/// <summary>Letters of <see cref="Points"/>.</summary>
public static class PointLetters
{
    // A letter's index is its point's bit.
    private const string Letters = "acefinpstuwxy";

    /// <summary>Reads letters and <c>+</c>. False at an unknown letter, which is given back.</summary>
    public static bool TryParse(string text, out Points points, out char unknown)
    {
        points = Points.None;
        unknown = '\0';
        foreach (char letter in text)
        {
            int bit = Letters.IndexOf(letter, StringComparison.Ordinal);
            if (letter == '+')
            {
                points |= Points.Default;
            }
            else if (bit >= 0)
            {
                points |= (Points)(1 << bit);
            }
            else
            {
                unknown = letter;
                return false;
            }
        }

        return true;
    }

    /// <summary>The letters of a set, in ktrace's order; empty for none.</summary>
    public static string Format(Points points)
    {
        var text = new StringBuilder();
        for (int bit = 0; bit < Letters.Length; bit++)
        {
            if (((int)points >> bit & 1) != 0)
            {
                text.Append(Letters[bit]);
            }
        }

        return text.ToString();
    }
}
