using System.Runtime.CompilerServices;

namespace Tracer.Records;

/// <summary>
/// Puts one record into the open block of a process (FORMAT.md, "Records"). The caller has made sure of the room. Bytes first, then the
/// block's lengths in one store: a crash leaves the record whole or absent.
/// </summary>
internal static unsafe class RecordEncoder
{
    /// <summary>Appends a Syscall.</summary>
    public static void Syscall(ProcessLog log, int tid, long timeNs, int number, ReadOnlySpan<ulong> arguments)
    {
        byte* p = Begin(log, RecordTag.CodeOf(RecordKind.Syscall), tid, timeNs);
        p = Put(p, Varint.ZigZag(number));
        byte* mask = p++;
        int bits = 0;
        var last = log.Context.Line(number, out int line);
        if (log.Context.ArgumentCount(line) != arguments.Length)
        {
            log.Context.SetArgumentCount(line, arguments.Length);
            bits = RecordTag.ArgumentCount;
            *p++ = (byte)arguments.Length;
        }

        for (int i = 0; i < arguments.Length; i++)
        {
            ulong difference = unchecked(arguments[i] - last[i]);
            if (difference != 0)
            {
                bits |= 1 << i;
                p = Put(p, Varint.ZigZag(unchecked((long)difference)));
                last[i] = arguments[i];
            }
        }

        *mask = (byte)bits;
        log.Context.Enter(tid, number);
        Commit(log, p, timeNs, RecordKind.Syscall);
    }

    /// <summary>Appends a Sysret.</summary>
    public static void Sysret(ProcessLog log, int tid, long timeNs, int number, long result)
    {
        bool told = number >= 0 && log.Context.CallOf(tid) == number;
        byte* p = Begin(log, (byte)(RecordTag.CodeOf(RecordKind.Sysret) | (told ? 0 : RecordTag.Extra)), tid, timeNs);
        if (!told)
        {
            p = Put(p, Varint.ZigZag(number));
        }

        p = Put(p, Varint.ZigZag(result));
        Commit(log, p, timeNs, RecordKind.Sysret);
    }

    /// <summary>Appends a record with a payload in two parts, or its first fragment. <paramref name="more"/>: fragments follow.</summary>
    public static void Payload(
        ProcessLog log, int tid, long timeNs, RecordKind kind, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, bool more)
    {
        byte code = RecordTag.CodeOf(kind);
        byte* p = Begin(log, (byte)(code | (more ? RecordTag.Extra : 0)), tid, timeNs, code == RecordTag.OtherKind ? (byte)kind : (byte)0);
        p = Put(p, (ulong)(first.Length + second.Length));
        first.CopyTo(new Span<byte>(p, first.Length));
        p += first.Length;
        second.CopyTo(new Span<byte>(p, second.Length));
        p += second.Length;
        log.Continues = more;
        Commit(log, p, timeNs, kind);
    }

    /// <summary>Appends the next fragment of a record to a block that was opened for it.</summary>
    public static void Fragment(ProcessLog log, ReadOnlySpan<byte> bytes, bool more)
    {
        byte* p = (byte*)log.Head + log.BodyEnd;
        *p++ = (byte)(RecordTag.Continue | (more ? RecordTag.Extra : 0));
        p = Put(p, (ulong)bytes.Length);
        bytes.CopyTo(new Span<byte>(p, bytes.Length));
        p += bytes.Length;
        log.Continues = more;
        log.BodyEnd = (int)(p - (byte*)log.Head);
        Publish(log);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* Begin(ProcessLog log, byte tag, int tid, long timeNs, byte otherKind = 0)
    {
        byte* p = (byte*)log.Head + log.BodyEnd;
        if (timeNs < log.LastTimeNs)
        {
            *p++ = RecordTag.TimeBack;
            p = Put(p, unchecked((ulong)(log.LastTimeNs - timeNs)));
            log.LastTimeNs = timeNs;
        }

        byte* at = p++;
        if (otherKind != 0)
        {
            *p++ = otherKind;
        }

        if (tid != log.LastTid)
        {
            tag |= RecordTag.Thread;
            p = Put(p, Varint.ZigZag((long)tid - log.LastTid));
            log.LastTid = tid;
        }

        *at = tag;
        return p;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Commit(ProcessLog log, byte* end, long timeNs, RecordKind kind)
    {
        byte* t = (byte*)log.Head + log.TimesStart;
        ulong delta = unchecked((ulong)(timeNs - log.LastTimeNs));
        while (delta >= 0x80)
        {
            *--t = unchecked((byte)(delta | 0x80));
            delta >>= 7;
        }

        *--t = (byte)delta;
        log.LastTimeNs = timeNs;
        log.TimesStart = (int)(t - (byte*)log.Head);
        log.BodyEnd = (int)(end - (byte*)log.Head);
        log.Count++;
        log.LastSeq++;
        log.Kinds |= RecordKinds.Bit(kind);
        if (RecordKinds.IsEvent(kind))
        {
            log.Events++;
            log.StoredEvents++;
        }

        Publish(log);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Publish(ProcessLog log)
    {
        CrashPoint.Passed();
        Volatile.Write(ref log.Head->Used, (uint)(log.BodyEnd - BlockHead.Size) | (uint)(BlockHead.BlockSize - log.TimesStart) << 16);
        CrashPoint.Passed();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* Put(byte* p, ulong value)
    {
        while (value >= 0x80)
        {
            *p++ = unchecked((byte)(value | 0x80));
            value >>= 7;
        }

        *p++ = (byte)value;
        return p;
    }
}
