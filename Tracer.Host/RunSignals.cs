using System.Runtime.InteropServices;

namespace Tracer.Host;

/// <summary>
/// Signals while a command runs under Tracer. The terminal sends Ctrl-C, Ctrl-\ and Ctrl-Z to the command too: Tracer leaves them to it, and notes a
/// Ctrl-C for when the command has ended. SIGTERM and SIGHUP sent to Tracer are meant for the command and passed on; a second SIGTERM
/// leaves the command running untraced.
/// </summary>
internal sealed class RunSignals : IDisposable
{
    private const int SIGHUP = 1;
    private const int SIGTERM = 15;

    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly int _pid;
    private int _interrupts;
    private int _terms;
    private int _detach;

    public RunSignals(int pid)
    {
        _pid = pid;
        Handle(PosixSignal.SIGINT, () => Interlocked.Exchange(ref _interrupts, 1));
        Handle(PosixSignal.SIGQUIT, () => { });
        Handle(PosixSignal.SIGTSTP, () => { });
        Handle(PosixSignal.SIGHUP, () => PassOn(SIGHUP));
        Handle(PosixSignal.SIGTERM, Terminate);
    }

    /// <summary>True once for each Ctrl-C.</summary>
    public bool TakeInterrupt() => Interlocked.Exchange(ref _interrupts, 0) != 0;

    /// <summary>True once when the traced processes are to be left.</summary>
    public bool TakeDetach() => Interlocked.Exchange(ref _detach, 0) != 0;

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }
    }

    private void Handle(PosixSignal signal, Action action) => _registrations.Add(PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        action();
    }));

    private void Terminate()
    {
        if (Interlocked.Increment(ref _terms) > 1)
        {
            Volatile.Write(ref _detach, 1);
        }
        else
        {
            PassOn(SIGTERM);
        }
    }

    /// <summary>To the command, unless the terminal's driver has sent it one too: a second SIGHUP does no harm, so no attempt is made to tell.</summary>
    private void PassOn(int signal) => JobControl.Send(_pid, signal);
}
