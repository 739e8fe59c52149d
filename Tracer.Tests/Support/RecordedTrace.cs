using System.Text;
using Microsoft.Data.Sqlite;
using Tracer.Actors;
using Tracer.Records;
using Tracer.Records.Payloads;

namespace Tracer.Tests.Support;

/// <summary>
/// A trace made by the real writer from records that a test names, and put into a real store row by row: without actors and without ptrace.
/// </summary>
internal sealed class RecordedTrace : IDisposable
{
    private readonly TestPool _pool = new(blocks: 1024);
    private readonly Uplink _uplink;
    private readonly Dictionary<int, ProcessLog> _logs = [];

    public RecordedTrace() => _uplink = new Uplink(_pool.Writer);

    public long Time { get; set; } = 5_000_000_000;

    public RecordWriter Writer => _pool.Writer;

    public TraceHeader Header { get; init; } = Traces.Header(id: Guid.CreateVersion7()) with
    {
        Command = ["/usr/bin/cat", "/etc/hostname"],
        Machine = MachineExtensions.AuditArchX64,
        NotCovered = ["u: no source"],
        StartedRealtimeNs = 1_700_000_000_000_000_000,
        StartedMonotonicNs = 5_000_000_000,
    };

    public ProcessLog Process(int pid)
    {
        if (!_logs.TryGetValue(pid, out var log))
        {
            log = Writer.TryBegin(new ProcessIdentity(pid, pid, (ulong)pid), Time)!;
            _logs.Add(pid, log);
        }

        return log;
    }

    public RecordedTrace Call(int pid, int number, ulong[] arguments, long result, int? tid = null)
    {
        Writer.Syscall(Process(pid), tid ?? pid, Time += 1000, number, arguments);
        Writer.Sysret(Process(pid), tid ?? pid, Time += 500, number, result);
        return this;
    }

    /// <summary>openat(2) of a path.</summary>
    public RecordedTrace Open(int pid, string path, long result, int? tid = null)
    {
        Writer.Syscall(Process(pid), tid ?? pid, Time += 1000, 257, [unchecked((ulong)-100), 0x7ffc20, 0x80000, 0]);
        Writer.Namei(Process(pid), tid ?? pid, Time += 100, 1, Encoding.UTF8.GetBytes(path), cut: false);
        Writer.Sysret(Process(pid), tid ?? pid, Time += 500, 257, result);
        return this;
    }

    /// <summary>read(2), or write(2), of some bytes.</summary>
    public RecordedTrace Io(int pid, int fd, ReadOnlySpan<byte> data, bool write = false, long? length = null)
    {
        int number = write ? 1 : 0;
        Writer.Syscall(Process(pid), pid, Time += 1000, number, [(ulong)fd, 0x7ffc20, (ulong)(length ?? data.Length)]);
        Writer.Genio(Process(pid), pid, Time += 100, fd, write, length ?? data.Length, data);
        Writer.Sysret(Process(pid), pid, Time += 500, number, length ?? data.Length);
        return this;
    }

    public RecordedTrace Info(int pid, string comm, params string[] argv)
    {
        byte[] arguments = [.. argv.SelectMany(a => Encoding.UTF8.GetBytes(a).Append((byte)0))];
        return Append(pid, RecordKind.ProcInfo, d => new ProcInfoPayload(
            1, pid, pid, pid, default, default, uint.MaxValue, comm, "/usr/bin/" + comm, "/root", "/", arguments).Write(d));
    }

    public RecordedTrace Append(int pid, RecordKind kind, Func<byte[], int> write)
    {
        byte[] payload = new byte[ProcInfoPayload.MaxLength];
        int length = write(payload);
        Writer.Append(Process(pid), pid, Time += 10, kind, payload.AsSpan(0, length));
        return this;
    }

    public RecordedTrace End(int pid)
    {
        Writer.End(Process(pid), EndReason.Exit, Time += 100);
        _logs.Remove(pid);
        return this;
    }

    /// <summary>Frees the pool; must be called now and then by a test that records much.</summary>
    public void Drain() => _uplink.TakeAndCommit();

    /// <summary>The records' blocks, all sealed, in the order of their numbers.</summary>
    public List<Block> Blocks()
    {
        Writer.Tick(long.MaxValue);
        Drain();
        return _uplink.Stored;
    }

