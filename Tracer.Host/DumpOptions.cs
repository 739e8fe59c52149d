using System.CommandLine;
using System.Globalization;
using Tracer.Records;

namespace Tracer.Host;

/// <summary>The options of <c>dump</c>: which records, and how they look. The letters are kdump's.</summary>
internal sealed class DumpOptions
{
    private readonly Option<string[]> _ids = new("-p")
    {
        HelpName = "ID[,ID]",
        Description = "Only these processes or threads",
    };

    private readonly Option<string?> _points = new("-t")
    {
        HelpName = "POINTS",
        Description = "Only these kinds: a exec arguments, c calls, e exec environment, f faults, i data, n file names, p capability "
            + "failures, s signals, t structures, u user, w switches, x extended errors, y sysctl, + the default and what Tracer adds. "
            + "What says that records are missing is always shown",
    };

    private readonly Option<string[]> _calls = new("--syscall")
    {
        HelpName = "NAME[,NAME]",
        Description = "Only these system calls, their file names and their data; a number will do",
    };

    private readonly Option<bool> _elapsed = new("-E") { Description = "Time since the first record shown" };
    private readonly Option<bool> _relative = new("-R") { Description = "Time since the record shown before" };
    private readonly Option<bool> _absolute = new("-T") { Description = "Time as seconds since 1970" };
    private readonly Option<bool> _thread = new("-H") { Description = "A column with the thread" };
    private readonly Option<int?> _maxData = new("-m") { HelpName = "BYTES", Description = "At most so many bytes of data of each record" };
    private readonly Option<bool> _hideData = new("-s") { Description = "No data" };
    private readonly Option<bool> _raw = new("-n") { Description = "Numbers instead of names" };

    /// <summary>Adds them to the command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in (ReadOnlySpan<Option>)[_ids, _points, _calls, _elapsed, _relative, _absolute, _thread, _maxData, _hideData, _raw])
        {
            command.Add(option);
        }
    }

    /// <summary>How records look.</summary>
    public RecordTextOptions TextOptions(ParseResult line, bool json)
    {
        var options = new RecordTextOptions
        {
            ShowElapsed = line.GetValue(_elapsed),
            ShowRelative = line.GetValue(_relative),
            ShowAbsolute = line.GetValue(_absolute),
            ShowThread = line.GetValue(_thread),
            HideData = line.GetValue(_hideData),
            Raw = line.GetValue(_raw),
            MaxData = line.GetValue(_maxData) ?? int.MaxValue,
        };
        if (json && (options.ShowElapsed || options.ShowRelative || options.ShowAbsolute || options.ShowThread))
        {
            throw new UsageException("-E, -R, -T and -H are for text: each JSON object has time, realtime and tid");
        }

        return options.MaxData >= 0 ? options : throw new UsageException("-m wants a number of bytes, 0 or more");
    }

    /// <summary>Which records are shown.</summary>
    public RecordFilter Filter(ParseResult line) =>
        new(Ids(Words(line.GetValue(_ids))), PointsOf(line.GetValue(_points), out bool isDefault), isDefault, Calls(Words(line.GetValue(_calls))));

    private static IEnumerable<string> Words(string[]? values) =>
        (values ?? []).SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries));

    private static List<int> Ids(IEnumerable<string> words)
    {
        var ids = new List<int>();
        foreach (string word in words)
        {
            ids.Add(int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int id) && id > 0
                ? id
                : throw new UsageException($"-p wants process or thread ids, which '{word}' is not"));
        }

        return ids;
    }

    private static Points? PointsOf(string? letters, out bool isDefault)
    {
        isDefault = letters is not null && letters.Contains('+', StringComparison.Ordinal);
        if (letters is null)
        {
            return null;
        }

        if (!PointLetters.TryParse(letters, out var points, out char unknown))
        {
            throw new UsageException($"-t: there is no point '{unknown}'; the letters are acefinpstuwxy and +");
        }

        return letters.Length > 0 ? points : throw new UsageException("-t wants letters of acefinpstuwxy and +");
    }

    private static List<(Machine Machine, int Number)> Calls(IEnumerable<string> words)
    {
        var calls = new List<(Machine, int)>();
        foreach (string word in words)
        {
            int before = calls.Count;
            foreach (var machine in (ReadOnlySpan<Machine>)[Machine.X64, Machine.Arm64, default])
            {
                if (int.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
                    || SyscallTable.TryFind(machine, word, out number))
                {
                    calls.Add((machine, number));
                }
            }

            if (calls.Count == before)
            {
                throw new UsageException($"--syscall: there is no system call '{word}'; syscalls(2) lists them, and a number will do");
            }
        }

        return calls;
    }
}
