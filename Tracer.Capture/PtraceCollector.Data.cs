using Tracer.Capture.Interop;
using Tracer.Records;

namespace Tracer.Capture;

// Paths and data of a call.
public sealed unsafe partial class PtraceCollector
{
    private const int IovecSize = 16;
    private const int MsghdrSize = 56;
    private const int MmsghdrSize = 64;
    private const int IovChunk = 32;

    // Less than any block has room for: not worth asking the sink.
    private const int AlwaysFits = 1024;

    // Data of a write is read here, at the entry, as the call will see it; it is recorded at the exit, with what was written.
    private int GatherEntry(Tracee tracee, PtraceSyscallInfo* info, CallShape shape, int bytes)
    {
        int before = bytes;
        if (_names && shape.PathMask != 0)
            bytes = GatherPaths(tracee.Tid, info->args, shape.PathMask, bytes);

        if (_io && shape.Writes)
            GatherWrite(tracee, info->args, shape);

        if (shape.ExecArgs != 0)
            bytes = GatherExec(tracee.Tid, info->args, shape.ExecArgs - 1, bytes);

        if (shape.Role == CallRole.SignalAction)
        {
            tracee.Process.SignalsKnown = false;
        }
        else if (shape.Role == CallRole.Clone)
        {
            tracee.CloneFlags = info->args[0];
        }
        else if (shape.Role == CallRole.Clone3)
        {
            _ = _memory.TryReadWord(tracee.Tid, info->args[0], out ulong flags);
            tracee.CloneFlags = flags;
        }

        return bytes - before;
    }

    private int GatherPaths(int tid, ulong* arguments, int mask, int bytes)
    {
        for (int i = 0; mask != 0; i++, mask >>= 1)
        {
            if ((mask & 1) == 0 || arguments[i] == 0)
                continue;

            int at = _scratch.PathCount;
            int length = _memory.ReadString(tid, arguments[i], _scratch.Paths + at * Scratch.PathMax, Scratch.PathMax, out bool cut);
            int room = _sink.MaxReserve - bytes - RecordSize.Namei(0) - Scratch.PathMax / 2048 * 16;
            if (length < 0 || room < 0)
                continue;

            _scratch.PathArgument[at] = i;
            _scratch.PathLength[at] = Math.Min(length, room);
            _scratch.PathCut[at] = cut || length > room;
            _scratch.PathCount = at + 1;
            bytes += RecordSize.Namei(_scratch.PathLength[at]);
        }

        return bytes;
    }

    private void AppendEntry(Tracee tracee, long time)
    {
        ProcessLog log = tracee.Process.Log!;
        for (int i = 0; i < _scratch.PathCount; i++)
        {
            var path = new ReadOnlySpan<byte>(_scratch.Paths + i * Scratch.PathMax, _scratch.PathLength[i]);
            _sink.Namei(log, tracee.Tid, time, _scratch.PathArgument[i], path, _scratch.PathCut[i]);
        }

        AppendExec(log, tracee.Tid, time);
    }

    private void GatherWrite(Tracee tracee, ulong* arguments, CallShape shape)
    {
        byte* data = tracee.NeedWriteData(_options.GenioSize);
        ulong address = arguments[shape.DataArg];
        ulong next = shape.DataArg < 5 ? arguments[shape.DataArg + 1] : 0;
        int tid = tracee.Tid;
        long asked = 0;
        tracee.WriteKept = shape.Data switch
        {
            DataRule.WriteBuffer => ReadBuffer(tid, address, asked = (long)Math.Min(next, long.MaxValue), data, 0),
            DataRule.WriteVec => ReadVector(tid, address, next, long.MaxValue, data, 0, out asked),
            DataRule.WriteMsg => ReadMessage(tid, address, long.MaxValue, data, 0, out asked),
            _ => ReadMessages(tid, address, next, data, sent: false, out asked),
        };
        tracee.WriteAsked = asked;
    }

