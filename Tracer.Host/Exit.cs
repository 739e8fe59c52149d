namespace Tracer.Host;

/// <summary>Exit statuses of commands. <c>run</c> gives its command's own, and 126 and 127 as a shell does.</summary>
internal static class Exit
{
    /// <summary>Done; of verify: complete.</summary>
    public const int Ok = 0;

    /// <summary>Of verify only: damaged.</summary>
    public const int Damaged = 1;

    /// <summary>A usage error, or a TRACE that names none or several.</summary>
    public const int Usage = 2;

    /// <summary>Of verify only: something is missing, and the trace says what.</summary>
    public const int Declared = 3;

    /// <summary>Of verify only: not ended yet.</summary>
    public const int Open = 4;

    /// <summary>Tracer's own failure: an environment or a store that can't be used.</summary>
    public const int Failure = 125;
}

/// <summary>What the user asked for can't be done as asked: exit status 2. The message is one line.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>Tracer or its surroundings failed: exit status 125. The message is one line.</summary>
internal sealed class FailureException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Whoever read our output has closed it, as head(1) does: the end, without a word.</summary>
internal sealed class ClosedOutputException() : Exception("the output was closed");
