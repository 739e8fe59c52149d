using Tracer.Records;
using Tracer.Records.Payloads;

namespace Tracer.Tests.Support;

/// <summary>Compares what is in the journal with what a test had its processes do.</summary>
internal static class StoryCheck
{
    /// <summary>Everything is there: nothing died.</summary>
    public static void Complete(PoolStory story) => Check(story.Journal, story.Tales.Values, crashed: false);

    /// <summary>Everything whose append had returned is there, and all else is declared.</summary>
    public static void Recovered(SortedDictionary<ulong, Block> journal, IEnumerable<Tale> tales) => Check(journal, tales, crashed: true);

    private static void Check(SortedDictionary<ulong, Block> journal, IEnumerable<Tale> tales, bool crashed)
    {
        Assert.Equal(Enumerable.Range(1, journal.Count).Select(n => (ulong)n), journal.Keys);
        var records = new Dictionary<ProcessIdentity, List<Told>>();
        var oldest = new Dictionary<ulong, long>();
        foreach (var blocks in journal.Values.GroupBy(b => b.Process))
        {
            records.Add(blocks.Key, Read(blocks, oldest));
        }

        AssertLowWater(journal, oldest);
        foreach (var tale in tales)
        {
            if (records.Remove(tale.Identity, out var stored))
            {
                Check(tale, stored, crashed);
            }
            else
            {
                Assert.True(crashed && tale.Log is null && tale.Done.Count == 0 && tale.Ended is null, $"process {tale.Identity.Pid} is not there");
            }
        }

        Assert.Empty(records);
    }

    private static void Check(Tale tale, List<Told> stored, bool crashed)
    {
        Assert.Equal(RecordKind.End, stored[^1].Kind);
        var end = EndPayload.Read(stored[^1].Payload);
        Assert.Equal((ulong)stored.Count, end.LastSeq);
        Assert.Single(stored, t => t.Kind == RecordKind.End);
        var drops = stored.Where(t => t.Kind == RecordKind.Drop).Select(t => DropPayload.Read(t.Payload)).ToList();
        ulong dropped = drops.Aggregate(0UL, (sum, d) => sum + d.Count!.Value);
        ulong events = (ulong)stored.Count(t => RecordKinds.IsEvent(t.Kind));
        Assert.Equal(end.Dropped, dropped);
        Assert.Equal(end.Generated, events + dropped);
        Assert.All(drops, d => Assert.True(d.FirstNs <= d.LastNs && d.FirstNs > 0, d.ToString()));

        var own = stored.Where(t => t.Kind is not (RecordKind.Drop or RecordKind.Held or RecordKind.End)).ToList();
        for (int i = 0; i < tale.Done.Count; i++)
        {
            Assert.True(i < own.Count, $"record {i + 1} of {tale.Done.Count} is missing: {tale.Done[i]}");
            Assert.True(own[i].IsSameAs(tale.Done[i]), $"record {i + 1}: {own[i]}, not {tale.Done[i]}");
        }

        if (!crashed)
        {
            Assert.Equal(tale.Done.Count, own.Count);
            Assert.Equal(tale.Ended, end.Reason);
            Assert.Equal(tale.Lost.OrderBy(l => l.Key), drops.GroupBy(d => d.Kind)
                .Select(g => KeyValuePair.Create(g.Key, g.Aggregate(0UL, (sum, d) => sum + d.Count!.Value))).OrderBy(l => l.Key));
            return;
        }

        Assert.InRange(own.Count, tale.Done.Count, tale.Done.Count + (tale.Pending is null ? 0 : 1));
        if (own.Count > tale.Done.Count)
        {
            Assert.True(own[^1].IsBeginningOf(tale.Pending!), $"{own[^1]}, not {tale.Pending}");
        }

        ulong least = tale.Events + tale.LostInAll;
        ulong pending = tale.PendingLost + (tale.Pending is { } p && RecordKinds.IsEvent(p.Kind) ? 1UL : 0);
        Assert.InRange(end.Generated, least, least + pending);
        Assert.True(end.Reason == EndReason.RecorderDied || end.Reason == tale.Ended, end.Reason.ToString());
    }

    private static List<Told> Read(IEnumerable<Block> blocks, Dictionary<ulong, long> oldest)
    {
        var records = new List<Told>();
        var decoder = new RecordDecoder();
        Block? begunIn = null;
        foreach (var block in blocks)
        {
            Assert.Equal((ulong)records.Count + (decoder.IsPartial ? 2UL : 1UL), block.FirstSeq);
            var cut = decoder.IsPartial ? begunIn : null;
            oldest[block.Number] = long.MaxValue;
            decoder.Load(block);
            int events = 0;
            ulong kinds = 0;
            ulong dropped = 0;
            while (decoder.MoveNext())
            {
                records.Add(Current(decoder));
                Assert.Equal((ulong)records.Count, decoder.Seq);
                var holder = cut ?? block;
                if (cut is null)
                {
                    events += RecordKinds.IsEvent(decoder.Kind) ? 1 : 0;
                    kinds |= RecordKinds.Bit(decoder.Kind);
                    dropped += decoder.Kind == RecordKind.Drop ? DropPayload.Read(decoder.Payload).Count!.Value : 0;
                }

                cut = null;
                oldest[holder.Number] = Math.Min(oldest[holder.Number], decoder.TimeNs);
            }

            if (decoder.IsPartial && cut is null)
            {
                begunIn = block;
                events += RecordKinds.IsEvent(decoder.Kind) ? 1 : 0;
                kinds |= RecordKinds.Bit(decoder.Kind);
            }

            Assert.Equal((events, kinds, dropped), (block.Events, block.Kinds, block.Dropped));
        }

        Assert.False(decoder.IsPartial);
        return records;
    }

    private static Told Current(RecordDecoder d) => d.Kind switch
    {
        RecordKind.Syscall => new(d.Kind, d.Tid, d.TimeNs, d.Number, 0, d.Arguments.ToArray()),
        RecordKind.Sysret => new(d.Kind, d.Tid, d.TimeNs, d.Number, d.Result),
        _ => new(d.Kind, d.Tid, d.TimeNs, Payload: d.Payload.ToArray()),
    };

    private static void AssertLowWater(SortedDictionary<ulong, Block> journal, Dictionary<ulong, long> oldest)
    {
        long behind = long.MaxValue;
        foreach (var block in journal.Values.Reverse())
        {
            Assert.True(block.LowWaterNs <= behind, $"block {block.Number} promises nothing before {block.LowWaterNs}, but {behind} comes");
            behind = Math.Min(behind, oldest[block.Number]);
        }
    }
}
