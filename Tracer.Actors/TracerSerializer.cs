using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using Tracer.Records;

namespace Tracer.Actors;

/// <summary>The bytes of a trace's events. Manifests are stored in each row: never reused, versioned by their number.</summary>
/// <param name="system">The actor system.</param>
public sealed class TracerSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>Identifier of this serializer, in each row. 1 to 100 are Akka's.</summary>
    public const int Id = 9101;

    /// <summary>TraceOpened: <see cref="TraceHeader"/> as JSON.</summary>
    public const string OpenedManifest = "to1";

    /// <summary>A segment's bytes as they are.</summary>
    public const string SegmentManifest = "s1";

    /// <summary>TraceClosed: <see cref="TraceEnd"/> as JSON.</summary>
    public const string ClosedManifest = "tc1";

    /// <summary>Kept for TraceChanged: points, policy or owner changed in mid-trace. Not written yet.</summary>
    public const string ChangedManifest = "tg1";

    /// <summary>Kept for Truncated: older segments were deleted. Not written yet.</summary>
    public const string TruncatedManifest = "tt1";

    /// <summary>Kept for TraceAbandoned: nobody will end this trace. Not written yet.</summary>
    public const string AbandonedManifest = "ta1";

    /// <inheritdoc/>
    public override int Identifier => Id;

    /// <inheritdoc/>
    public override string Manifest(object o) => o switch
    {
        SegmentWritten => SegmentManifest,
        TraceOpened => OpenedManifest,
        TraceClosed => ClosedManifest,
        _ => throw new ArgumentException($"no event of a trace: {o.GetType()}", nameof(o)),
    };

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => obj switch
    {
        SegmentWritten segment => segment.Bytes,
        TraceOpened opened => opened.Header.ToJson(),
        TraceClosed closed => closed.End.ToJson(),
        _ => throw new ArgumentException($"no event of a trace: {obj.GetType()}", nameof(obj)),
    };

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest) => manifest switch
    {
        SegmentManifest => new SegmentWritten(bytes),
        OpenedManifest => new TraceOpened(TraceHeader.FromJson(bytes)),
        ClosedManifest => new TraceClosed(TraceEnd.FromJson(bytes)),
        _ => throw new SerializationException($"unknown event '{manifest}': this store was written by a newer Tracer"),
    };
}
