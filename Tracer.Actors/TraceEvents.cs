using Tracer.Records;

namespace Tracer.Actors;

/// <summary>An event of a trace, as the journal stores it (FORMAT.md, "Events").</summary>
public interface ITraceEvent;

/// <summary>The first event.</summary>
public sealed record TraceOpened(TraceHeader Header) : ITraceEvent;

/// <summary>A segment: the blocks that one write commits. The bytes are stored as they are and must not be changed.</summary>
public sealed record SegmentWritten(byte[] Bytes) : ITraceEvent;

/// <summary>The last event.</summary>
public sealed record TraceClosed(TraceEnd End) : ITraceEvent;

/// <summary>What the recorder knows of a trace's end; the writer adds what only it knows.</summary>
/// <param name="Reason">As <see cref="TraceEnd.Reason"/>.</param>
/// <param name="WaitStatus">As <see cref="TraceEnd.WaitStatus"/>.</param>
/// <param name="EndedRealtimeNs">As <see cref="TraceEnd.EndedRealtimeNs"/>.</param>
public sealed record TraceEnding(string Reason, int? WaitStatus, long EndedRealtimeNs);
