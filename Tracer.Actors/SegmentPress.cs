using Tracer.Records;

namespace Tracer.Actors;

/// <summary>A segment that is made and not yet written.</summary>
/// <param name="Batch">What it holds.</param>
/// <param name="Bytes">The segment.</param>
/// <param name="After">The state that the next one follows.</param>
internal sealed record PressedSegment(SegmentBatch Batch, byte[] Bytes, JournalState After);

/// <summary>
/// Makes segments, one at a time, on the caller's thread or on another. Owned by one JournalActor. After <see cref="Dispose"/> nobody
/// reads the blocks' memory any more, so a pool may be unmapped.
/// </summary>
internal sealed class SegmentPress(TracerSettings.JournalSettings settings) : IDisposable
{
    private SegmentBuilder? _builder;
    private Task _running = Task.CompletedTask;

    /// <summary>Makes a segment now.</summary>
    public PressedSegment Make(SegmentBatch batch, JournalState state, SegmentState next, int level)
    {
        var builder = _builder ??= new SegmentBuilder(settings.IdleLevel);
        builder.Level = level;
        for (int i = 0; i < batch.Blocks.Count; i++)
        {
            builder.Add(batch.Blocks[i]);
        }

        byte[] bytes = builder.Build(next);
        return new PressedSegment(batch, bytes, state.After(next, Segment.HashOf(bytes), bytes.Length));
    }

    /// <summary>Makes a segment on another thread. Not to be called again before it has ended.</summary>
    public Task<PressedSegment> Start(SegmentBatch batch, JournalState state, SegmentState next, int level)
    {
        var task = Task.Run(() => Make(batch, state, next, level));
        _running = task;
        return task;
    }

    /// <summary>Waits for the segment being made (some 10 ms at most), and frees the compressor.</summary>
    public void Dispose()
    {
        // Its result is told to the actor, and its failure too; here only its end matters.
        Task.WaitAny(_running);
        _builder?.Dispose();
    }
}
