namespace Tracer.Records;

/// <summary>A source of records: ptrace, later eBPF. It runs on a thread of its own, which is the writer thread of its <see cref="IRecordSink"/>.</summary>
public interface ICollector
{
    /// <summary>Runs until every traced process has ended or was left. Called once, on a plain thread.</summary>
    CollectorResult Run(IRecordSink sink);

    /// <summary>Asks <see cref="Run"/> to leave the traced processes running and to return. Any thread.</summary>
    void Detach();
}

/// <summary>How a collector's run ended.</summary>
/// <param name="WaitStatus">The command's wait status (wait(2)); null when it was still running at a detach.</param>
/// <param name="SpawnErrno">errno of a command that could not be executed; 0 when it was.</param>
/// <param name="Processes">Processes followed in all.</param>
public readonly record struct CollectorResult(int? WaitStatus, int SpawnErrno, long Processes);
