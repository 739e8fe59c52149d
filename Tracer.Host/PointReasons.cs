using Tracer.Records;

namespace Tracer.Host;

/// <summary>Why a point can't be had by this version's collector, in words for the user and for the trace's header.</summary>
internal static class PointReasons
{
    private static readonly (Points Point, string Letter, string Reason)[] All =
    [
        (Points.Faults, "f", "page faults need the perf source, which this version does not have"),
        (Points.Capabilities, "p", "capability failures have no source in this version"),
        (Points.Structures, "t", "structures are not recorded by this version"),
        (Points.User, "u", "no source"),
        (Points.Switches, "w", "context switches need the perf source, which this version does not have"),
        (Points.ExtendedErrors, "x", "no source"),
        (Points.Sysctl, "y", "no source"),
    ];

    /// <summary>One text a point, e.g. <c>u: no source</c>.</summary>
    public static IReadOnlyList<string> Of(Points points) => [.. All.Where(p => (points & p.Point) != 0).Select(p => $"{p.Letter}: {p.Reason}")];

    /// <summary>All in one line.</summary>
    public static string Describe(Points points) =>
        points == Points.None ? "name at least one point" : string.Join("; ", Of(points)) + "; leave it out";

    /// <summary>True for those that a user should be told of each time; what has no source on Linux at all is only listed.</summary>
    public static Points WorthSaying(Points points) => points & ~Points.NoSource;
}
