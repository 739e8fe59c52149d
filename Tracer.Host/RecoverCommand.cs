using System.CommandLine;
using Tracer.Records;

namespace Tracer.Host;

/// <summary><c>tracer recover</c>: commits what recorders that died left in their pools.</summary>
internal static class RecoverCommand
{
    private static readonly Option<string?> PoolDir = new("--pool-dir")
    {
        Description = "Directory of pools. Default: $XDG_RUNTIME_DIR/tracer, else /dev/shm",
        HelpName = "DIR",
    };

    /// <summary>The verb.</summary>
    public static Command Create()
    {
        var command = new Command("recover", "Commits what recorders that died left behind, each to the store that it recorded into.") { PoolDir };
        command.SetAction((result, _) => RunAsync(result));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult result)
    {
        string directory = result.GetValue(PoolDir) ?? PoolDirectory.Default();
        int pools = 0;
        int failed = await PoolRescue.RunAsync(directory, line =>
        {
            pools++;
            Console.Error.WriteLine("tracer: " + line);
        }).ConfigureAwait(false);
        if (pools == 0)
        {
            Console.Error.WriteLine($"tracer: nothing to recover in {directory}");
        }

        return failed == 0 ? 0 : Exit.Failure;
    }
}
