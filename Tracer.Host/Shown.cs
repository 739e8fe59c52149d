using System.Globalization;
using Tracer.Actors;

namespace Tracer.Host;

/// <summary>Sizes, times and states as people read them.</summary>
internal static class Shown
{
    /// <summary>Bytes in binary units, three digits.</summary>
    public static string Size(long bytes)
    {
        if (bytes < 1024)
        {
            return Text($"{bytes} B");
        }

        double value = bytes;
        int unit = -1;
        while (value >= 1000 && unit < 4)
        {
            value /= 1024;
            unit++;
        }

        return Text($"{value:0.##} {"KMGTP"[unit]}iB");
    }

    /// <summary>A span: <c>1.234 s</c>, <c>12:34</c> or <c>1:02:03</c>.</summary>
    public static string Duration(long nanoseconds)
    {
        var span = TimeSpan.FromTicks(Math.Max(0, nanoseconds) / 100);
        return span.TotalMinutes < 1 ? Text($"{span.TotalSeconds:0.000} s")
            : span.TotalHours < 1 ? Text($"{(int)span.TotalMinutes}:{span.Seconds:00}")
            : Text($"{(long)span.TotalHours}:{span.Minutes:00}:{span.Seconds:00}");
    }

    /// <summary>Local time, to the second.</summary>
    public static string Time(long realtimeNs) =>
        DateTimeOffset.UnixEpoch.AddTicks(realtimeNs / 100).ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>A number.</summary>
    public static string Number(ulong value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>How a trace ended, or <c>open</c>.</summary>
    public static string State(StoredTrace trace) => trace.End?.Reason ?? "open";

    /// <summary>From the start to the end, or as far as the trace has come.</summary>
    public static long DurationNs(StoredTrace trace) =>
        trace.End is { } end ? unchecked(end.EndedRealtimeNs - trace.Header.StartedRealtimeNs)
        : trace.Last is { } last ? unchecked(last.LastTimeNs - trace.Header.StartedMonotonicNs)
        : 0;

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
