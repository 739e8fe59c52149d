using Tracer.Capture;
using Tracer.Records;

namespace Tracer.Host;

/// <summary>What <c>tracer run</c> was asked for.</summary>
internal sealed record RunOptions
{
    /// <summary>The command, as text for display.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>The command's bytes.</summary>
    public required IReadOnlyList<byte[]> Arguments { get; init; }

    /// <summary>The store file.</summary>
    public required string Store { get; init; }

    /// <summary>Points asked for.</summary>
    public required Points Points { get; init; }

    /// <summary>Follow children.</summary>
    public bool Inherit { get; init; } = true;

    /// <summary>Policy each.</summary>
    public bool Each { get; init; }

    /// <summary>A commit reaches the disk before it is answered.</summary>
    public bool Durable { get; init; }

    /// <summary>Bytes of data kept of a read or write.</summary>
    public int GenioSize { get; init; } = 256;

    /// <summary>The longest hold; null: none.</summary>
    public TimeSpan? MaxHold { get; init; }

    /// <summary>What happens after it.</summary>
    public StallAction OnStall { get; init; }

    /// <summary>Traced processes die with the recorder.</summary>
    public bool KillOnExit { get; init; }

    /// <summary>Command and recorder on one CPU.</summary>
    public bool SameCpu { get; init; }

    /// <summary>Name of the trace.</summary>
    public string? Name { get; init; }

    /// <summary>No summary.</summary>
    public bool Quiet { get; init; }

    /// <summary>More in the summary.</summary>
    public bool Verbose { get; init; }

    /// <summary>Show the records when the command has ended.</summary>
    public bool Dump { get; init; }

    /// <summary>Directory of the pool; null: the default.</summary>
    public string? PoolDirectory { get; init; }

    /// <summary>Blocks in the pool.</summary>
    public int PoolBlocks { get; init; } = PoolFile.DefaultBlocks;
}
