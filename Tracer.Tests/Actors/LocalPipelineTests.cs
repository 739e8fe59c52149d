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
}
