using System.Runtime.ExceptionServices;
using Tracer.Capture;
using Tracer.Records;

namespace Tracer.Tests.Support;

/// <summary>A command under the ptrace collector and a fake sink, on a thread of its own.</summary>
internal sealed class Capturing
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Thread _thread;
    private ExceptionDispatchInfo? _failure;
    private CollectorResult _result;

    public Capturing(FakeSink sink, CaptureOptions options, SpawnOptions command)
    {
        Sink = sink;
        Command = HeldCommand.Start(command);
        Collector = new PtraceCollector(Command, options);
        _thread = new Thread(Run) { IsBackground = true };
        _thread.Start();
    }

    public FakeSink Sink { get; }

    public HeldCommand Command { get; }

    public PtraceCollector Collector { get; }

    /// <summary>Runs a command to its end.</summary>
    public static (FakeSink Sink, CollectorResult Result) Trace(params string[] command) => Trace(new CaptureOptions(), command);

    public static (FakeSink Sink, CollectorResult Result) Trace(CaptureOptions options, params string[] command)
    {
        var sink = new FakeSink();
        return (sink, new Capturing(sink, options, SpawnOptions.Of(command)).Wait());
    }

    /// <summary>Waits for the collector's end.</summary>
    public CollectorResult Wait()
    {
        if (!_thread.Join(Patience))
        {
            Kill();
            throw new TimeoutException("the collector does not end");
        }

        _failure?.Throw();
        Sink.AssertClosed();
        return _result;
    }

    public bool IsRunning => _thread.IsAlive;

    /// <summary>Waits until something holds.</summary>
    public static void Until(Func<bool> condition)
    {
        long deadline = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        while (!condition())
        {
            Assert.True(Environment.TickCount64 < deadline, "it never came to hold");
            Thread.Sleep(2);
        }
    }

    public void Kill() => Tracer.Capture.Interop.Libc.kill(Command.Pid, Tracer.Capture.Interop.Libc.SIGKILL);

    private void Run()
    {
        try
        {
            _result = Collector.Run(Sink);
        }
        catch (Exception e)
        {
            _failure = ExceptionDispatchInfo.Capture(e);
            Kill();
        }
    }
}
