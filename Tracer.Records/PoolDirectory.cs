using System.Runtime.InteropServices;

namespace Tracer.Records;

/// <summary>Where pools are, and which of them are dead.</summary>
public static unsafe class PoolDirectory
{
    /// <summary>
    /// The directory of a user's pools, on tmpfs: <c>$XDG_RUNTIME_DIR/tracer</c>, else <c>/dev/shm/tracer-UID</c>. A disk only on request: its
    /// write-back stalls the writer for seconds.
    /// </summary>
    public static string Default() => Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is ['/', ..] runtime
        ? Path.Combine(runtime, "tracer")
        : $"/dev/shm/tracer-{PoolInterop.geteuid()}";

    /// <summary>
    /// Pools of this user whose recorder is dead, oldest first. Those that never held anything are removed; a directory that is not there has none.
    /// </summary>
    public static IReadOnlyList<string> FindDead(string directory)
    {
        try
        {
            return [.. new DirectoryInfo(directory).EnumerateFiles("*" + PoolFile.Extension)
                .Select(file => file.FullName)
                .Order(StringComparer.Ordinal) // a pool's name is its UUIDv7: a time
                .Where(PoolFile.HasContent)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Makes the directory, 0700, or makes sure that nobody else can change what is in it.</summary>
    /// <exception cref="PoolException">It can't be made, or is not safe.</exception>
    internal static void Make(string directory)
    {
        // With a slash at the end, a link would be followed.
        string path = Path.TrimEndingDirectorySeparator(directory);
        try
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Failure(directory, $"can't be made ({e.Message})");
        }

        PoolInterop.Statx facts;
        if (PoolInterop.statx(PoolInterop.AT_FDCWD, path, PoolInterop.AT_SYMLINK_NOFOLLOW, PoolInterop.STATX_BASIC_STATS, &facts) != 0)
        {
            throw Failure(directory, $"can't be read ({Marshal.GetLastPInvokeErrorMessage()})");
        }

        if ((facts.Mode & PoolInterop.S_IFMT) != PoolInterop.S_IFDIR)
        {
            throw Failure(directory, "is a link");
        }

        if (facts.Uid != PoolInterop.geteuid())
        {
            throw Failure(directory, $"belongs to user {facts.Uid}");
        }

        if ((facts.Mode & PoolInterop.S_OTHERS_WRITE) != 0)
        {
            throw Failure(directory, "can be written to by others");
        }
    }

    private static PoolException Failure(string directory, string why) =>
        new($"pool directory {directory} {why}; choose another with --pool-dir");
}
