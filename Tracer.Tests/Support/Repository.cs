namespace Tracer.Tests.Support;

/// <summary>The sources that these tests were built from, for tests of documents.</summary>
internal static class Repository
{
    /// <summary>The directory of the solution.</summary>
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    private static string Find(string directory) =>
        File.Exists(Path.Combine(directory, "Tracer.sln"))
            ? directory
            : Find(Path.GetDirectoryName(directory) ?? throw new DirectoryNotFoundException("Tracer.sln is in no directory above the tests"));
}
