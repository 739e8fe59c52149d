namespace Tracer.Tests.Support;

/// <summary>A file system of its own, small, that can be made read-only or larger. Needs root and the right to mount.</summary>
internal sealed class SmallDisk : IDisposable
{
    public SmallDisk(int sizeKiB)
    {
        Need.Root();
        Path = Directory.CreateTempSubdirectory("tracer-disk-").FullName;
        if (Command.Run(["mount", "-t", "tmpfs", "-o", $"size={sizeKiB}k,mode=0700", "none", Path]).Status != 0)
        {
            Directory.Delete(Path);
            Need.Missing("the right to mount");
        }
    }

    public string Path { get; }

    public void Remount(string options) => Assert.Equal(0, Command.Run(["mount", "-o", "remount," + options, Path]).Status);

    public void Dispose()
    {
        Assert.Equal(0, Command.Run(["umount", "-l", Path]).Status);
        Directory.Delete(Path);
    }
}
