using System.Diagnostics;

namespace Tracer.Records;

/// <summary>
/// The places between two stores of the block protocol. In Debug builds a test is called at each and looks at the pool as a kill -9 would have
/// left it there; in Release builds there is nothing.
/// </summary>
internal static class CrashPoint
{
    /// <summary>The test's look at the pool; per thread, so that tests don't meet.</summary>
    [field: ThreadStatic]
    public static Action? Look { get; set; }

    /// <summary>A store is done, the next is not.</summary>
    [Conditional("DEBUG")]
    public static void Passed() => Look?.Invoke();
}
