using System.Data.Common;
using LinqToDB.Common;
using LinqToDB.Interceptors;
using Microsoft.Data.Sqlite;
using Tracer.Actors;
using Tracer.Records;
using Tracer.Tests.Support;

namespace Tracer.Tests.Actors;

/// <summary>From a block source to rows of a real SQLite store.</summary>
public sealed class LocalPipelineTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("window")]
    [InlineData("each")]
    public async Task Finish_OneBlock_IsInTheStoreAndReturned(string policy)
    {
        using var store = SqliteStore.OpenOrCreate(_directory.File("tracer.db"));
        var id = Guid.CreateVersion7();
        var header = Traces.Header(store.AllocateNumber(id), policy, id: id);
        var source = new FakeBlockSource();
        source.Seal(7, end: true);
        await using var pipeline = LocalPipeline.Start(new LocalPipelineOptions { Store = store, Header = header, Source = source });

        var end = await pipeline.FinishAsync(Traces.Ending).WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(1UL, end.Blocks);
        Assert.Equal(1UL, end.Segments);
        Assert.Equal([1UL], source.Returned);
        Assert.Equal(1UL, source.Through);
        var events = store.ReadEvents(id).ToList();
        Assert.Equal(["to1", "s1", "tc1"], events.Select(e => e.Manifest));
        var segment = Segment.Parse(events[1].Bytes, "segment 1");
        Assert.Equal(Convert.ToHexStringLower(segment.Hash), end.LastHash);
        Assert.Single(segment.ReadBlocks());
        var trace = Assert.Single(store.ListTraces());
        Assert.Equal(end, trace.End);
        Assert.Equal(1UL, trace.Last!.CommittedThrough);
        Assert.Empty(source.Errors);
        Assert.Empty(pipeline.Log.Lines);
    }

    [Fact]
    public async Task C1_SixtyFourProcesses_EachBlockInTheStoreOnce_InOrder()
    {
        using var store = SqliteStore.OpenOrCreate(_directory.File("tracer.db"));
        var id = Guid.CreateVersion7();
        var source = new FakeBlockSource();
        await using var pipeline = LocalPipeline.Start(
            new LocalPipelineOptions { Store = store, Header = Traces.Header(store.AllocateNumber(id), id: id), Source = source });
        for (int i = 0; i < 8000; i++)
        {
            Assert.NotNull(source.Seal(1 + (i % 64), bytes: 4000, sync: i % 5 != 0, end: i >= 8000 - 64));
        }

        var end = await pipeline.FinishAsync(Traces.Ending).WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal(8000UL, end.Blocks);
        AssertWhole(store, id, 8000);
        Assert.Equal(8000, source.Returned.Count);
        Assert.Equal(8000UL, source.Through);
        Assert.Equal(64UL, store.ListTraces()[0].Last!.Processes);
        Assert.Empty(source.Errors);
        Assert.Empty(pipeline.Log.Lines);
    }

    [Fact]
    public async Task C11_SlowStore_MakesLargeSegments_AndDropsNothing()
    {
        using var store = SqliteStore.OpenOrCreate(_directory.File("tracer.db"));
        var id = Guid.CreateVersion7();
        var source = new FakeBlockSource();
        await using var pipeline = LocalPipeline.Start(new LocalPipelineOptions
        {
            Store = store,
            Header = Traces.Header(store.AllocateNumber(id), id: id),
            Source = source,
            Interceptor = new SlowWrites(TimeSpan.FromMilliseconds(300)),
        });
        for (int i = 0; i < 4096; i++)
        {
            source.Seal(1 + (i % 64), bytes: 4096);              // 16 MiB
        }

        var end = await pipeline.FinishAsync(Traces.Ending).WaitAsync(TimeSpan.FromSeconds(60));

        AssertWhole(store, id, 4096);
        Assert.True(4096UL * 4096 / end.Segments >= 1 << 20, $"{end.Segments} segments for 16 MiB");
        Assert.Equal(0UL, store.ListTraces()[0].Last!.Dropped);
        Assert.Equal(4096, source.Returned.Count);
        Assert.Null(pipeline.Progress.Failure);
    }

    [Fact]
    public async Task C11_StoreFailsForAWhile_IsSaidInOneLine_AndCommittedAfterwards()
    {
        using var store = SqliteStore.OpenOrCreate(_directory.File("tracer.db"));
        var id = Guid.CreateVersion7();
        var source = new FakeBlockSource();
        var fails = new FailingWrites { Failing = true };
        await using var pipeline = LocalPipeline.Start(new LocalPipelineOptions
        {
            Store = store,
            Header = Traces.Header(store.AllocateNumber(id), id: id),
            Source = source,
            Interceptor = fails,
            Configuration = "tracer.trace.max-backoff = 300ms",
        });
        source.Seal(1);
        while (pipeline.Progress.Failure is null)
        {
            await Task.Yield();
        }

        Assert.Contains("no room left for the store", pipeline.Progress.Failure);
        Assert.DoesNotContain('\n', pipeline.Progress.Failure);
        fails.Failing = false;
        await pipeline.FinishAsync(Traces.Ending).WaitAsync(TimeSpan.FromSeconds(60));
        AssertWhole(store, id, 1);
        Assert.Null(pipeline.Progress.Failure);
        Assert.NotEmpty(pipeline.Log.Lines);
    }

    [Fact]
    public async Task C12_NextRecorder_GoesOnWhereThePoolStands()
    {
        using var store = SqliteStore.OpenOrCreate(_directory.File("a \"b\"; c=d\\'e.db"));     // any path is a path
        var id = Guid.CreateVersion7();
        var header = Traces.Header(store.AllocateNumber(id), "each", id: id);
        var source = new FakeBlockSource();
        await using (var first = LocalPipeline.Start(new LocalPipelineOptions { Store = store, Header = header, Source = source }))
        {
            for (int i = 0; i < 10; i++)
            {
                source.Seal(1);
            }

            while (source.Through < 10)
            {
                await Task.Yield();
            }

            await first.AbandonAsync();
        }

        // The pool's blocks come again, those that were committed and not given back too.
        var again = new FakeBlockSource { PoolId = source.PoolId };
        for (int i = 0; i < 20; i++)
        {
            again.Seal(1);
        }

        await using var second = LocalPipeline.Start(new LocalPipelineOptions { Store = store, Header = header, Source = again });
        await second.FinishAsync(Traces.Ending).WaitAsync(TimeSpan.FromSeconds(60));
        AssertWhole(store, id, 20);
        Assert.Equal(20, again.Returned.Count);
        Assert.Equal(2UL, store.ListTraces()[0].Last!.Epoch);
        Assert.Empty(again.Errors);

        // Once more, with the trace closed: its recorder died before it could remove its pool.
        var third = new FakeBlockSource { PoolId = source.PoolId };
        third.Seal(1);
        await using var late = LocalPipeline.Start(new LocalPipelineOptions { Store = store, Header = header, Source = third });
        Assert.Equal(20UL, (await late.FinishAsync(Traces.Ending).WaitAsync(TimeSpan.FromSeconds(60))).Blocks);
        Assert.Equal([1UL], third.Returned);
        AssertWhole(store, id, 20);
    }

    private static void AssertWhole(SqliteStore store, Guid id, int blocks)
    {
        var segments = store.ReadEvents(id).Where(e => e.Manifest == "s1").Select(e => Segment.Parse(e.Bytes, $"row {e.SequenceNr}"));
        var numbers = new List<ulong>();
        var last = new Dictionary<ProcessIdentity, ulong>();
        byte[] hash = new byte[32];
        foreach (var segment in segments)
        {
            Assert.Equal(hash, segment.State.PreviousHash.ToArray());
            hash = segment.Hash;
            foreach (var block in segment.ReadBlocks())
            {
                Assert.Equal(last.GetValueOrDefault(block.Process) + 1, block.FirstSeq);
                last[block.Process] = block.LastSeq;
                numbers.Add(block.Number);
            }
        }

        Assert.Equal(Enumerable.Range(1, blocks).Select(n => (ulong)n), numbers.Order());
    }

    /// <summary>A disk that takes its time.</summary>
    private sealed class SlowWrites(TimeSpan delay) : CommandInterceptor
    {
        public override Task<Option<int>> ExecuteNonQueryAsync(
            CommandEventData eventData, DbCommand command, Option<int> result, CancellationToken cancellationToken)
        {
            if (command.CommandText.StartsWith("INSERT INTO", StringComparison.OrdinalIgnoreCase))
            {
                Thread.Sleep(delay);
            }

            return base.ExecuteNonQueryAsync(eventData, command, result, cancellationToken);
        }
    }

    /// <summary>A full disk.</summary>
    private sealed class FailingWrites : CommandInterceptor
    {
        public volatile bool Failing;

        public override Task<Option<int>> ExecuteNonQueryAsync(
            CommandEventData eventData, DbCommand command, Option<int> result, CancellationToken cancellationToken) =>
            Failing ? throw new SqliteException("database or disk is full", 13) : base.ExecuteNonQueryAsync(eventData, command, result, cancellationToken);
    }
}
