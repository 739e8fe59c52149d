using System.Diagnostics;
using Tracer.Actors;
using Tracer.Capture;
using Tracer.Records;

namespace Tracer.Host;

/// <summary>
/// One <c>tracer run</c>: where the collector meets the actors. The command is held at its exec while pool and store are made ready, side by
/// side; the actor system starts while it runs, and what it does meanwhile waits in the pool.
/// </summary>
internal sealed class Recorder(RunOptions options)
{
    private readonly RunMessages _say = new(options);
    private readonly ManualResetEventSlim _seized = new();
    private readonly ManualResetEventSlim _go = new();
    private readonly ManualResetEventSlim _captured = new();
    private HeldCommand _held = null!;
    private PtraceCollector _collector = null!;
    private RecordWriter? _writer;
    private CollectorResult _result;
    private Exception? _captureFailure;

    /// <summary>Runs the command to its end and gives the exit status; does not return when the command died of a signal.</summary>
    public int Run()
    {
        if (!TryHold(out int status))
        {
            return status;
        }

        using var signals = new RunSignals(_held.Pid);
        var capture = new Thread(Capture) { IsBackground = true, Name = "collector" };
        capture.Start();
        try
        {
            return Record(signals);
        }
        catch (Exception e) when (e is StoreException or PoolException or FailureException)
        {
            GiveUp(capture);
            return _say.Failure(e.Message);
        }
    }

    private bool TryHold(out int status)
    {
        status = 0;
        try
        {
            _held = HeldCommand.Start(new SpawnOptions { Arguments = options.Arguments });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.ComponentModel.Win32Exception)
        {
            status = _say.Failure($"{options.Command[0]} can't be started: {e.Message}");
            return false;
        }

        _collector = new PtraceCollector(_held, CaptureOptionsOf(options));
        return true;
    }

    private CaptureOptions CaptureOptionsOf(RunOptions o) => new()
    {
        Points = PtraceCollector.Covered(o.Points),
        InheritChildren = o.Inherit,
        GenioSize = o.GenioSize,
        EachPolicy = o.Each,
        KillOnExit = o.KillOnExit,
        SameCpu = o.SameCpu,
        MaxHold = o.MaxHold,
        OnStall = o.OnStall,
        OnHold = _say.Hold,
        OnGroupStop = OnGroupStop,
    };

    /// <summary>
    /// Ctrl-Z goes to the command and to Tracer, which ignores it: the command stops, under ptrace, and then Tracer stops itself,
    /// so that the shell sees the job stop. Its SIGCONT wakes both.
    /// </summary>
    private void OnGroupStop(int pid, int signal)
    {
        if (pid == _held.Pid && JobControl.IsInOwnGroup(pid))
        {
            JobControl.StopSelf();
        }
    }

