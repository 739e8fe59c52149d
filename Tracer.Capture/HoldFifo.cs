using System.Text;
using Tracer.Capture.Interop;

namespace Tracer.Capture;

/// <summary>
/// The fifo that holds a command: the child stops in open(2) for reading until someone opens for writing.
/// A pipe opened again by /proc/self/fd would not block; it must have a name. It lies in a directory of its own, mode 0700.
/// </summary>
internal sealed unsafe class HoldFifo : IDisposable
{
    private readonly NativeStrings _strings = new();
    private readonly byte* _directory;
    private bool _removed;

    public HoldFifo()
    {
        string name = $"tracer-hold-{Environment.ProcessId}-{Guid.NewGuid():N}";
        string? runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        string directory = Path.Combine("/tmp", name);
        byte* made = null;
        if (!string.IsNullOrEmpty(runtime) && Path.IsPathRooted(runtime))
            made = TryMake(Path.Combine(runtime, name));

        // XDG_RUNTIME_DIR may be stale, or another user's (su, sudo).
        if (made != null)
            directory = Path.Combine(runtime!, name);
        else
            made = TryMake(directory);

        if (made == null)
            throw Errno.Failure($"mkdir {directory}");

        _directory = made;
        Path8 = _strings.String(Encoding.UTF8.GetBytes(Path.Combine(directory, "hold")));
        if (Libc.mkfifo(Path8, 0x180) != 0)
        {
            IOException failure = Errno.Failure($"mkfifo in {directory}");
            Dispose();
            throw failure;
        }
    }

    /// <summary>The fifo's path for the child.</summary>
    public byte* Path8 { get; }

    private byte* TryMake(string directory)
    {
        byte* path = _strings.String(Encoding.UTF8.GetBytes(directory));
        return Libc.mkdir(path, 0x1c0) == 0 ? path : null;
    }

    /// <summary>Lets go the child that waits in open. False when it has not come so far yet, or is dead.</summary>
    public bool TryRelease()
    {
        int fd = Libc.open(Path8, Libc.O_WRONLY | Libc.O_NONBLOCK | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            int errno = Errno.Last;
            return errno is Errno.ENXIO or Errno.EINTR ? false : throw Errno.Failure("open of the fifo that holds the command", errno);
        }

        _ = Libc.close(fd);
        return true;
    }

    public void Dispose()
    {
        if (_removed)
            return;

        _removed = true;
        _ = Libc.unlink(Path8);
        _ = Libc.rmdir(_directory);
        _strings.Dispose();
    }
}
