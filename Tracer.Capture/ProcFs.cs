using System.Buffers.Text;
using System.Text;
using Tracer.Capture.Interop;
using Tracer.Records;
using Tracer.Records.Payloads;

namespace Tracer.Capture;

/// <summary>
/// Readers of /proc (proc(5)). A process may be gone at any moment, or may not be readable by this user: then a reader says so,
/// or gives empty fields. Called on one thread: the buffer is shared.
/// </summary>
internal sealed unsafe class ProcFs : IDisposable
{
    private const int BufferSize = 8192;
    private const int TextMax = 4096;
    private readonly byte* _buffer = (byte*)System.Runtime.InteropServices.NativeMemory.Alloc(BufferSize);

    /// <summary>True when there is no such process, or only its zombie.</summary>
    public static bool IsDead(int pid)
    {
        using var proc = new ProcFs();
        ReadOnlySpan<byte> stat = proc.Read(pid, "stat"u8);
        int close = stat.LastIndexOf((byte)')');
        return close < 0 || close + 2 >= stat.Length || stat[close + 2] is (byte)'Z' or (byte)'X';
    }

    /// <summary>Thread group and parent of a thread.</summary>
    public bool TryReadParents(int tid, out int tgid, out int parentPid)
    {
        ReadOnlySpan<byte> status = Read(tid, "status"u8);
        tgid = (int)Number(Line(status, "Tgid:"u8));
        parentPid = (int)Number(Line(status, "PPid:"u8));
        return tgid != 0;
    }

    /// <summary>Identity of a process. Start time and namespace pid are 0 and the pid when they can't be read.</summary>
    public ProcessIdentity ReadIdentity(int pid)
    {
        ulong start = 0;
        ReadOnlySpan<byte> stat = Read(pid, "stat"u8);
        int close = stat.LastIndexOf((byte)')');
        if (close > 0)
            start = Number(Field(stat[(close + 2)..], 22 - 3));

        int namespacePid = (int)Number(Last(Line(Read(pid, "status"u8), "NSpid:"u8)));
        return new(pid, namespacePid == 0 ? pid : namespacePid, start);
    }

    /// <summary>What a ProcInfo record holds. What can't be read is empty or 0.</summary>
    public ProcInfoPayload ReadInfo(int pid)
    {
        ReadOnlySpan<byte> stat = Read(pid, "stat"u8);
        int close = stat.LastIndexOf((byte)')');
        int group = 0;
        int session = 0;
        if (close > 0)
        {
            ReadOnlySpan<byte> rest = stat[(close + 2)..];
            group = (int)Number(Field(rest, 5 - 3));
            session = (int)Number(Field(rest, 6 - 3));
        }

        ReadOnlySpan<byte> status = Read(pid, "status"u8);
        string comm = Text(Line(status, "Name:"u8));
        int parent = (int)Number(Line(status, "PPid:"u8));
        int namespacePid = (int)Number(Last(Line(status, "NSpid:"u8)));
        UserIds uids = Ids(Line(status, "Uid:"u8));
        UserIds gids = Ids(Line(status, "Gid:"u8));
        ReadOnlySpan<byte> login = Read(pid, "loginuid"u8);
        uint loginUid = login.IsEmpty ? uint.MaxValue : (uint)Number(login);
        string cgroup = Cgroup(Read(pid, "cgroup"u8));
        ReadOnlySpan<byte> arguments = Read(pid, "cmdline"u8);
        byte[] argv = arguments[..Math.Min(arguments.Length, 4096)].ToArray();
        return new(
            parent, namespacePid == 0 ? pid : namespacePid, group, session, uids, gids, loginUid, comm,
            Link(pid, "exe"u8), Link(pid, "cwd"u8), cgroup, argv);
    }

    /// <summary>What the process does with a signal now.</summary>
    public SignalAction ReadAction(int tid, int signal)
    {
        ReadOnlySpan<byte> status = Read(tid, "status"u8);
        ReadOnlySpan<byte> ignored = Line(status, "SigIgn:"u8);
        ReadOnlySpan<byte> caught = Line(status, "SigCgt:"u8);
        if (signal is < 1 or > 64
            || !Utf8Parser.TryParse(ignored, out ulong ignoredSet, out _, 'x')
            || !Utf8Parser.TryParse(caught, out ulong caughtSet, out _, 'x'))
        {
            return SignalAction.Unknown;
        }

        ulong bit = 1UL << (signal - 1);
        return (caughtSet & bit) != 0 ? SignalAction.Caught : (ignoredSet & bit) != 0 ? SignalAction.Ignore : SignalAction.Default;
    }

