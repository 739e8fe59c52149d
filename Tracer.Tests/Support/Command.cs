using System.Diagnostics;

namespace Tracer.Tests.Support;

/// <summary>A command that has ended.</summary>
/// <param name="Status">Exit status; 128 + signal when it died of one.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
internal sealed record Ended(int Status, string Output, string Error);

/// <summary>Runs commands to their end.</summary>
internal static class Command
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <summary>Starts a command with its streams redirected.</summary>
    public static Process Start(IEnumerable<string> words, IReadOnlyDictionary<string, string?>? environment = null, string? directory = null)
    {
        string[] all = [.. words];
        var start = new ProcessStartInfo(all[0], all[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = directory ?? "",
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>Runs a command to its end.</summary>
    public static Ended Run(IEnumerable<string> words, IReadOnlyDictionary<string, string?>? environment = null, string? directory = null)
    {
        using var process = Start(words, environment, directory);
        process.StandardInput.Close();
        return End(process);
    }

    /// <summary>Waits for a command's end. One that does not come to it is killed and fails the test.</summary>
    public static Ended End(Process process)
    {
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Limit))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{process.StartInfo.FileName} did not end within {Limit}; its standard error: {error.GetAwaiter().GetResult()}");
        }

        return new Ended(process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }
}
