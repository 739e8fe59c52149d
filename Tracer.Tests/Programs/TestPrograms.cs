using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Tracer.Records;

namespace Tracer.Tests.Programs;

/// <summary>
/// Programs that tests trace, run as <c>dotnet Tracer.Tests.dll NAME ARG...</c>: no compiler is needed on the machine that tests.
/// </summary>
public static unsafe partial class TestPrograms
{
    private const int SYS_getppid_x64 = 110;
    private const int SYS_getppid_arm64 = 173;

    /// <summary>The call that the counting programs make; nothing else in .NET makes it again and again.</summary>
    public static int CountedCall => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? SYS_getppid_arm64 : SYS_getppid_x64;

    /// <summary>The machine that the tests run on.</summary>
    public static Machine Machine => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? Machine.Arm64 : Machine.X64;

    /// <summary>Runs the program of that name.</summary>
    public static int Main(string[] args) => args switch
    {
        ["count", var file, var limit] => Count(file, long.Parse(limit), 1),
        ["threads", var file, var limit, var threads] => Count(file, long.Parse(limit), int.Parse(threads)),
        _ => Usage(),
    };

    /// <summary>Makes calls, and after each one that has returned counts it in a shared mapping: what a tracer must have, whatever befell it.</summary>
    private static int Count(string file, long limit, int threads)
    {
        using var mapping = MemoryMappedFile.CreateFromFile(file, FileMode.OpenOrCreate, null, 4096);
        using var view = mapping.CreateViewAccessor();
        byte* memory = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref memory);
        var counter = (long*)memory;
        var all = new Thread[threads];
        for (int i = 0; i < threads; i++)
        {
            all[i] = new Thread(() =>
            {
                for (long n = 0; n < limit; n++)
                {
                    _ = getppid();
                    Interlocked.Increment(ref *counter);
                }
            });
            all[i].Start();
        }

        foreach (var thread in all)
        {
            thread.Join();
        }

        return 0;
    }

    private static int Usage()
    {
        Console.Error.WriteLine("usage: count FILE LIMIT | threads FILE LIMIT THREADS");
        return 2;
    }

    [LibraryImport("libc")]
    private static partial int getppid();
}
