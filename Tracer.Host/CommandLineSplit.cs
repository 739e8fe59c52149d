using System.CommandLine;

namespace Tracer.Host;

/// <summary>
/// Finds where the options of a wrapping verb end and the wrapped command begins: at the first word that is no option, as in env(1) and
/// strace(1). What follows belongs to the command, also when it looks like an option of ours.
/// </summary>
internal static class CommandLineSplit
{
    /// <summary>Puts <c>--</c> before the wrapped command, so that the parser leaves it alone.</summary>
    /// <param name="arguments">Tracer's arguments, the verb first.</param>
    /// <param name="options">The verb's options: which of them take a value.</param>
    public static string[] Mark(string[] arguments, IEnumerable<Option> options)
    {
        var takesValue = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (var option in options)
        {
            foreach (string name in option.Aliases.Prepend(option.Name))
            {
                takesValue[name] = option.Arity.MaximumNumberOfValues > 0 && option.ValueType != typeof(bool);
            }
        }

        for (int i = 1; i < arguments.Length; i++)
        {
            string word = arguments[i];
            if (word == "--")
            {
                return arguments;
            }

            if (!word.StartsWith('-') || word == "-")
            {
                return [.. arguments[..i], "--", .. arguments[i..]];
            }

            int end = word.AsSpan().IndexOfAny('=', ':');
            string name = end < 0 ? word : word[..end];
            bool bundled = !word.StartsWith("--", StringComparison.Ordinal) && word.Length > 2 && takesValue.ContainsKey(word[..2]);
            if (!takesValue.ContainsKey(name) && !bundled && name is not ("-h" or "-?" or "--help"))
            {
                // The parser would take it for the command: what it does not know is an argument to it.
                throw new UsageException($"unknown option {word}; 'tracer {arguments[0]} --help' shows those that there are");
            }

            if (end < 0 && takesValue.GetValueOrDefault(word))
            {
                i++;
            }
        }

        return arguments;
    }
}
