namespace Tracer.Records;

/// <summary>
/// Which process. With the trace's machine and boot id this is unique: a pid alone is used again.
/// </summary>
/// <param name="Pid">Process id as the recorder sees it (proc(5)).</param>
/// <param name="NamespacePid">Process id in the process's own pid namespace, the last of <c>NSpid</c> in proc_pid_status(5).</param>
/// <param name="StartTicks">Start time in clock ticks since boot, field 22 of proc_pid_stat(5); 0 when it could not be read.</param>
public readonly record struct ProcessIdentity(int Pid, int NamespacePid, ulong StartTicks);
