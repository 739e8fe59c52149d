namespace Tracer.Records;

/// <summary>Names of error numbers, signals and signal codes of Linux, as UTF-8. Constant data: no allocation, no lookup in the host.</summary>
public static partial class Symbols
{
    /// <summary>
    /// Whether an error number is one of the kernel's restart codes (ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND,
    /// ERESTART_RESTARTBLOCK): the call is begun again or becomes EINTR, and the program never sees the code. kdump's RESTART.
    /// </summary>
    public static bool IsRestart(int errno) => errno is 512 or 513 or 514 or 516;
}
