namespace Tracer.Records;

/// <summary>Stored bytes are not what FORMAT.md says. Names where.</summary>
public sealed class RecordFormatException : Exception
{
    /// <summary>An error at a byte of a named part.</summary>
    /// <param name="where">What was being read, e.g. <c>segment 12</c>.</param>
    /// <param name="offset">The byte in it, from 0.</param>
    /// <param name="problem">What was expected and what was found.</param>
    public RecordFormatException(string where, long offset, string problem)
        : base($"{where}, byte {offset}: {problem}")
    {
        Where = where;
        Offset = offset;
        Problem = problem;
    }

    /// <summary>What was being read.</summary>
    public string Where { get; }

    /// <summary>The byte in it, from 0.</summary>
    public long Offset { get; }

    /// <summary>What was expected and what was found.</summary>
    public string Problem { get; }
}
