using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Persistence;
using Akka.Persistence.Journal;
using Tracer.Actors;
using Tracer.Records;

namespace Tracer.Tests.Support;

/// <summary>What a <see cref="FaultJournal"/> does with a write.</summary>
internal enum Fault
{
    None,

    /// <summary>Not stored, and it says so.</summary>
    Fail,

    /// <summary>Refused as a serializer's error is.</summary>
    Reject,

    /// <summary>No answer until <see cref="FaultStore.Release"/>.</summary>
    Hold,

    /// <summary>Says that it failed; is stored at <see cref="FaultStore.Land"/>.</summary>
    FailAndLandLater,

    /// <summary>Says that it failed, and is stored.</summary>
    FailButStored,
}

/// <summary>The memory of a <see cref="FaultJournal"/>, and what it is to do wrong. Any thread. Outlives its actor system, as a store does.</summary>
internal sealed class FaultStore : ITraceTailReader
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<(string Id, long Nr), object> _rows = [];
    private readonly List<(string Id, long Nr, object Event)> _late = [];
    private readonly Queue<TaskCompletionSource> _held = new();

    /// <summary>Faults for the next writes, in order; then none.</summary>
    public ConcurrentQueue<Fault> Faults { get; } = new();

    /// <summary>For each write while no fault is queued.</summary>
    public Fault Always { get; set; }

    /// <summary>The end can't be read.</summary>
    public bool TailFails { get; set; }

    public int Writes { get; private set; }

    public int MostUnderWay { get; private set; }

    private int UnderWay { get; set; }

    public IReadOnlyList<object> Rows(Guid traceId)
    {
        lock (_lock)
        {
            string id = JournalActor.PersistenceIdOf(traceId);
            return [.. _rows.Where(r => r.Key.Id == id).Select(r => r.Value)];
        }
    }

    public IReadOnlyList<Segment> Segments(Guid traceId) =>
        [.. Rows(traceId).OfType<SegmentWritten>().Select((s, i) => Segment.Parse(s.Bytes, $"segment {i + 1}"))];

    public int HeldCount
    {
        get
        {
            lock (_lock)
            {
                return _held.Count;
            }
        }
    }

    public void Release()
    {
        lock (_lock)
        {
            _held.Dequeue().SetResult();
        }
    }

    public void Land()
    {
        lock (_lock)
        {
            foreach (var (id, nr, @event) in _late)
            {
                _rows.TryAdd((id, nr), @event);
            }

            _late.Clear();
        }
    }

    public TraceTail ReadTail(Guid traceId)
    {
        if (TailFails)
        {
            throw new IOException("the tail can't be read");
        }

        var rows = Rows(traceId);
        var segment = Segments(traceId).LastOrDefault();
        return new TraceTail(rows.Count, segment?.State, segment?.Hash ?? default(ReadOnlyMemory<byte>), segment?.Length ?? 0, (rows.LastOrDefault() as TraceClosed)?.End);
    }

    public long Highest(string id)
    {
        lock (_lock)
        {
            return _rows.Keys.Where(k => k.Id == id).Select(k => k.Nr).DefaultIfEmpty(0).Max();
        }
    }

    public async Task<Exception?> Write(string id, long nr, object @event)
    {
        var fault = Faults.TryDequeue(out var next) ? next : Always;
        Task held = Task.CompletedTask;
        lock (_lock)
        {
            Writes++;
            UnderWay++;
            MostUnderWay = Math.Max(MostUnderWay, UnderWay);
            if (fault == Fault.Hold)
            {
                var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _held.Enqueue(source);
                held = source.Task;
            }
        }

        await held.ConfigureAwait(false);
        lock (_lock)
        {
            UnderWay--;
            switch (fault)
            {
                case Fault.Fail:
                    throw new IOException("the store fails");
                case Fault.Reject:
                    return new InvalidOperationException("rejected");
                case Fault.FailAndLandLater:
                    _late.Add((id, nr, @event));
                    throw new TimeoutException("the store is slow");
                case Fault.FailButStored:
                    _rows.Add((id, nr), @event);
                    throw new TimeoutException("the store is slow");
                default:
                    return _rows.TryAdd((id, nr), @event) ? null : throw new InvalidOperationException("UNIQUE constraint failed");
            }
        }
    }
}

/// <summary>Hands a <see cref="FaultStore"/> to the journal of an actor system.</summary>
internal sealed class FaultStoreSetup(FaultStore store) : Setup
{
    public FaultStore Store { get; } = store;
}

/// <summary>A journal in memory that fails, rejects, holds, and lands late, as it is told.</summary>
internal sealed class FaultJournal : AsyncWriteJournal
{
    public const string Hocon = """
        akka.persistence.journal.plugin = "fault"
        fault {
          class = "Tracer.Tests.Support.FaultJournal, Tracer.Tests"
          plugin-dispatcher = "akka.actor.default-dispatcher"
          circuit-breaker { max-failures = 1000000, call-timeout = 10m, reset-timeout = 1s }
        }
        """;

    private readonly FaultStore _store = Context.System.Settings.Setup.Get<FaultStoreSetup>().Value.Store;

    public override Task ReplayMessagesAsync(
        IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max, Action<IPersistentRepresentation> recoveryCallback) =>
        Task.CompletedTask;

    public override Task<long> ReadHighestSequenceNrAsync(
        string persistenceId, long fromSequenceNr, CancellationToken cancellationToken) =>
        Task.FromResult(_store.Highest(persistenceId));

    protected override async Task<IImmutableList<Exception>> WriteMessagesAsync(
        IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken)
    {
        var results = ImmutableList.CreateBuilder<Exception>();
        foreach (var write in messages)
        {
            foreach (var row in (IImmutableList<IPersistentRepresentation>)write.Payload)
            {
                results.Add((await _store.Write(row.PersistenceId, row.SequenceNr, row.Payload).ConfigureAwait(false))!);
            }
        }

        return results.ToImmutable();
    }

    protected override Task DeleteMessagesToAsync(string persistenceId, long toSequenceNr, CancellationToken cancellationToken) => Task.CompletedTask;
}
