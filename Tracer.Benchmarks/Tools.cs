using System.Diagnostics;

namespace Tracer.Benchmarks;

/// <summary>Runs and times whole commands.</summary>
internal static class Tools
{
    /// <summary>The built <c>tracer</c> beside this assembly; TRACER_EXE names another, e.g. a published one.</summary>
    public static string Tracer { get; } = Environment.GetEnvironmentVariable("TRACER_EXE") ?? Path.Combine(AppContext.BaseDirectory, "tracer");

    /// <summary>Wall seconds of a command. Its output goes to /dev/null; a status other than 0 is an error.</summary>
    public static double Time(IEnumerable<string> words, out string error)
    {
        string[] all = [.. words];
        long start = Stopwatch.GetTimestamp();
        using var process = Process.Start(new ProcessStartInfo(all[0], all[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var drain = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
        error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        drain.Wait();
        return process.ExitCode == 0 ? seconds : throw new InvalidOperationException($"{string.Join(' ', all)} ended with {process.ExitCode}: {error}");
    }

    /// <summary>Standard output of a command.</summary>
    public static string Output(params string[] words)
    {
        using var process = Process.Start(new ProcessStartInfo(words[0], words[1..]) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }

    /// <summary>The middle one.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    /// <summary>Peak resident set of this process in MiB.</summary>
    public static long PeakMiB() => long.Parse(
        File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmHWM", StringComparison.Ordinal)).Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1]) / 1024;
}