    /// <summary>Puts the trace into a store, which is made if need be. <paramref name="closed"/>: with its last row.</summary>
    public TraceHeader Save(string path, bool closed = true, int segmentBytes = 1 << 20, Func<int, byte[], byte[]>? damage = null)
    {
        using var store = SqliteStore.OpenOrCreate(path);
        var header = Header with { Number = store.AllocateNumber(Header.TraceId) };
        var rows = new List<(string Manifest, byte[] Bytes)> { (TracerSerializer.OpenedManifest, header.ToJson()) };
        var segments = new SegmentWriter(header, segmentBytes);
        var blocks = Blocks();
        rows.AddRange(segments.Build(blocks).Select((bytes, i) => (TracerSerializer.SegmentManifest, damage?.Invoke(i, bytes) ?? bytes)));
        if (closed)
        {
            rows.Add((TracerSerializer.ClosedManifest, segments.Close(blocks).ToJson()));
        }

        Insert(path, header.TraceId, rows);
        return header;
    }

    public void Dispose() => _pool.Dispose();

    private static void Insert(string path, Guid traceId, List<(string Manifest, byte[] Bytes)> rows)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ConnectionString);
        connection.Open();
        using var transaction = connection.BeginTransaction();
        for (int i = 0; i < rows.Count; i++)
        {
            using var command = connection.CreateCommand();
            command.CommandText =
                "INSERT INTO journal (created, deleted, persistence_id, sequence_number, message, manifest, identifier, writer_uuid) "
                + "VALUES (0, 0, $id, $nr, $message, $manifest, $identifier, '')";
            command.Parameters.AddWithValue("$id", traceId.ToString("N"));
            command.Parameters.AddWithValue("$nr", i + 1);
            command.Parameters.AddWithValue("$message", rows[i].Bytes);
            command.Parameters.AddWithValue("$manifest", rows[i].Manifest);
            command.Parameters.AddWithValue("$identifier", TracerSerializer.Id);
            command.ExecuteNonQuery();
        }

        transaction.Commit();
    }
}

/// <summary>Puts blocks into segments as the journal writer does, one after the other.</summary>
internal sealed class SegmentWriter(TraceHeader header, int segmentBytes)
{
    private static readonly Guid _poolId = Guid.CreateVersion7();

    private readonly List<byte[]> _segments = [];
    private byte[] _lastHash = new byte[32];
    private (ulong Through, ulong Records, ulong Events, ulong Dropped, ulong Raw, ulong Processes, ulong Stored) _sum;

    public List<byte[]> Build(List<Block> blocks)
    {
        using var builder = new SegmentBuilder(3);
        foreach (var block in blocks)
        {
            builder.Add(block);
            _sum.Through = block.Number;
            _sum.Records += (ulong)block.Count;
            _sum.Events += (ulong)block.Events;
            _sum.Dropped += block.Dropped;
            _sum.Raw += (ulong)block.Length;
            _sum.Processes += block.FirstSeq == 1 && !block.Continues ? 1UL : 0;
            if (builder.RawBytes >= segmentBytes || block == blocks[^1])
            {
                _segments.Add(builder.Build(State(block.LastTimeNs)));
                _lastHash = Segment.HashOf(_segments[^1]);
                _sum.Stored += (ulong)_segments[^1].Length;
            }
        }

        return _segments;
    }

    public TraceEnd Close(List<Block> blocks) => new()
    {
        Reason = "ended",
        WaitStatus = 0,
        EndedRealtimeNs = header.StartedRealtimeNs + 1_234_000_000,
        Blocks = blocks[^1].Number,
        Segments = (ulong)_segments.Count,
        LastHash = Convert.ToHexStringLower(_lastHash),
    };

    private SegmentState State(long lastTimeNs) => new()
    {
        TraceId = header.TraceId,
        PoolId = _poolId,
        Epoch = 1,
        Ordinal = (ulong)_segments.Count + 1,
        PreviousHash = _lastHash,
        CommittedThrough = _sum.Through,
        CommittedBeyond = [],
        Records = _sum.Records,
        Events = _sum.Events,
        Dropped = _sum.Dropped,
        RawBytes = _sum.Raw,
        Processes = _sum.Processes,
        StoredBytesBefore = _sum.Stored,
        LastTimeNs = lastTimeNs,
    };
}
