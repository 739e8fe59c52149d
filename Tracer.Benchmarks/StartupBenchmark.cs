using System.Globalization;
using Spectre.Console;

namespace Tracer.Benchmarks;

/// <summary>
/// How soon a command's first instruction runs under <c>tracer run</c>, and how long the whole takes. The first is the time that <c>date</c> prints, less that of the
/// start, less the same untraced.
/// </summary>
internal static class StartupBenchmark
{
    private const int Rounds = 15;

    public static int Run()
    {
        string directory = Directory.CreateTempSubdirectory("tracer-bench-").FullName;
        try
        {
            string store = Path.Combine(directory, "s.db");
            Machine.Print($"start-up of {Tools.Tracer}, {Rounds} rounds, medians");
            var first = new List<double>();
            var plain = new List<double>();
            var whole = new List<double>();
            for (int i = 0; i < Rounds; i++)
            {
                plain.Add(FirstInstruction(["date", "+%s.%N"]));
                first.Add(FirstInstruction([Tools.Tracer, "run", "-q", "--store", store, "--", "date", "+%s.%N"]));
                whole.Add(Tools.Time([Tools.Tracer, "run", "-q", "--store", store, "--", "true"], out _));
            }

            var table = new Table();
            table.AddColumns("date untraced: time printed ms", "date traced: time printed ms", "tracer run -- true, whole ms");
            table.AddRow($"{Tools.Median(plain) * 1000:F0}", $"{Tools.Median(first) * 1000:F0}", $"{Tools.Median(whole) * 1000:F0}");
            AnsiConsole.Write(table);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }

        return 0;
    }

    private static double FirstInstruction(string[] words)
    {
        double start = (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds;
        return double.Parse(Tools.Output(words), CultureInfo.InvariantCulture) - start;
    }
}