    // Gives the bytes to reserve; 0 for no Genio. Failed reads have none; a failed write has what it was asked to write, but not
    // when its memory was bad, nor when the call is only interrupted and will be entered again.
    private int GatherData(Tracee tracee, CallShape shape, long result)
    {
        if (shape.Writes)
        {
            bool failed = result < 0;
            if (failed && (-result == Errno.EFAULT || -result is >= Errno.ERESTARTSYS and <= Errno.ERESTART_RESTARTBLOCK))
                return 0;

            long length = failed ? tracee.WriteAsked : result;
            if (!failed && shape.Data == DataRule.WriteMmsg)
                length = SentBytes(tracee.Tid, tracee.Arguments[shape.DataArg], result);

            if (length <= 0)
                return 0;

            _scratch.DataLength = length;
            _scratch.DataKept = (int)Math.Min(length, tracee.WriteKept);
        }
        else
        {
            if (result <= 0)
                return 0;

            ulong address = tracee.Arguments[shape.DataArg];
            ulong next = shape.DataArg < 5 ? tracee.Arguments[shape.DataArg + 1] : 0;
            int tid = tracee.Tid;
            long length = result;
            _scratch.DataKept = shape.Data switch
            {
                DataRule.ReadBuffer => ReadBuffer(tid, address, result, _scratch.Data, 0),
                DataRule.ReadVec => ReadVector(tid, address, next, result, _scratch.Data, 0, out _),
                DataRule.ReadMsg => ReadMessage(tid, address, result, _scratch.Data, 0, out _),
                _ => ReadMessages(tid, address, (ulong)result, _scratch.Data, sent: true, out length),
            };
            _scratch.DataLength = length;
        }

        if (_scratch.DataKept > AlwaysFits)
        {
            int room = _sink.MaxReserve - RecordSize.Sysret - RecordSize.Genio(0) - _scratch.DataKept / 2048 * 16;
            _scratch.DataKept = Math.Min(_scratch.DataKept, Math.Max(room, 0));
        }

        return RecordSize.Genio(_scratch.DataKept);
    }

    private void AppendData(Tracee tracee, CallShape shape, long time)
    {
        bool write = shape.Writes;
        var data = new ReadOnlySpan<byte>(write ? tracee.WriteData : _scratch.Data, _scratch.DataKept);
        // Argument 0 is the descriptor of all calls with data (ArgKind.ReadBuffer).
        int fd = unchecked((int)tracee.Arguments[0]);
        _sink.Genio(tracee.Process.Log!, tracee.Tid, time, fd, write, _scratch.DataLength, data);
    }

    // Each of these reads behind what the destination has already, and gives how much it then has.
    private int ReadBuffer(int tid, ulong address, long length, byte* destination, int have) =>
        have + _memory.Read(tid, address, destination + have, (int)Math.Min(length, _options.GenioSize - have));

    private int ReadVector(int tid, ulong address, ulong count, long limit, byte* destination, int have, out long total)
    {
        byte* chunk = stackalloc byte[IovChunk * IovecSize];
        total = 0;
        count = Math.Min(count, Libc.IOV_MAX);
        bool whole = true;
        for (ulong done = 0; done < count; done += IovChunk)
        {
            int want = (int)Math.Min(count - done, IovChunk) * IovecSize;
            int read = _memory.Read(tid, unchecked(address + done * IovecSize), chunk, want);
            for (int i = 0; i < read / IovecSize; i++)
            {
                var element = (Libc.Iovec*)(chunk + i * IovecSize);
                long length = (long)Math.Min(element->iov_len, (ulong)(limit - total));
                if (whole && length > 0 && have < _options.GenioSize)
                {
                    int expected = (int)Math.Min(length, _options.GenioSize - have);
                    int now = ReadBuffer(tid, element->iov_base, length, destination, have);
                    // What lies behind a hole would stand at the wrong place.
                    whole = now - have == expected;
                    have = now;
                }

                total += length;
                if (total >= limit)
                    return have;
            }

            if (read < want)
                break;
        }

        return have;
    }

    private int ReadMessage(int tid, ulong address, long limit, byte* destination, int have, out long total)
    {
        ulong* header = stackalloc ulong[MsghdrSize / 8];
        total = 0;
        if (_memory.Read(tid, address, (byte*)header, MsghdrSize) < MsghdrSize)
            return have;

        // struct msghdr: msg_iov at 16, msg_iovlen at 24.
        return ReadVector(tid, header[2], header[3], limit, destination, have, out total);
    }

    // Of messages that were transferred, as many bytes as the kernel says in msg_len; else all that they hold.
    private int ReadMessages(int tid, ulong address, ulong count, byte* destination, bool sent, out long total)
    {
        int have = 0;
        total = 0;
        count = Math.Min(count, Libc.IOV_MAX);
        for (ulong i = 0; i < count; i++)
        {
            ulong message = unchecked(address + i * MmsghdrSize);
            long limit = long.MaxValue;
            if (sent)
            {
                uint length;
                if (_memory.Read(tid, unchecked(message + MsghdrSize), (byte*)&length, sizeof(uint)) < sizeof(uint))
                    break;

                limit = length;
            }

            have = ReadMessage(tid, message, limit, destination, have, out long one);
            total += one;
        }

        return have;
    }

    private long SentBytes(int tid, ulong address, long count)
    {
        long total = 0;
        for (long i = 0; i < Math.Min(count, Libc.IOV_MAX); i++)
        {
            uint length;
            if (_memory.Read(tid, unchecked(address + (ulong)i * MmsghdrSize + MsghdrSize), (byte*)&length, sizeof(uint)) < sizeof(uint))
                break;

            total += length;
        }

        return total;
    }
}
