using System.Runtime.InteropServices;
using Spectre.Console;

namespace Tracer.Benchmarks;

/// <summary>The line above each table: figures mean little without it.</summary>
internal static class Machine
{
    public static void Print(string command)
    {
        AnsiConsole.Profile.Width = 180; // a table is one piece also in a file
        string cpu = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "?";
        AnsiConsole.WriteLine($"{Environment.ProcessorCount} CPUs {cpu}, Linux {Environment.OSVersion.Version}, {RuntimeInformation.FrameworkDescription}; {command}");
    }
}
