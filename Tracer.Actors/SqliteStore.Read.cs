using Microsoft.Data.Sqlite;
using Tracer.Records;

namespace Tracer.Actors;

/// <summary>A row of a trace.</summary>
/// <param name="SequenceNr">1, 2, 3 ...</param>
/// <param name="Manifest">What it is, by the constants of <see cref="TracerSerializer"/>.</param>
/// <param name="Bytes">Its payload; of a segment the segment.</param>
public sealed record StoredEvent(long SequenceNr, string Manifest, byte[] Bytes);

/// <summary>A trace as its first and last rows show it.</summary>
/// <param name="Header">How it began.</param>
/// <param name="Last">What its last segment says; null when there is none.</param>
/// <param name="LastSegmentBytes">Bytes of the last segment.</param>
/// <param name="End">How it ended; null while it is open.</param>
public sealed record StoredTrace(TraceHeader Header, SegmentState? Last, long LastSegmentBytes, TraceEnd? End)
{
    /// <summary>Number in the store.</summary>
    public int Number => Header.Number;

    /// <summary>Bytes of all segments.</summary>
    public long StoredBytes => (long)(Last?.StoredBytesBefore ?? 0) + LastSegmentBytes;
}

public sealed partial class SqliteStore
{
    /// <summary>
    /// A segment's head is read this far for its state; it is about 200 bytes and grows with the blocks committed out of order.
    /// </summary>
    private const int StateBytes = 64 << 10;

    /// <summary>All traces, by number. One whose first row is not there yet is left out.</summary>
    public IReadOnlyList<StoredTrace> ListTraces()
    {
        lock (_lock)
        {
            return Guard(() =>
            {
                var ids = new List<string>();
                using (var command = Command("SELECT persistence_id FROM trace WHERE deleting = 0 ORDER BY number"))
                using (var reader = command.ExecuteReader())
                {
                    while (reader.Read())
                    {
                        ids.Add(reader.GetString(0));
                    }
                }

                var traces = new List<StoredTrace>(ids.Count);
                foreach (string id in ids)
                {
                    if (ReadTrace(id) is { } trace)
                    {
                        traces.Add(trace);
                    }
                }

                return traces;
            });
        }
    }

    /// <summary>The rows of a trace in order, one at a time in memory. Rows that are written meanwhile are seen.</summary>
    /// <remarks>Each row is a query of its own: a reader that stays open would keep the write-ahead log from being copied back.</remarks>
    public IEnumerable<StoredEvent> ReadEvents(Guid traceId, long afterSequenceNr = 0)
    {
        string id = JournalActor.PersistenceIdOf(traceId);
        while (ReadNext(id, afterSequenceNr) is { } row)
        {
            afterSequenceNr = row.SequenceNr;
            yield return row;
        }
    }

    /// <inheritdoc/>
    public TraceTail ReadTail(Guid traceId)
    {
        lock (_lock)
        {
            return Guard(() =>
            {
                using var command = Command(
                    "SELECT sequence_number, manifest, message FROM journal WHERE persistence_id = $id ORDER BY sequence_number DESC",
                    ("$id", JournalActor.PersistenceIdOf(traceId)));
                using var reader = command.ExecuteReader();
                long last = 0;
                TraceEnd? end = null;
                while (reader.Read())
                {
                    last = Math.Max(last, reader.GetInt64(0));
                    byte[] bytes = reader.GetFieldValue<byte[]>(2);
                    switch (reader.GetString(1))
                    {
                        case TracerSerializer.ClosedManifest:
                            end = TraceEnd.FromJson(bytes);
                            break;
                        case TracerSerializer.SegmentManifest:
                            var segment = Segment.Parse(bytes, $"segment in row {last}");
                            return new TraceTail(last, segment.State, segment.Hash, bytes.Length, end);
                    }
                }

                return new TraceTail(last, null, default, 0, end);
            });
        }
    }

    private StoredEvent? ReadNext(string id, long after)
    {
        lock (_lock)
        {
            return Guard(() =>
            {
                using var command = Command(
                    "SELECT sequence_number, manifest, message FROM journal WHERE persistence_id = $id AND sequence_number > $after ORDER BY sequence_number LIMIT 1",
                    ("$id", id),
                    ("$after", after));
                using var reader = command.ExecuteReader();
                return reader.Read()
                    ? new StoredEvent(reader.GetInt64(0), reader.GetString(1), reader.GetFieldValue<byte[]>(2))
                    : null;
            });
        }
    }

    private StoredTrace? ReadTrace(string id)
    {
        TraceHeader? header = null;
        using (var command = Command("SELECT manifest, message FROM journal WHERE persistence_id = $id ORDER BY sequence_number LIMIT 1", ("$id", id)))
        using (var reader = command.ExecuteReader())
        {
            if (reader.Read() && reader.GetString(0) == TracerSerializer.OpenedManifest)
            {
                header = TraceHeader.FromJson(reader.GetFieldValue<byte[]>(1));
            }
        }

        if (header is null)
        {
            return null;
        }

        TraceEnd? end = null;
        using (var command = Command("SELECT manifest, ordering FROM journal WHERE persistence_id = $id ORDER BY sequence_number DESC", ("$id", id)))
        using (var reader = command.ExecuteReader())
        {
            while (reader.Read())
            {
                switch (reader.GetString(0))
                {
                    case TracerSerializer.ClosedManifest:
                        end = TraceEnd.FromJson(ReadBlob(reader.GetInt64(1), int.MaxValue, out _));
                        break;
                    case TracerSerializer.SegmentManifest:
                        byte[] start = ReadBlob(reader.GetInt64(1), StateBytes, out long length);
                        return new StoredTrace(header, Segment.PeekState(start, $"last segment of trace {header.Number}"), length, end);
                }
            }
        }

        return new StoredTrace(header, null, 0, end);
    }

    /// <summary>The start of a row's payload; SQLite then reads no more pages than that.</summary>
    private byte[] ReadBlob(long rowId, int most, out long length)
    {
        using var blob = new SqliteBlob(_connection, "journal", "message", rowId, readOnly: true);
        length = blob.Length;
        byte[] bytes = new byte[Math.Min(length, most)];
        blob.ReadExactly(bytes);
        return bytes;
    }
}
