using System.Runtime.InteropServices;
using Tracer.Capture.Interop;

namespace Tracer.Capture;

/// <summary>
/// Reads the memory of a traced thread by process_vm_readv(2). Nothing here is trusted: an address may be anything, and what it
/// points to may change while it is read. A read gives what could be read, from the front.
/// </summary>
internal sealed unsafe class TraceeMemory : IDisposable
{
    private const int FirstPathRead = 256;

    private readonly Libc.Iovec* _local = (Libc.Iovec*)NativeMemory.Alloc((nuint)sizeof(Libc.Iovec));
    private readonly Libc.Iovec* _remote = (Libc.Iovec*)NativeMemory.Alloc(Libc.IOV_MAX, (nuint)sizeof(Libc.Iovec));
    private readonly ulong _pageSize = (ulong)Environment.SystemPageSize;

    /// <summary>Reads up to <paramref name="length"/> bytes; gives how many were read, 0 when none could be.</summary>
    /// <remarks>
    /// The kernel transfers whole iovec elements or none, so the read is split at page boundaries: what lies before
    /// an unmapped page comes all the same.
    /// </remarks>
    public int Read(int tid, ulong untrustedAddress, byte* destination, int length)
    {
        if (length <= 0)
            return 0;

        _local->iov_base = (ulong)destination;
        ulong first = _pageSize - (untrustedAddress & (_pageSize - 1));
        nuint count = 1;
        _remote->iov_base = untrustedAddress;
        if (first >= (ulong)length)
        {
            _remote->iov_len = (ulong)length;
            _local->iov_len = (ulong)length;
        }
        else
        {
            int most = (int)Math.Min((ulong)length, first + (Libc.IOV_MAX - 1) * _pageSize);
            count = Split(untrustedAddress, first, (ulong)most);
            _local->iov_len = (ulong)most;
        }

        nint read = Libc.process_vm_readv(tid, _local, 1, _remote, count, 0);
        if (read >= 0)
            return (int)read;

        // EFAULT: not mapped. ESRCH: the thread was killed. EPERM: it has become undumpable or set-id. EIO: the page can't be had.
        int errno = Errno.Last;
        return errno is Errno.EFAULT or Errno.ESRCH or Errno.EPERM or Errno.EIO or Errno.EINVAL or Errno.EINTR
            ? 0
            : throw Errno.Failure("process_vm_readv", errno);
    }

    /// <summary>Reads a string. Gives its length without the NUL, -1 when nothing could be read; <paramref name="cut"/> when no NUL was found.</summary>
    public int ReadString(int tid, ulong untrustedAddress, byte* destination, int max, out bool cut)
    {
        int have = 0;
        while (true)
        {
            int want = have == 0 ? Math.Min(FirstPathRead, max) : max - have;
            int read = Read(tid, unchecked(untrustedAddress + (ulong)have), destination + have, want);
            int nul = new ReadOnlySpan<byte>(destination + have, read).IndexOf((byte)0);
            if (nul >= 0)
            {
                cut = false;
                return have + nul;
            }

            have += read;
            if (read < want || have == max)
            {
                cut = true;
                return have == 0 ? -1 : have;
            }
        }
    }

    /// <summary>Reads one 64-bit word.</summary>
    public bool TryReadWord(int tid, ulong untrustedAddress, out ulong word)
    {
        ulong value;
        bool ok = Read(tid, untrustedAddress, (byte*)&value, sizeof(ulong)) == sizeof(ulong);
        word = ok ? value : 0;
        return ok;
    }

    public void Dispose()
    {
        NativeMemory.Free(_local);
        NativeMemory.Free(_remote);
    }

    private nuint Split(ulong address, ulong first, ulong length)
    {
        nuint count = 0;
        ulong piece = first;
        while (length > 0)
        {
            piece = Math.Min(piece, length);
            _remote[count].iov_base = address;
            _remote[count].iov_len = piece;
            count++;
            address = unchecked(address + piece);
            length -= piece;
            piece = _pageSize;
        }

        return count;
    }
}
