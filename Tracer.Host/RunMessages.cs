using System.Runtime.InteropServices;
using Tracer.Actors;
using Tracer.Capture;
using Tracer.Records;
using Tracer.Records.Payloads;

namespace Tracer.Host;

/// <summary>What <c>tracer run</c> says on standard error.</summary>
internal sealed class RunMessages(RunOptions options)
{
    private const int ENOENT = 2;

    /// <summary>Tracer's own failure; gives its exit status.</summary>
    public int Failure(string message)
    {
        Say(message);
        return Exit.Failure;
    }

    /// <summary>The command could not be executed; gives the exit status that shells use.</summary>
    public int NotExecuted(int errno)
    {
        string command = Printable(options.Command[0]);
        Say(errno == ENOENT
            ? $"{command}: command not found"
            : $"{command}: {Marshal.GetPInvokeErrorMessage(errno)}");
        return HeldCommand.ExitStatusOf(errno);
    }

    /// <summary>A line of a rescue of dead pools.</summary>
    public void Rescued(string line)
    {
        if (!options.Quiet)
        {
            Say(line);
        }
    }

    /// <summary>Says when the pool had to be made smaller.</summary>
    public void PoolSize(PoolFile pool)
    {
        if (pool.BlockCount < options.PoolBlocks)
        {
            Say($"little room in {Path.GetDirectoryName(pool.Path)}: the pool has {Sizes.Bytes(pool.BlockCount * 4096L)} instead of {Sizes.Bytes(options.PoolBlocks * 4096L)}");
        }
    }

    /// <summary>A hold that lasts, and its end.</summary>
    public void Hold(HoldNotice notice)
    {
        string who = $"{notice.Pid} ({CommOf(notice.Pid)})" + (notice.Tid == notice.Pid ? "" : $" thread {notice.Tid}");
        string why = notice.Reason switch
        {
            HoldReason.NoBlock => "the store is slow and the pool is full",
            HoldReason.Birth => "there is no room for a new process until the store has caught up",
            _ => "its record is not committed yet",
        };
        Say(notice.Ended
            ? $"{who} goes on after {Sizes.Time(notice.Duration)}"
            : $"{who} has been held for {Sizes.Time(notice.Duration)}: {why}; SIGTERM to {Environment.ProcessId}, twice, leaves it untraced");
    }

    /// <summary>Only descendants are left.</summary>
    public void Descendants(IReadOnlyList<int> pids)
    {
        string names = string.Join(", ", pids.Take(5).Select(pid => $"{pid} ({CommOf(pid)})")) + (pids.Count > 5 ? ", ..." : "");
        Say($"the command has ended; {pids.Count} of its processes go{(pids.Count == 1 ? "es" : "")} on and {(pids.Count == 1 ? "is" : "are")} recorded: {names}; Ctrl-C leaves {(pids.Count == 1 ? "it" : "them")}");
    }

    /// <summary>Ctrl-C with descendants left.</summary>
    public void Detaching() => Say("leaving the processes that go on");

    /// <summary>The store did not take all: what is kept where.</summary>
    public void Left(PipelineProgress progress, PoolFile pool)
    {
        if (progress.Fatal is { } fatal)
        {
            Say(fatal);
        }

        Say($"{Sizes.Bytes(progress.BytesOutstanding)} or more are not in the store; they are kept in {pool.Path} (in memory: until the next boot); 'tracer recover' commits them");
    }

    /// <summary>The line at the end.</summary>
    public void Summary(TraceHeader header, SqliteStore store, RecordWriter writer, LocalPipeline pipeline)
    {
        if (options.Quiet)
        {
            return;
        }

        var stored = store.Find(header.TraceId);
        var last = stored?.Last;
        ulong processes = last?.Processes ?? 0;
        Say($"trace {header.Number}{(header.Name is null ? "" : $" '{Printable(header.Name)}'")}: {processes} process{(processes == 1 ? "" : "es")}, "
            + $"{last?.Records ?? 0:N0} records, dropped {last?.Dropped ?? 0:N0}, held {Sizes.Time(TimeSpan.FromTicks(writer.HeldNs / 100))}, "
            + $"{Sizes.Bytes(stored?.StoredBytes ?? 0)} stored");
        var missing = PointReasons.WorthSaying(options.Points & ~PtraceCollector.Covered(options.Points));
        if (missing != Points.None)
        {
            Say($"not covered: {string.Join("; ", PointReasons.Of(missing))}");
        }

        if (options.Verbose)
        {
            Say($"collector {header.Collector}, policy {header.Policy}, points {header.Points}, store {store.Path}");
            foreach (var line in pipeline.Log.Lines)
            {
                Say($"{line.Source}: {line.Text}");
            }
        }

        if (!options.Dump)
        {
            string named = options.Store == StoreOption.PathOf(null) ? "" : $" --store {Printable(options.Store)}";
            Say($"see it with: tracer dump{named} {header.Number}");
        }
    }

    private static string CommOf(int pid)
    {
        try
        {
            return Printable(File.ReadAllText($"/proc/{pid}/comm").Trim());
        }
        catch (IOException)
        {
            return "ended"; // it may be gone at any time
        }
    }

    /// <summary>Names come from users and programs: control bytes must not reach the terminal.</summary>
    private static string Printable(string text) => string.Concat(text.Select(c => char.IsControl(c) ? $"\\x{(int)c:x2}" : c.ToString()));

    private static void Say(string text) => Console.Error.WriteLine("tracer: " + text);
}
