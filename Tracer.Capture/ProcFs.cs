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

    /// <summary>Who a process is at its birth. What can't be read is empty or 0.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="parent">
    /// What was last read of the process that made it, if it was: a child has its executable, arguments, cgroup and login uid, and each file of
    /// /proc costs as much as a system call's stop. What the parent has changed since without an exec shows at the child's own exec.
    /// </param>
    /// <param name="identity">Start time and namespace pid are 0 and the pid when they can't be read.</param>
    public ProcInfoPayload ReadBirth(int pid, ProcInfoPayload? parent, out ProcessIdentity identity)
    {
        ulong start = 0;
        ReadOnlySpan<byte> stat = Read(pid, "stat"u8);
        int close = stat.LastIndexOf((byte)')');
        if (close > 0)
            start = Number(Field(stat[(close + 2)..], 22 - 3));

        ProcInfoPayload info = parent is null ? ReadInfo(pid) : ReadStatus(pid) with
        {
            LoginUid = parent.LoginUid,
            Executable = parent.Executable,
            Directory = Link(pid, "cwd"u8),
            Cgroup = parent.Cgroup,
            Arguments = parent.Arguments,
        };
        identity = new(pid, info.NamespacePid, start);
        return info;
    }

    /// <summary>Who a process is now. What can't be read is empty or 0.</summary>
    public ProcInfoPayload ReadInfo(int pid)
    {
        ProcInfoPayload info = ReadStatus(pid);
        ReadOnlySpan<byte> login = Read(pid, "loginuid"u8);
        uint loginUid = login.IsEmpty ? uint.MaxValue : (uint)Number(login);
        string cgroup = Cgroup(Read(pid, "cgroup"u8));
        // Copied before the links are read: both use the one buffer.
        ReadOnlySpan<byte> all = Read(pid, "cmdline"u8);
        byte[] arguments = all[..Math.Min(all.Length, 4096)].ToArray();
        return info with
        {
            LoginUid = loginUid,
            Executable = Link(pid, "exe"u8),
            Directory = Link(pid, "cwd"u8),
            Cgroup = cgroup,
            Arguments = arguments,
        };
    }

    // What /proc/PID/status has; group and session from getpgid(2) and getsid(2), since status has those of the process's own namespace.
    private ProcInfoPayload ReadStatus(int pid)
    {
        ReadOnlySpan<byte> status = Read(pid, "status"u8);
        int namespacePid = (int)Number(Last(Line(status, "NSpid:"u8)));
        return new(
            (int)Number(Line(status, "PPid:"u8)), namespacePid == 0 ? pid : namespacePid,
            Math.Max(Libc.getpgid(pid), 0), Math.Max(Libc.getsid(pid), 0),
            Ids(Line(status, "Uid:"u8)), Ids(Line(status, "Gid:"u8)), uint.MaxValue, Text(Line(status, "Name:"u8)), "", "", "", default);
    }

    /// <summary>Ignored and caught signals of a process, bit n-1 for signal n.</summary>
    public bool TryReadSignals(int tid, out ulong ignored, out ulong caught)
    {
        ReadOnlySpan<byte> status = Read(tid, "status"u8);
        caught = 0;
        return Utf8Parser.TryParse(Line(status, "SigIgn:"u8), out ignored, out _, 'x')
            && Utf8Parser.TryParse(Line(status, "SigCgt:"u8), out caught, out _, 'x');
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
