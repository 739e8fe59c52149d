using System.Diagnostics;
using Tracer.Actors;
using Tracer.Records;

namespace Tracer.Host;

/// <summary>Commits what recorders that died left in their pools, each to the store that it was meant for.</summary>
internal static class PoolRescue
{
    /// <summary>All dead pools of this user in a directory.</summary>
    /// <param name="directory">Where pools are.</param>
    /// <param name="say">Told one line a pool.</param>
    /// <returns>Pools that could not be committed.</returns>
    public static async Task<int> RunAsync(string directory, Action<string> say)
    {
        int failed = 0;
        foreach (string path in PoolDirectory.FindDead(directory))
        {
            try
            {
                await RescueAsync(path, say).ConfigureAwait(false);
            }
            catch (Exception e) when (e is StoreException or PoolException or RecordFormatException)
            {
                say($"pool {path} is kept: {e.Message}");
                failed++;
            }
        }

        return failed;
    }

    private static async Task RescueAsync(string path, Action<string> say)
    {
        using var pool = PoolFile.TryTakeOver(path);
        if (pool is null)
        {
            return; // another rescuer was faster
        }

        if (pool.Header is not { Number: > 0 } header || pool.Destination.Length == 0)
        {
            pool.Delete(); // its recorder died before the command was let go: nothing can be in it
            return;
        }

        using var store = SqliteStore.OpenOrCreate(pool.Destination);
        if (store.Find(header.TraceId) is { End: not null })
        {
            pool.Delete(); // all was committed; only the file was left
            return;
        }

        var writer = PoolRecovery.Run(pool, Stopwatch.GetTimestamp());
        await using var pipeline = LocalPipeline.Start(new LocalPipelineOptions
        {
            Store = store,
            Header = header,
            Source = writer,
            PoolBytes = (long)pool.BlockCount * 4096,
        });
        while (writer.HasEndings)
        {
            writer.Tick(Stopwatch.GetTimestamp());
            await Task.Delay(10).ConfigureAwait(false);
        }

        await pipeline.FinishAsync(new TraceEnding("recovered", null, HostFacts.RealtimeNs)).ConfigureAwait(false);
        pool.Delete();
        var trace = store.Find(header.TraceId);
        say($"trace {header.Number} recovered: its recorder had died; {trace?.Last?.Records ?? 0:N0} records, dropped {trace?.Last?.Dropped ?? 0:N0}, in {pool.Destination}");
    }
}
