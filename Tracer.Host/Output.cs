using System.Runtime.InteropServices;
using Tracer.Records;

namespace Tracer.Host;

/// <summary>
/// Standard output as large writes of bytes. Not Console: it makes strings, writes small pieces, and keeps quiet when nobody reads any more.
/// </summary>
internal sealed partial class Output
{
    /// <summary>Bytes gathered before a write: large enough that the system calls don't count, small enough for a cache.</summary>
    private const int WriteAt = 128 << 10;
    private const int StandardOutput = 1;
    private const int StandardError = 2;

    /// <summary>What will be written next. <see cref="Ready"/> after each line, <see cref="Flush"/> at the end.</summary>
    public TextBuffer Text { get; } = new(WriteAt + (16 << 10));

    /// <summary>True when standard output is a terminal.</summary>
    public static bool IsTerminal => isatty(StandardOutput) == 1;

    /// <summary>Writes when enough has gathered.</summary>
    public void Ready()
    {
        if (Text.Length >= WriteAt)
        {
            Flush();
        }
    }

    /// <summary>Writes all.</summary>
    /// <exception cref="ClosedOutputException">Nobody reads it any more.</exception>
    /// <exception cref="FailureException">It can't be written, as when the disk is full.</exception>
    public void Flush()
    {
        int errno = Write(StandardOutput, Text.Written.Span);
        Text.Clear();
        if (errno != 0)
        {
            throw errno == EPIPE
                ? new ClosedOutputException()
                : new FailureException($"the output can't be written: {Marshal.GetPInvokeErrorMessage(errno)}");
        }
    }

    /// <summary>Says one line on standard error: <c>tracer: ...</c>. Control characters, which names may have, are escaped.</summary>
    public static void Say(string message)
    {
        var line = new TextBuffer(256);
        line.Append("tracer: "u8);
        line.Append(EscapedText.Escape(message));
        line.Append((byte)'\n');
        _ = Write(StandardError, line.Written.Span);
    }

    private const int EINTR = 4, EAGAIN = 11, EPIPE = 32;
    private const short POLLOUT = 4;

    private static unsafe int Write(int fd, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            for (int at = 0; at < bytes.Length;)
            {
                nint written = write(fd, start + at, (nuint)(bytes.Length - at));
                if (written >= 0)
                {
                    at += (int)written;
                    continue;
                }

                int errno = Marshal.GetLastPInvokeError();
                if (errno == EAGAIN)
                {
                    // Somebody made the terminal or pipe non-blocking for all who share it.
                    var wait = new PollFd { Fd = fd, Events = POLLOUT };
                    _ = poll(&wait, 1, -1);
                }
                else if (errno != EINTR)
                {
                    return errno;
                }
            }
        }

        return 0;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollFd
    {
        public int Fd;
        public short Events;
        public short Returned;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint write(int fd, byte* bytes, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int poll(PollFd* fds, nuint count, int timeoutMs);

    [LibraryImport("libc")]
    private static partial int isatty(int fd);
}
