using Tracer.Tests.Support;

namespace Tracer.Tests.Host;

/// <summary>What every command owes for bad input: the status, one line on standard error, nothing on standard output.</summary>
internal static class BadInput
{
    public static void Expect(int status, string start, params string[] arguments)
    {
        var result = TracerProcess.Run(arguments);
        Assert.StartsWith(start, result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal("", result.Output);
        Assert.Equal(status, result.Status);
    }
}
