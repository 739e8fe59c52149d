using Tracer.Records;
using Tracer.Records.Payloads;

namespace Tracer.Tests.Support;

/// <summary>One record as a test writes it and as it should be read.</summary>
internal sealed record Told(RecordKind Kind, int Tid, long TimeNs, int Number = 0, long Result = 0, ulong[]? Arguments = null, byte[]? Payload = null)
{
    public bool IsSameAs(Told other) =>
        (Kind, Tid, TimeNs, Number, Result) == (other.Kind, other.Tid, other.TimeNs, other.Number, other.Result)
        && (Arguments ?? []).SequenceEqual(other.Arguments ?? []) && (Payload ?? []).SequenceEqual(other.Payload ?? []);

    /// <summary>As it is when the recorder died between its fragments.</summary>
    public bool IsBeginningOf(Told whole) =>
        IsSameAs(whole with { Payload = whole.Payload?.Take(Payload?.Length ?? 0).ToArray() });
}

/// <summary>What a test had a process do.</summary>
internal sealed class Tale(ProcessIdentity identity)
{
    public ProcessIdentity Identity { get; } = identity;

    public ProcessLog? Log { get; set; }

    /// <summary>Records whose append has returned.</summary>
    public List<Told> Done { get; } = [];

    /// <summary>The record that is being appended.</summary>
    public Told? Pending { get; set; }

    /// <summary>Events counted as lost, by kind.</summary>
    public Dictionary<RecordKind, ulong> Lost { get; } = [];

    /// <summary>Of these, on the way.</summary>
    public ulong PendingLost { get; set; }

    public EndReason? Ended { get; set; }

    public ulong LostInAll => Lost.Values.Aggregate(0UL, (a, b) => a + b);

    public ulong Events => (ulong)Done.Count(t => RecordKinds.IsEvent(t.Kind));
}

/// <summary>
/// Drives a pool as a collector and an uplink do, and remembers what must come out of it. The journal's part is a dictionary: a block number that it has
/// is acknowledged and not stored again.
/// </summary>
internal sealed class PoolStory(RecordWriter writer)
{
    private readonly SortedDictionary<ulong, Block> _inFlight = [];

    public RecordWriter Writer { get; } = writer;

    public Dictionary<int, Tale> Tales { get; } = [];

    public SortedDictionary<ulong, Block> Journal { get; } = [];

    public long Now { get; set; } = 1_000_000;

    public int InFlight => _inFlight.Count;

    public Tale? Begin(int pid)
    {
        var tale = new Tale(new ProcessIdentity(pid, pid, (ulong)pid));
        Tales.Add(pid, tale);
        tale.Log = Writer.TryBegin(tale.Identity, Now);
        if (tale.Log is null)
        {
            Tales.Remove(pid);
            return null;
        }

        return tale;
    }

    public static int SizeOf(Told t) => t.Kind switch
    {
        RecordKind.Syscall => RecordSize.Syscall,
        RecordKind.Sysret => RecordSize.Sysret,
        _ => RecordSize.Payload(t.Payload!.Length),
    };

    /// <summary>A stop: all of its records, or none.</summary>
    public bool Stop(Tale tale, params Told[] records)
    {
        int bytes = records.Sum(SizeOf);
        if (!Writer.TryReserve(tale.Log!, bytes, records[0].TimeNs))
        {
            return false;
        }

        foreach (var record in records)
        {
            Append(tale, record);
        }

        return true;
    }

    public bool Async(Tale tale, Told record)
    {
        tale.Pending = record;
        bool kept = Writer.TryAppendAsync(tale.Log!, record.Tid, record.TimeNs, record.Kind, record.Payload);
        tale.Pending = null;
        if (kept)
        {
            tale.Done.Add(record);
        }
        else
        {
            tale.Lost[record.Kind] = tale.Lost.GetValueOrDefault(record.Kind) + 1;
        }

        return kept;
    }

    public void Drop(Tale tale, RecordKind kind, ulong count, DropReason reason)
    {
        Now++; // not the time of a held stop: that would be its end
        tale.PendingLost = count;
        Writer.Drop(tale.Log!, kind, count, Now, Now, reason);
        tale.PendingLost = 0;
        tale.Lost[kind] = tale.Lost.GetValueOrDefault(kind) + count;
    }

    public void End(Tale tale, EndReason reason = EndReason.Exit)
    {
        var log = tale.Log!;
        tale.Log = null;
        tale.Ended = reason;
        Writer.End(log, reason, Now);
    }

    public int Take()
    {
        int n = 0;
        while (Writer.TryTake() is { } block)
        {
            _inFlight.Add(block.Number, block);
            n++;
        }

        return n;
    }

    /// <summary>Commits the oldest in-flight blocks; they are given back newest first, which is as legal as any order.</summary>
    public void Commit(int count = int.MaxValue)
    {
        var blocks = _inFlight.Values.Take(count).ToList();
        foreach (var block in blocks)
        {
            var copy = Uplink.CopyOf(block);
            if (!Journal.TryAdd(block.Number, copy))
            {
                Assert.Equal(Journal[block.Number].Body.ToArray(), copy.Body.ToArray());
                Assert.Equal(Journal[block.Number].Times.ToArray(), copy.Times.ToArray());
            }
        }

        foreach (var block in Enumerable.Reverse(blocks))
        {
            _inFlight.Remove(block.Number);
            Writer.Return(block);
        }

        if (blocks.Count > 0)
        {
            Writer.CommittedThrough(blocks[^1].Number);
        }
    }

    /// <summary>Commits until nothing is left; the tear-down check of every test.</summary>
    public void Drain()
    {
        for (int i = 0; i < 1000 && !Writer.IsDrained; i++)
        {
            Take();
            Commit();
            Now += 1_000_000_000;
            Writer.Tick(Now);
        }

        Writer.Tick(Now);
        Assert.True(Writer.IsDrained, "all that was appended is committed");
        Writer.Pool.Collect();
        Assert.True(Writer.Pool.IsConserved);
        Assert.Equal(Writer.Pool.Size, Writer.Pool.Free);
        Assert.Equal(0, Writer.Slots.InUse);
        Assert.False(Writer.NeedsTick);
    }

    private void Append(Tale tale, Told t)
    {
        var log = tale.Log!;
        tale.Pending = t;
        switch (t.Kind)
        {
            case RecordKind.Syscall:
                Writer.Syscall(log, t.Tid, t.TimeNs, t.Number, t.Arguments);
                break;
            case RecordKind.Sysret:
                Writer.Sysret(log, t.Tid, t.TimeNs, t.Number, t.Result);
                break;
            default:
                Writer.Append(log, t.Tid, t.TimeNs, t.Kind, t.Payload);
                break;
        }

        tale.Pending = null;
        tale.Done.Add(t);
    }
}
