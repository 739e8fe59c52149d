using System.Globalization;
using System.Text.RegularExpressions;
using Spectre.Console;

namespace Tracer.Benchmarks;

/// <summary>
/// <c>tracer run</c> with full capture to the journal against <c>strace -f -o file</c> and untraced, interleaved, under the same outer
/// taskset. Start-up is taken off: each tool's own median for <c>true</c> in the same rounds, shown as a row of its own.
/// </summary>
internal static partial class CaptureBenchmark
{
    private const string Forks = "i=0; while [ $i -lt 9000 ]; do /bin/true; i=$((i+1)); done";
    private const string Tar = "i=0; while [ $i -lt 12 ]; do tar cf /dev/null /usr/share/doc 2>/dev/null; i=$((i+1)); done";

    public static int Run(string[] args)
    {
        int rounds = 3;
        bool free = true;
        bool pinned = true;
        var only = new List<string>();
        for (int i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--rounds":
                    rounds = int.Parse(args[++i], CultureInfo.InvariantCulture);
                    break;
                case "--free":
                    pinned = false;
                    break;
                case "--pinned":
                    free = false;
                    break;
                default:
                    only.Add(args[i]);
                    break;
            }
        }

        string directory = Directory.CreateTempSubdirectory("tracer-bench-").FullName;
        try
        {
            var workloads = Workloads(directory).Where(w => only.Count == 0 || w.Name == "true" || only.Contains(w.Name)).ToList();
            Machine.Print($"capture, {rounds} rounds, medians of wall seconds");
            if (pinned)
            {
                Print("taskset -c 0 around all", Measure(workloads, ["taskset", "-c", "0"], rounds, directory));
            }

            if (free)
            {
                Print("free placement", Measure(workloads, [], rounds, directory));
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }

        return 0;
    }

    private static List<Workload> Workloads(string directory)
    {
        string project = Path.Combine(directory, "small");
        Directory.CreateDirectory(project);
        File.WriteAllText(Path.Combine(project, "small.csproj"), """
            <Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>
            """);
        File.WriteAllText(Path.Combine(project, "p.cs"), "System.Console.WriteLine(1);");
        File.WriteAllText(Path.Combine(project, "Directory.Build.props"), "<Project/>");
        _ = Tools.Output("dotnet", "build", project, "-nologo", "-v:q");
        return
        [
            new("true", ["true"]),
            new("dd", ["dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=150000"]),
            new("forks", ["sh", "-c", Forks]),
            new("find", ["sh", "-c", "find /usr -xdev -name nonexist"]),
            new("tar", ["sh", "-c", Tar]),
            new("build", ["dotnet", "build", project, "-nologo", "-v:q", "--no-restore", "--no-incremental", "-nodeReuse:false", "-p:UseSharedCompilation=false"]),
        ];
    }

    private static List<Row> Measure(List<Workload> workloads, string[] prefix, int rounds, string directory)
    {
        string text = Path.Combine(directory, "strace.txt");
        string store = Path.Combine(directory, "tracer.db");
        var rows = workloads.Select(w => new Row(w.Name)).ToList();
        for (int round = 0; round < rounds; round++)
        {
            foreach (var (workload, row) in workloads.Zip(rows))
            {
                int repeat = workload.Name == "true" ? 5 : 1;
                for (int i = 0; i < repeat; i++)
                {
                    row.Plain.Add(Tools.Time([.. prefix, .. workload.Command], out _));
                    row.Strace.Add(Tools.Time([.. prefix, "strace", "-f", "-o", text, .. workload.Command], out _));
                    File.Delete(text);
                    row.Tracer.Add(Tools.Time([.. prefix, Tools.Tracer, "run", "--store", store, "--", .. workload.Command], out string error));
                    row.Dropped += long.Parse(DroppedPattern().Match(error).Groups[1].Value.Replace(",", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
                    row.Records = RecordsPattern().Match(error).Groups[1].Value;
                    foreach (string file in Directory.GetFiles(directory, "tracer.db*"))
                    {
                        File.Delete(file);
                    }
                }
            }
        }

        return rows;
    }

    private static void Print(string title, List<Row> rows)
    {
        var start = rows[0];
        var table = new Table { Title = new TableTitle(title) };
        table.AddColumns("workload", "untraced s", "strace s", "tracer s", "strace/untraced", "tracer/strace beyond start-up", "records", "dropped");
        foreach (var row in rows)
        {
            double plain = Tools.Median(row.Plain);
            double strace = Tools.Median(row.Strace);
            double tracer = Tools.Median(row.Tracer);
            bool isStart = row == start;
            double ratio = (tracer - Tools.Median(start.Tracer)) / (strace - Tools.Median(start.Strace));
            table.AddRow(
                isStart ? "true (start-up)" : row.Name, F(plain, 3), F(strace, 3), F(tracer, 3), F(strace / plain, 1), isStart ? "" : F(ratio, 2), row.Records, $"{row.Dropped}");
        }

        AnsiConsole.Write(table);
    }

    private static string F(double value, int digits) => value.ToString("F" + digits, CultureInfo.InvariantCulture);

    private sealed record Workload(string Name, string[] Command);

    private sealed record Row(string Name)
    {
        public List<double> Plain { get; } = [];

        public List<double> Strace { get; } = [];

        public List<double> Tracer { get; } = [];

        public long Dropped { get; set; }

        public string Records { get; set; } = "";
    }

    [GeneratedRegex(@"dropped ([\d,]+)")]
    private static partial Regex DroppedPattern();

    [GeneratedRegex(@"([\d,]+) records, dropped")]
    private static partial Regex RecordsPattern();
}