    /// <summary>The collector's thread: seizes at once, so that the held command can't outlive Tracer, and runs when all is ready.</summary>
    private void Capture()
    {
        try
        {
            _collector.Seize();
            _seized.Set();
            _go.Wait();
            if (_writer is not null)
            {
                _result = _collector.Run(_writer);
            }
        }
#pragma warning disable CA1031 // It is told on the main thread, which waits for this one.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _captureFailure = e;
        }
        finally
        {
            _captured.Set();
            _seized.Set();
        }
    }

    private void GiveUp(Thread capture)
    {
        if (!_go.IsSet)
        {
            _go.Set();
            capture.Join();
            _held.Abandon();
        }

        _held.Dispose();
    }

    private int Record(RunSignals signals)
    {
        var id = Guid.CreateVersion7();
        var opening = Task.Run(() => TraceStore.Open(options.Store, id));
        using var pool = PoolFile.Create(options.PoolDirectory ?? PoolDirectory.Default(), Guid.CreateVersion7(), options.PoolBlocks);
        try
        {
            pool.Populate();
            _say.PoolSize(pool);
            var header = TraceStore.HeaderOf(options, id);
            pool.Header = header; // without its number yet: the first writing of JSON takes a while, and this thread only waits
            var (store, number) = opening.GetAwaiter().GetResult();
            using (store)
            {
                header = header with { Number = number };
                _seized.Wait();
                if (_captureFailure is not null)
                {
                    pool.Delete();
                    throw new FailureException(
                        $"{options.Command[0]} can't be traced: {_captureFailure.Message}; is it, or Tracer, traced by another program, or ptrace restricted here (kernel.yama.ptrace_scope, a container's seccomp profile)?");
                }

                pool.Destination = store.Path;
                pool.Header = header;
                _writer = new RecordWriter(pool) { Clock = () => new(HostFacts.RealtimeNs, HostFacts.BoottimeNs) };
                _go.Set();
                return RecordInto(store, header, pool, signals);
            }
        }
        catch (StoreException) when (!_go.IsSet)
        {
            pool.Delete();
            throw;
        }
    }

    private int RecordInto(SqliteStore store, TraceHeader header, PoolFile pool, RunSignals signals)
    {
        var starting = Task.Run(() => LocalPipeline.Start(new LocalPipelineOptions
        {
            Store = store,
            Header = header,
            Source = _writer!,
            PoolBytes = (long)pool.BlockCount * 4096,
            Durable = options.Durable,
        }));
        // What earlier recorders left behind is committed beside, from pools of their own.
        var rescue = Task.Run(() => PoolRescue.RunAsync(Path.GetDirectoryName(pool.Path)!, _say.Rescued));
        WaitForCommand(signals);
        _held.Dispose();
        if (_captureFailure is not null)
        {
            // The pool has what was recorded; the traced processes go on, or die with this process by --kill-on-exit.
            return _say.Failure($"recording failed: {_captureFailure.Message}; what was recorded is kept in {pool.Path} for 'tracer recover'");
        }

        var pipeline = starting.GetAwaiter().GetResult();
        var finish = FinishAsync(pipeline);
        if (!WaitForStore(finish, pipeline, signals))
        {
            return Left(pipeline, pool);
        }

        finish.GetAwaiter().GetResult();
        pool.Delete();
        rescue.GetAwaiter().GetResult();
        if (_result.SpawnErrno != 0)
        {
            store.Delete(header.TraceId);
            return _say.NotExecuted(_result.SpawnErrno);
        }

        _say.Summary(header, store, _writer!, pipeline);
        int status = options.Dump && store.Find(header.TraceId) is { } stored ? DumpCommand.Show(store, stored) : Exit.Ok;
        return status != 0 ? status : EndAsCommand();
    }

    /// <summary>Commits the rest. The collector's thread is done, so this one is the writer's now.</summary>
    private async Task<TraceEnd> FinishAsync(LocalPipeline pipeline)
    {
        // Ends that found no room are written as blocks come back.
        while (_writer!.HasEndings)
        {
            _writer.Tick(Stopwatch.GetTimestamp());
            await Task.Delay(10).ConfigureAwait(false);
        }

        return await pipeline.FinishAsync(new TraceEnding(
            _result.WaitStatus is null ? "detached" : "ended", _result.WaitStatus, HostFacts.RealtimeNs)).ConfigureAwait(false);
    }

    private void WaitForCommand(RunSignals signals)
    {
        var descendants = new DescendantsWatch(_collector, _say);
        while (!_captured.Wait(TimeSpan.FromMilliseconds(200)))
        {
            if (descendants.Look() && signals.TakeInterrupt())
            {
                _say.Detaching();
                _collector.Detach();
            }

            if (signals.TakeDetach())
            {
                _collector.Detach();
            }
        }

        _ = signals.TakeInterrupt(); // a Ctrl-C that ended the command is not meant for what comes now
    }

    /// <summary>Waits for the store, with a progress line on a terminal. False when Ctrl-C ended it.</summary>
    private bool WaitForStore(Task<TraceEnd> finish, LocalPipeline pipeline, RunSignals signals)
    {
        using var progress = new StoreProgress(options, pipeline);
        while (!finish.Wait(TimeSpan.FromMilliseconds(20)))
        {
            progress.Show();
            if (signals.TakeInterrupt() || pipeline.Progress.Fatal is not null)
            {
                return false;
            }
        }

        return true;
    }

    private int Left(LocalPipeline pipeline, PoolFile pool)
    {
        pipeline.AbandonAsync().GetAwaiter().GetResult();
        _say.Left(pipeline.Progress, pool);
        return Exit.Failure;
    }

    private int EndAsCommand()
    {
        if (_result.WaitStatus is not { } status)
        {
            return 0;
        }

        Console.Out.Flush();
        if (OwnEnd.SignalOf(status) is > 0 and var signal)
        {
            OwnEnd.Raise(signal);
        }

        return OwnEnd.StatusOf(status);
    }
}
