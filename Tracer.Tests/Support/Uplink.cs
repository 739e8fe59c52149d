using Tracer.Records;

namespace Tracer.Tests.Support;

/// <summary>Takes blocks as an uplink does and keeps copies of them, as a journal does.</summary>
internal sealed class Uplink(IBlockSource source)
{
    private readonly SortedDictionary<ulong, Block> _taken = [];

    /// <summary>Copies of what was taken, in the order of numbers.</summary>
    public List<Block> Stored { get; } = [];

    /// <summary>Takes all that is sealed; they stay in flight.</summary>
    public int Take()
    {
        int n = 0;
        while (source.TryTake() is { } block)
        {
            _taken.Add(block.Number, block);
            n++;
        }

        return n;
    }

    /// <summary>Commits the oldest in-flight blocks.</summary>
    public void Commit(int count = int.MaxValue)
    {
        ulong through = 0;
        foreach (var block in _taken.Values.Take(count).ToList())
        {
            Stored.Add(CopyOf(block));
            _taken.Remove(block.Number);
            source.Return(block);
            through = block.Number;
        }

        if (through != 0)
        {
            source.CommittedThrough(through);
        }
    }

    public void TakeAndCommit()
    {
        Take();
        Commit();
    }

    public static Block CopyOf(Block b) => new()
    {
        Number = b.Number,
        Process = b.Process,
        FirstSeq = b.FirstSeq,
        Count = b.Count,
        Events = b.Events,
        Dropped = b.Dropped,
        Kinds = b.Kinds,
        BaseTimeNs = b.BaseTimeNs,
        LastTimeNs = b.LastTimeNs,
        LowWaterNs = b.LowWaterNs,
        HasSync = b.HasSync,
        Continues = b.Continues,
        Body = b.Body.ToArray(),
        Times = b.Times.ToArray(),
    };
}
