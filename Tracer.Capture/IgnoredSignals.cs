using Tracer.Capture.Interop;

namespace Tracer.Capture;

/// <summary>
/// Ignores signals in this process for the moment in which a child is made: the child inherits it. Only those are touched that were
/// ignored when Tracer was started and have a handler of .NET's since. A signal that comes in this moment is ignored, as it would be untraced.
/// </summary>
internal readonly unsafe ref struct IgnoredSignals : IDisposable
{
    private readonly (int Signal, Libc.SigAction Action)[] _restore;

    public IgnoredSignals(ulong signals)
    {
        var restore = new List<(int, Libc.SigAction)>();
        for (int signal = 1; signal <= 64; signal++)
        {
            Libc.SigAction old;
            if ((signals >> (signal - 1) & 1) == 0 || Libc.sigaction(signal, null, &old) != 0 || old.sa_handler == Libc.SIG_IGN)
                continue;

            var ignore = new Libc.SigAction { sa_handler = Libc.SIG_IGN };
            if (Libc.sigaction(signal, &ignore, null) == 0)
                restore.Add((signal, old));
        }

        _restore = [.. restore];
    }

    public void Dispose()
    {
        foreach ((int signal, Libc.SigAction action) in _restore)
        {
            Libc.SigAction old = action;
            _ = Libc.sigaction(signal, &old, null);
        }
    }
}
