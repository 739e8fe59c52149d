using Tracer.Records;

namespace Tracer.Tests.Support;

/// <summary>A small pool in a directory of its own, removed with it.</summary>
internal sealed class TestPool : IDisposable
{
    public TestPool(int blocks = 64, int slots = 512)
    {
        Directory = NewDirectory();
        File = PoolFile.Create(Directory, Guid.CreateVersion7(), blocks, slots);
        Writer = new RecordWriter(File);
    }

    public string Directory { get; }

    /// <summary>A directory as pools have: on tmpfs where there is one, 0700.</summary>
    public static string NewDirectory()
    {
        const string Shm = "/dev/shm";
        return System.IO.Directory.Exists(Shm)
            ? System.IO.Directory.CreateDirectory(
                $"{Shm}/tracer-test-{Guid.NewGuid():N}", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName
            : System.IO.Directory.CreateTempSubdirectory("tracer-pool-").FullName;
    }

    public PoolFile File { get; }

    public RecordWriter Writer { get; }

    /// <summary>The pool as a kill -9 at this moment would leave it, taken over.</summary>
    public PoolFile Copy(string name)
    {
        string path = Path.Combine(Directory, name + PoolFile.Extension);
        System.IO.File.Copy(File.Path, path);
        return PoolFile.TryTakeOver(path)!;
    }

    public void Dispose()
    {
        ((IDisposable)File).Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}
