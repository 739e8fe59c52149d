using System.CommandLine;
using System.Globalization;
using Tracer.Capture;
using Tracer.Records;

namespace Tracer.Host;

/// <summary><c>tracer run [options] [--] COMMAND [ARG...]</c>.</summary>
internal static class RunCommand
{
    /// <summary>The verb's name.</summary>
    public const string Name = "run";

    private static readonly Option<string?> Store = StoreOption.Create();

    private static readonly Option<string?> Points = new("--points", "-t")
    {
        Description = "Points to record, ktrace's letters: a args, c calls, e environment, i data, n names, s signals, + the default set. "
            + "Accepted but without a source on Linux: u x y; not in this version: f p t w. Default: +",
        HelpName = "LETTERS",
    };

    private static readonly Option<string> Commit = new("--commit")
    {
        Description = "window: threads wait only when the pool is full. each: a thread goes on from a system call when its record is committed",
        HelpName = "window|each",
        DefaultValueFactory = _ => "window",
    };

    private static readonly Option<bool> Durable = new("--durable") { Description = "A commit is on the disk before it counts (SQLite synchronous=FULL)" };

    private static readonly Option<int> GenioSize = new("--genio-size")
    {
        Description = "Bytes of data kept of each read and write; the true length is always kept",
        HelpName = "BYTES",
        DefaultValueFactory = _ => 256,
    };

    private static readonly Option<string?> MaxHold = new("--max-hold")
    {
        Description = "The longest that a thread is held at one time, e.g. 500ms, 2s, 1m. Default: no limit",
        HelpName = "TIME",
    };

    private static readonly Option<string> OnStall = new("--on-stall")
    {
        Description = "After --max-hold: hold on, gap (go on unrecorded but counted), detach (leave untraced), kill",
        HelpName = "hold|gap|detach|kill",
        DefaultValueFactory = _ => "hold",
    };

    private static readonly Option<bool> NoInherit = new("--no-inherit") { Description = "Don't follow the processes that the command starts" };
    private static readonly Option<bool> KillOnExit = new("--kill-on-exit") { Description = "Traced processes die with the recorder; by default they go on untraced" };
    private static readonly Option<bool> SameCpu = new("--same-cpu") { Description = "Run command and recorder on one CPU: often several times faster; the command sees and inherits it" };
    private static readonly Option<string?> TraceName = new("--name") { Description = "Name of the trace", HelpName = "NAME" };
    private static readonly Option<bool> Quiet = new("--quiet", "-q") { Description = "No summary on standard error" };
    private static readonly Option<bool> Verbose = new("--verbose", "-v") { Description = "More in the summary: collector, pool, store, what is not covered" };
    private static readonly Option<bool> Dump = new("--dump") { Description = "Show the records on standard output when the command has ended" };
    private static readonly Option<string?> PoolDir = new("--pool-dir") { Description = "Directory of the pool file. Default: $XDG_RUNTIME_DIR/tracer, else /dev/shm", HelpName = "DIR" };

    private static readonly Option<int> PoolSize = new("--pool-size")
    {
        Description = "Size of the pool in MiB: what may be recorded and not yet committed",
        HelpName = "MIB",
        DefaultValueFactory = _ => PoolFile.DefaultBlocks / 256,
    };

    private static readonly Argument<string[]> Words = new("COMMAND [ARG...]") { Description = "The command to run and record", Arity = ArgumentArity.OneOrMore };

    /// <summary>The verb.</summary>
    public static Command Create()
    {
        var command = new Command(Name, "Runs a command and records what it and its children do. Exit status: the command's; 125 Tracer's own failure, 126 not executable, 127 not found.")
        {
            Points, Store, Commit, Durable, GenioSize, MaxHold, OnStall, NoInherit, KillOnExit, SameCpu, TraceName, PoolDir, PoolSize, Dump, Quiet, Verbose, Words,
        };
        command.SetAction(Run);
        return command;
    }

    /// <summary>Reads a time: a number and ns, us, ms, s, m or h; without a unit, seconds.</summary>
    internal static bool TryParseTime(string text, out TimeSpan time)
    {
        (string Unit, double Seconds)[] units = [("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9), ("s", 1), ("m", 60), ("h", 3600), ("", 1)];
        foreach (var (unit, seconds) in units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && double.TryParse(text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)
                && number * seconds is > 0 and < 1e9)
            {
                time = TimeSpan.FromSeconds(number * seconds);
                return true;
            }
        }

        time = default;
        return false;
    }

    private static int Run(ParseResult result) => new Recorder(Read(result)).Run();

    private static RunOptions Read(ParseResult result)
    {
        string[] words = result.GetValue(Words)!;
        string letters = result.GetValue(Points) ?? "+";
        if (!PointLetters.TryParse(letters, out var points, out char unknown))
        {
            throw new UsageException($"-t: '{unknown}' is no point; the letters are a c e f i n p s t u w x y and +");
        }

        var missing = points & ~PtraceCollector.Covered(points);
        if ((points & ~missing) == 0)
        {
            throw new UsageException($"-t {letters}: " + PointReasons.Describe(missing == 0 ? Records.Points.None : missing));
        }

        var asked = missing & ~Records.Points.NoSource & ~(letters.Contains('+', StringComparison.Ordinal) ? Records.Points.Default : 0);
        if (asked != 0)
        {
            throw new UsageException($"-t {letters}: {PointReasons.Describe(asked)}");
        }

        if (result.GetValue(Commit) is not ("window" or "each"))
        {
            throw new UsageException($"--commit {result.GetValue(Commit)}: choose window or each");
        }

        TimeSpan? maxHold = null;
        if (result.GetValue(MaxHold) is { } text)
        {
            if (!TryParseTime(text, out var time))
            {
                throw new UsageException($"--max-hold {text}: give a time above zero such as 500ms, 2s or 1m");
            }

            maxHold = time;
        }

        if (!Enum.TryParse(result.GetValue(OnStall), ignoreCase: true, out StallAction stall) || result.GetValue(OnStall)!.Any(c => !char.IsAsciiLetterLower(c)))
        {
            throw new UsageException($"--on-stall {result.GetValue(OnStall)}: choose hold, gap, detach or kill");
        }

        if (stall != StallAction.Hold && maxHold is null)
        {
            throw new UsageException($"--on-stall {result.GetValue(OnStall)}: it needs --max-hold TIME, which says after how long");
        }

        int genio = result.GetValue(GenioSize);
        if (genio is < 0 or > 1 << 20)
        {
            throw new UsageException($"--genio-size {genio}: give 0 to {1 << 20} bytes");
        }

        int pool = result.GetValue(PoolSize);
        if (pool is < 1 or > 1024)
        {
            throw new UsageException($"--pool-size {pool}: give 1 to 1024 MiB");
        }

        return new RunOptions
        {
            Command = words,
            Arguments = RawArguments.Last(words.Length),
            Store = StoreOption.PathOf(result.GetValue(Store)),
            Points = points,
            Inherit = !result.GetValue(NoInherit),
            Each = result.GetValue(Commit) == "each",
            Durable = result.GetValue(Durable),
            GenioSize = genio,
            MaxHold = maxHold,
            OnStall = stall,
            KillOnExit = result.GetValue(KillOnExit),
            SameCpu = result.GetValue(SameCpu),
            Name = result.GetValue(TraceName),
            Quiet = result.GetValue(Quiet),
            Verbose = result.GetValue(Verbose),
            Dump = result.GetValue(Dump),
            PoolDirectory = result.GetValue(PoolDir),
            PoolBlocks = pool * 256,
        };
    }
}
