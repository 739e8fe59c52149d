using System.Diagnostics;
using Tracer.Actors;
using Tracer.Records;
using Tracer.Records.Payloads;

namespace Tracer.Benchmarks;

/// <summary>A writer on a real pool with 64 processes, and the actors to a real SQLite store.</summary>
internal sealed class Pipeline : IDisposable
{
    private const int Processes = 64;

    private readonly PoolFile _pool;
    private readonly ProcessLog[] _logs = new ProcessLog[Processes];
    private readonly int[] _next = new int[Processes];
    private readonly long[] _times = new long[Processes];
    private readonly AutoResetEvent _returned = new(false);

    public Pipeline(string directory, int blocks = PoolFile.DefaultBlocks)
    {
        Store = SqliteStore.OpenOrCreate(Path.Combine(directory, "pipeline.db"));
        var id = Guid.CreateVersion7();
        _pool = PoolFile.Create($"/dev/shm/tracer-bench-{Guid.NewGuid():N}", id, blocks);
        _pool.Populate();
        Writer = new RecordWriter(_pool);
        Writer.BlocksReturned += () => _returned.Set();
        Header = HeaderOf(id, Store.AllocateNumber(id));
        for (int i = 0; i < Processes; i++)
        {
            _times[i] = Stopwatch.GetTimestamp();
            _logs[i] = Writer.TryBegin(new ProcessIdentity(1000 + i, 1000 + i, 1), _times[i])!;
        }
    }

    public SqliteStore Store { get; }

    public RecordWriter Writer { get; }

    public TraceHeader Header { get; }

    public long Records { get; private set; }

    public long HeldNs { get; private set; }

    /// <summary>Lets each process begin at another place of the sample, so that their blocks differ.</summary>
    public void Spread(Samples samples)
    {
        for (int i = 0; i < Processes; i++)
        {
            _next[i] = (int)((long)samples.Count * i / Processes);
        }
    }

    /// <summary>Appends records of the sample round the processes, a run of some each, until told to stop; waits for blocks when there are none.</summary>
    public void Flood(Samples samples, Func<bool> stop)
    {
        for (int p = 0; !stop(); p = (p + 1) % Processes)
        {
            for (int n = 0; n < 256;)
            {
                if (!samples.TryAppend(_next[p], Writer, _logs[p], ref _times[p]))
                {
                    long start = Stopwatch.GetTimestamp();
                    Writer.Tick(start);
                    _returned.WaitOne(5);
                    HeldNs += Stopwatch.GetTimestamp() - start;
                    if (stop())
                        return;

                    continue;
                }

                n++;
                Records++;
                _next[p] = _next[p] + 1 == samples.Count ? 0 : _next[p] + 1;
            }
        }
    }

    /// <summary>Ends all processes.</summary>
    public void End()
    {
        for (int i = 0; i < Processes; i++)
        {
            Writer.End(_logs[i], EndReason.Exit, _times[i]);
        }

        while (Writer.HasEndings)
        {
            _returned.WaitOne(5);
            Writer.Tick(Stopwatch.GetTimestamp());
        }
    }

    public void Dispose()
    {
        _pool.Delete();
        Directory.Delete(Path.GetDirectoryName(_pool.Path)!, recursive: true);
        Store.Dispose();
        _returned.Dispose();
    }

    private static TraceHeader HeaderOf(Guid id, int number) => new()
    {
        TraceId = id,
        Number = number,
        Command = ["benchmark"],
        Points = "acins",
        Policy = "window",
        Collector = "benchmark",
        GenioSize = 256,
        Host = "",
        MachineId = "",
        BootId = "",
        Machine = 0xC000003E,
        Uid = 0,
        StartedRealtimeNs = 0,
        StartedMonotonicNs = Stopwatch.GetTimestamp(),
        TracerVersion = "benchmark",
    };
}
