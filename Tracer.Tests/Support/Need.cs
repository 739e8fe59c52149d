namespace Tracer.Tests.Support;

/// <summary>What a test needs of the machine. Missing: the test is skipped and says what; where nothing may be missing (TRACER_TESTS_NO_SKIP), it fails.</summary>
internal static class Need
{
    /// <summary>A program in PATH; gives its path.</summary>
    public static string Program(string name)
    {
        foreach (string directory in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'))
        {
            string path = Path.Combine(directory, name);
            if (File.Exists(path))
            {
                return path;
            }
        }

        Missing($"the program {name}");
        return "";
    }

    /// <summary>To be root.</summary>
    public static void Root()
    {
        if (Environment.UserName != "root")
        {
            Missing("to be root");
        }
    }

    /// <summary>perf with system-call tracepoints: root and tracefs.</summary>
    public static void SyscallTracepoints()
    {
        Root();
        _ = Program("perf");
        var perf = Command.Run(["perf", "stat", "-x,", "-e", "raw_syscalls:sys_enter", "--", "true"]);
        if (!perf.Error.Contains("raw_syscalls:sys_enter", StringComparison.Ordinal) || perf.Error.Contains("not", StringComparison.Ordinal))
        {
            Missing("perf with raw_syscalls tracepoints");
        }
    }

    /// <summary>Skips the test, or fails it where nothing may be missing.</summary>
    public static void Missing(string what)
    {
        Assert.True(Environment.GetEnvironmentVariable("TRACER_TESTS_NO_SKIP") is null, $"this machine lacks {what}, and no test may be skipped here");
        Skip.If(true, $"this machine lacks {what}");
    }
}
