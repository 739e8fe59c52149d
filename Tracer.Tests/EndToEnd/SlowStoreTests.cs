using Microsoft.Data.Sqlite;
using Tracer.Records;
using Tracer.Tests.Support;

namespace Tracer.Tests.EndToEnd;

/// <summary>C8 and C11 with a real program and a store that another writer keeps busy.</summary>
public sealed class SlowStoreTests : IDisposable
{
    private readonly TracerRun _tracer = new();

    public void Dispose() => _tracer.Dispose();

    [Fact]
    public void C11_StoreBusyWhilePoolIsSmall_ProgramIsHeldAndNothingIsDropped()
    {
        Assert.Equal(0, _tracer.Run(["-q"], "true").Status); // makes the store
        using var busy = new BusyStore(_tracer.Store);
        var ended = _tracer.Run(["--pool-size", "1"], "dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=60000");
        busy.Stop();
        Assert.Equal(0, ended.Status);
        Assert.Contains("60000 bytes", ended.Error, StringComparison.Ordinal);
        Assert.Contains("dropped 0", ended.Error, StringComparison.Ordinal);
        var report = _tracer.Verify();
        Assert.Equal((VerifyVerdict.Complete, 0UL), (report.Verdict, report.Dropped));
        Assert.True(report.Processes.Sum(p => p.HeldNs) > 0, "the pool of 1 MiB was never full; the test shows nothing");
    }

    [Fact]
    public void C8_FloodAndQuietProcessesOnASmallPool_AllAreComplete()
    {
        string flood = "i=0; while [ $i -lt 8 ]; do dd if=/dev/zero of=/dev/null bs=1 count=3000 2>/dev/null & i=$((i+1)); done; "
            + "i=0; while [ $i -lt 8 ]; do sleep 1 & i=$((i+1)); done; wait";
        var ended = _tracer.Run(["--pool-size", "1"], "sh", "-c", flood);
        Assert.Equal(0, ended.Status);
        var report = _tracer.Verify();
        Assert.Equal((VerifyVerdict.Complete, 0UL, 17), (report.Verdict, report.Dropped, report.Processes.Count));
    }

    /// <summary>Another user of the store's file who takes its write lock for 300 ms again and again.</summary>
    private sealed class BusyStore : IDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Thread _thread;

        public BusyStore(string path)
        {
            _thread = new Thread(() => Keep(path)) { IsBackground = true };
            _thread.Start();
        }

        public void Stop()
        {
            _stop.Cancel();
            _thread.Join();
        }

        public void Dispose()
        {
            Stop();
            _stop.Dispose();
        }

        private void Keep(string path)
        {
            using var connection = new SqliteConnection($"Data Source={path};Pooling=False;Default Timeout=30");
            connection.Open();
            while (!_stop.IsCancellationRequested)
            {
                using var transaction = connection.BeginTransaction(deferred: false);
                _stop.Token.WaitHandle.WaitOne(300);
                transaction.Rollback();
                _stop.Token.WaitHandle.WaitOne(5);
            }
        }
    }
}