    /// <summary>Number of the call that a stopped thread is in; -1 when it can't be read.</summary>
    public long ReadCallNumber(int tid)
    {
        ReadOnlySpan<byte> text = Read(tid, "syscall"u8);
        return Utf8Parser.TryParse(text, out long number, out int used) && used > 0 ? number : -1;
    }

    public void Dispose() => System.Runtime.InteropServices.NativeMemory.Free(_buffer);

    // Valid until the next Read.
    private ReadOnlySpan<byte> Read(int pid, ReadOnlySpan<byte> name)
    {
        byte* path = stackalloc byte[64];
        WritePath(path, pid, name);
        int fd;
        do
        {
            fd = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        }
        while (fd < 0 && Errno.Last == Errno.EINTR);

        if (fd < 0)
            return default;

        int have = 0;
        while (have < BufferSize)
        {
            nint got = Libc.read(fd, _buffer + have, (nuint)(BufferSize - have));
            if (got < 0 && Errno.Last == Errno.EINTR)
                continue;

            if (got <= 0)
                break;

            have += (int)got;
        }

        _ = Libc.close(fd);
        return new(_buffer, have);
    }

    private string Link(int pid, ReadOnlySpan<byte> name)
    {
        byte* path = stackalloc byte[64];
        WritePath(path, pid, name);
        nint length = Libc.readlink(path, _buffer, 4096);
        return length <= 0 ? "" : Text(new(_buffer, (int)length));
    }

    private static void WritePath(byte* path, int pid, ReadOnlySpan<byte> name)
    {
        var text = new Span<byte>(path, 64);
        "/proc/"u8.CopyTo(text);
        _ = Utf8Formatter.TryFormat(pid, text[6..], out int digits);
        text[6 + digits] = (byte)'/';
        name.CopyTo(text[(7 + digits)..]);
        text[7 + digits + name.Length] = 0;
    }

    private static ReadOnlySpan<byte> Line(ReadOnlySpan<byte> text, ReadOnlySpan<byte> key)
    {
        while (!text.IsEmpty)
        {
            int end = text.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? text : text[..end];
            if (line.StartsWith(key))
                return line[key.Length..].Trim(" \t"u8);

            text = end < 0 ? default : text[(end + 1)..];
        }

        return default;
    }

    private static ReadOnlySpan<byte> Field(ReadOnlySpan<byte> text, int index)
    {
        for (; index > 0; index--)
        {
            int space = text.IndexOf((byte)' ');
            if (space < 0)
                return default;

            text = text[(space + 1)..];
        }

        return text;
    }

    private static ReadOnlySpan<byte> Last(ReadOnlySpan<byte> tabbed) => tabbed[(tabbed.LastIndexOf((byte)'\t') + 1)..];

    private static ulong Number(ReadOnlySpan<byte> text) => Utf8Parser.TryParse(text, out ulong number, out _) ? number : 0;

    // A byte that is not UTF-8 becomes three: cut to what a payload holds.
    private static string Text(ReadOnlySpan<byte> untrusted)
    {
        string text = Encoding.UTF8.GetString(untrusted);
        while (Encoding.UTF8.GetByteCount(text) is var bytes and > TextMax)
        {
            text = text[..(int)((long)text.Length * TextMax / bytes)];
        }

        return text;
    }

    private static UserIds Ids(ReadOnlySpan<byte> tabbed)
    {
        Span<uint> ids = stackalloc uint[4];
        for (int i = 0; i < 4 && !tabbed.IsEmpty; i++)
        {
            ids[i] = (uint)Number(tabbed);
            int tab = tabbed.IndexOf((byte)'\t');
            tabbed = tab < 0 ? default : tabbed[(tab + 1)..];
        }

        return new(ids[0], ids[1], ids[2], ids[3]);
    }

    // "0::/path" is the unified hierarchy.
    private static string Cgroup(ReadOnlySpan<byte> untrusted)
    {
        ReadOnlySpan<byte> line = Line(untrusted, "0::"u8);
        return Text(line[..Math.Min(line.Length, 4096)]);
    }
}
