using System.Diagnostics;
using Tracer.Actors;

namespace Tracer.Host;

/// <summary>A line that says how far the store is behind after the command has ended: redrawn on a terminal; elsewhere said once, and again when it changes between slow and failing.</summary>
internal sealed class StoreProgress(RunOptions options, LocalPipeline pipeline) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(250);

    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly bool _terminal = !Console.IsErrorRedirected;
    private long _drawn;
    private string _said = "";

    /// <summary>Shows the line when it is time to.</summary>
    public void Show()
    {
        if (options.Quiet || Stopwatch.GetElapsedTime(_start) < Patience || (_drawn != 0 && Stopwatch.GetElapsedTime(_drawn) < Redraw))
        {
            return;
        }

        var now = pipeline.Progress;
        if (now is { BytesOutstanding: 0, Failure: null })
        {
            return; // only the end itself is being written
        }

        _drawn = Stopwatch.GetTimestamp();
        string state = now.Failure is { } failure
            ? $"the store fails ({failure}) and is tried again"
            : "the store is behind";
        if (!_terminal && state == _said)
        {
            return;
        }

        _said = state;
        string line = $"tracer: {state}: {Sizes.Bytes(now.BytesOutstanding)} to commit; Ctrl-C keeps it for 'tracer recover'";
        Console.Error.Write(_terminal ? $"\r{line}\e[K" : line + "\n");
    }

    /// <summary>Takes the line away.</summary>
    public void Dispose()
    {
        if (_drawn != 0 && _terminal)
        {
            Console.Error.Write("\r\e[K");
        }
    }
}
