using System.Diagnostics;

namespace Tracer.Tests.Support;

/// <summary>The built <c>tracer</c>, run as a process.</summary>
internal static class TracerProcess
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    /// <summary>The program that this build made; it lies beside the tests.</summary>
    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "tracer");

    /// <summary>What a run gave.</summary>
    internal sealed record Result(int Status, string Output, string Error)
    {
        public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    public static Result Run(params string[] arguments) => RunIn([], arguments);

    public static Result RunIn(Dictionary<string, string?> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(Program, arguments);
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Wait(start);
    }

    /// <summary>A line for sh(1), in which <c>$TRACER</c> is the program.</summary>
    public static Result Shell(string line, params string[] arguments)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", line, "sh", .. arguments]);
        start.Environment["TRACER"] = Program;
        return Wait(start);
    }

    private static Result Wait(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(_patience))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{start.FileName} did not end");
        }

        return new Result(process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }
}
