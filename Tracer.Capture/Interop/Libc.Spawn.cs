using System.Runtime.InteropServices;

namespace Tracer.Capture.Interop;

internal static unsafe partial class Libc
{
    public const short POSIX_SPAWN_SETSIGDEF = 4;
    public const short POSIX_SPAWN_SETSIGMASK = 8;

    /// <summary>Room for posix_spawnattr_t (336 bytes in glibc) with a margin.</summary>
    public const int PosixSpawnattrSize = 1024;

    /// <summary>Room for posix_spawn_file_actions_t (80 bytes in glibc) with a margin.</summary>
    public const int PosixSpawnFileActionsSize = 512;

    /// <summary>posix_spawnp(3). It returns errno and blocks until the child has executed or failed to.</summary>
    [LibraryImport("libc")]
    public static partial int posix_spawnp(int* pid, byte* file, void* fileActions, void* attributes, byte** argv, byte** envp);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_init(void* fileActions);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_destroy(void* fileActions);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_addopen(void* fileActions, int fd, byte* path, int oflag, uint mode);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_addclose(void* fileActions, int fd);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_addchdir_np(void* fileActions, byte* path);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_init(void* attributes);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_destroy(void* attributes);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_setflags(void* attributes, short flags);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_setsigdefault(void* attributes, ulong* set);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_setsigmask(void* attributes, ulong* set);
}
