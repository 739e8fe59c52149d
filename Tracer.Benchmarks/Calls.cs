using System.Runtime.InteropServices;

namespace Tracer.Benchmarks;

/// <summary>A program to trace: threads that call getppid.</summary>
internal static partial class Calls
{
    /// <summary>getppid's number here.</summary>
    public static int Number => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 173 : 110;

    public static int Run(int count, int threads)
    {
        var all = Enumerable.Range(0, threads).Select(_ => new Thread(() =>
        {
            for (int i = 0; i < count; i++)
            {
                _ = getppid();
            }
        })).ToList();
        all.ForEach(t => t.Start());
        all.ForEach(t => t.Join());
        return 0;
    }

    [LibraryImport("libc")]
    private static partial int getppid();
}
