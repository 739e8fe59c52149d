namespace Tracer.Records;

/// <summary>What is known of a trace when it begins. Stored as JSON in the pool and in the event TraceOpened (FORMAT.md, "Events").</summary>
public sealed record TraceHeader
{
    /// <summary>The version of this JSON that is written; a reader refuses a higher one.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Version of this JSON.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>UUIDv7. Also the persistence id, in the form <c>N</c>.</summary>
    public required Guid TraceId { get; init; }

    /// <summary>Number in the store, from 1; given once and not used again.</summary>
    public required int Number { get; init; }

    /// <summary>Name by <c>--name</c>; else null.</summary>
    public string? Name { get; init; }

    /// <summary>The command and its arguments, decoded as UTF-8 for display; the exact bytes are in Args.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>Points in force, as letters (design.md, section 2).</summary>
    public required string Points { get; init; }

    /// <summary>Points that were asked for or are default and can't be had, each with the reason, e.g. <c>u: no source</c>.</summary>
    public IReadOnlyList<string> NotCovered { get; init; } = [];

    /// <summary><c>window</c> or <c>each</c>.</summary>
    public required string Policy { get; init; }

    /// <summary>Collector: <c>ptrace</c>.</summary>
    public required string Collector { get; init; }

    /// <summary>Most bytes of data kept of one Genio.</summary>
    public required int GenioSize { get; init; }

    /// <summary>Host name.</summary>
    public required string Host { get; init; }

    /// <summary>machine-id(5); empty when there is none.</summary>
    public required string MachineId { get; init; }

    /// <summary>/proc/sys/kernel/random/boot_id.</summary>
    public required string BootId { get; init; }

    /// <summary>AUDIT_ARCH of the recorder.</summary>
    public required uint Machine { get; init; }

    /// <summary>Real uid of the recorder.</summary>
    public required uint Uid { get; init; }

    /// <summary>CLOCK_REALTIME at the start, nanoseconds since 1970.</summary>
    public required long StartedRealtimeNs { get; init; }

    /// <summary>CLOCK_MONOTONIC at the same moment.</summary>
    public required long StartedMonotonicNs { get; init; }

    /// <summary>Version of Tracer.</summary>
    public required string TracerVersion { get; init; }

    /// <summary>As UTF-8 JSON.</summary>
    public byte[] ToJson() => TraceHeaderJson.Write(this);

    /// <summary>From UTF-8 JSON; throws <see cref="RecordFormatException"/> when it is none or of a newer version.</summary>
    public static TraceHeader FromJson(ReadOnlySpan<byte> untrusted) => TraceHeaderJson.ReadHeader(untrusted);
}

/// <summary>The last event of a trace.</summary>
public sealed record TraceEnd
{
    /// <summary>The version of this JSON that is written.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Version of this JSON.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary><c>ended</c>, <c>detached</c> or <c>recovered</c> (the recorder died and its pool was committed by another).</summary>
    public required string Reason { get; init; }

    /// <summary>The command's wait status (wait(2)); null when it was not seen.</summary>
    public int? WaitStatus { get; init; }

    /// <summary>CLOCK_REALTIME, nanoseconds since 1970.</summary>
    public required long EndedRealtimeNs { get; init; }

    /// <summary>Blocks in the trace: the last block number.</summary>
    public required ulong Blocks { get; init; }

    /// <summary>Segments in the trace.</summary>
    public required ulong Segments { get; init; }

    /// <summary>SHA-256 of the last segment, hex; empty when there is none. A cut after it shows (FORMAT.md, "Chain").</summary>
    public required string LastHash { get; init; }

    /// <summary>As UTF-8 JSON.</summary>
    public byte[] ToJson() => TraceHeaderJson.Write(this);

    /// <summary>From UTF-8 JSON; throws <see cref="RecordFormatException"/> when it is none or of a newer version.</summary>
    public static TraceEnd FromJson(ReadOnlySpan<byte> untrusted) => TraceHeaderJson.ReadEnd(untrusted);
}
