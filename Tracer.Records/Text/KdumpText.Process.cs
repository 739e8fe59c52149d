using Tracer.Records.Payloads;

namespace Tracer.Records;

// The life of a process: signals, birth, end, who it is; and what Tracer says of its own recording.
public sealed partial class KdumpText
{
    private const int SigIll = 4, SigTrap = 5, SigBus = 7, SigFpe = 8, SigSegv = 11, SigChld = 17, SigSys = 31;

    private void AppendSignal(in PsigPayload signal, TextBuffer text)
    {
        var name = Symbols.SignalName(signal.Signal);
        AppendNameOr(name, signal.Signal, text);
        text.Append((byte)' ');
        text.Append(RecordWords.Of(signal.Action));
        text.Append(" code="u8);
        AppendNameOr(Symbols.SignalCode(signal.Signal, signal.Code), signal.Code, text);
        if (signal.Errno != 0)
        {
            text.Append(" errno="u8);
            text.AppendDecimal((long)signal.Errno);
        }

        if (signal.SenderPid != 0)
        {
            text.Append(" from pid "u8);
            text.AppendDecimal((long)signal.SenderPid);
            text.Append(" uid "u8);
            text.AppendDecimal((ulong)signal.SenderUid);
        }

        AppendSignalDetail(signal, text);
    }

    private static void AppendSignalDetail(in PsigPayload signal, TextBuffer text)
    {
        if (signal.Code > 0 && signal.Signal is SigIll or SigTrap or SigBus or SigFpe or SigSegv or SigSys)
        {
            text.Append(" address="u8);
            text.AppendHex(signal.Address);
        }
        else if (signal.Code > 0 && signal.Signal == SigChld)
        {
            text.Append(" status="u8);
            text.AppendDecimal(unchecked((long)signal.Address));
        }
        else if (signal.Address != 0)
        {
            text.Append(" value="u8);
            text.AppendHex(signal.Address);
        }
    }

    private void AppendNameOr(ReadOnlySpan<byte> name, int number, TextBuffer text)
    {
        if (_options.Raw || name.IsEmpty)
        {
            text.AppendDecimal((long)number);
        }
        else
        {
            text.Append(name);
        }
    }

    private static void AppendBirth(in ProcCtorPayload birth, TextBuffer text)
    {
        text.Append(RecordWords.Of(birth.Reason));
        if (birth.ParentPid != 0)
        {
            text.Append(" by "u8);
            text.AppendDecimal((long)birth.ParentPid);
        }

        if (birth.FormerTid != 0)
        {
            text.Append(" by thread "u8);
            text.AppendDecimal((long)birth.FormerTid);
        }

        if (birth.Machine != 0)
        {
            text.Append(" machine="u8);
            if (RecordWords.OfMachine(birth.Machine) is { } machine)
            {
                text.Append(machine);
            }
            else
            {
                text.AppendHex(birth.Machine);
            }
        }
    }

    private void AppendDeath(in ProcDtorPayload death, TextBuffer text)
    {
        const int CoreFlag = 0x80, SignalMask = 0x7f;
        int signal = death.WaitStatus & SignalMask;
        if (signal == 0)
        {
            text.Append("status "u8);
            text.AppendDecimal((long)((death.WaitStatus >> 8) & 0xff));
        }
        else
        {
            text.Append("killed by "u8);
            AppendNameOr(Symbols.SignalName(signal), signal, text);
            text.Append((death.WaitStatus & CoreFlag) != 0 ? ", core dumped"u8 : default);
        }

        AppendCpuTime(", user "u8, death.UserTimeUs, text);
        AppendCpuTime(", system "u8, death.SystemTimeUs, text);
        text.Append(", maxrss "u8);
        text.AppendDecimal(death.MaxResidentKiB);
        text.Append(" KiB, faults "u8);
        text.AppendDecimal(death.MinorFaults);
        text.Append((byte)'+');
        text.AppendDecimal(death.MajorFaults);
    }

    private static void AppendCpuTime(ReadOnlySpan<byte> what, long microseconds, TextBuffer text)
    {
        text.Append(what);
        text.AppendSeconds(unchecked(microseconds * 1000));
        text.Length -= 3;
        text.Append(" s"u8);
    }

    private static void AppendInfo(in ProcInfoSpans info, TextBuffer text)
    {
        text.Append("comm="u8);
        EscapedText.AppendQuoted(text, info.Comm);
        text.Append(" exe="u8);
        EscapedText.AppendQuoted(text, info.Executable);
        text.Append(" cwd="u8);
        EscapedText.AppendQuoted(text, info.Directory);
        AppendField(" ppid="u8, info.ParentPid, text);
        AppendField(" pgrp="u8, info.ProcessGroup, text);
        AppendField(" session="u8, info.Session, text);
        AppendField(" nspid="u8, info.NamespacePid, text);
        AppendIds(" uid="u8, info.Uids, text);
        AppendIds(" gid="u8, info.Gids, text);
        if (info.LoginUid != uint.MaxValue)
        {
            AppendField(" loginuid="u8, info.LoginUid, text);
        }

        text.Append(" cgroup="u8);
        EscapedText.AppendQuoted(text, info.Cgroup);
        text.Append(" args="u8);
        AppendStrings(info.Arguments, text);
    }

    private static void AppendField(ReadOnlySpan<byte> name, long value, TextBuffer text)
    {
        text.Append(name);
        text.AppendDecimal(value);
    }

    /// <summary>Real id; all four, as real/effective/saved/file system, when they differ.</summary>
    private static void AppendIds(ReadOnlySpan<byte> name, UserIds ids, TextBuffer text)
    {
        AppendField(name, ids.Real, text);
        if (ids.Effective != ids.Real || ids.Saved != ids.Real || ids.FileSystem != ids.Real)
        {
            AppendField("/"u8, ids.Effective, text);
            AppendField("/"u8, ids.Saved, text);
            AppendField("/"u8, ids.FileSystem, text);
        }
    }

    private static void AppendDrop(in DropPayload drop, TextBuffer text)
    {
        if (drop.Count is { } count)
        {
            text.AppendDecimal(count);
        }
        else
        {
            text.Append("an unknown number of"u8);
        }

        if (drop.Kind != RecordKind.None)
        {
            text.Append((byte)' ');
            AppendTag(drop.Kind, text);
            while (text.Written.Span[^1] == ' ')
            {
                text.Length--;
            }
        }

        text.Append(" events dropped, "u8);
        text.Append(VerifyWords.Of(drop.Reason));
        text.Append(", within "u8);
        text.AppendSeconds(unchecked(drop.LastNs - drop.FirstNs));
        text.Append(" s"u8);
    }

    private static void AppendHeld(in HeldPayload held, TextBuffer text)
    {
        text.AppendSeconds(held.DurationNs);
        text.Append(" s, "u8);
        text.Append(RecordWords.Of(held.Reason));
    }

    private static void AppendEnd(in EndPayload end, TextBuffer text)
    {
        text.Append(VerifyWords.Of(end.Reason));
        text.Append(", last record "u8);
        text.AppendDecimal(end.LastSeq);
        text.Append(", events generated "u8);
        text.AppendDecimal(end.Generated);
        text.Append(", dropped "u8);
        if (end.Dropped is { } dropped)
        {
            text.AppendDecimal(dropped);
        }
        else
        {
            text.Append("unknown"u8);
        }

        text.Append(", held "u8);
        text.AppendDecimal(end.Holds);
        text.Append(" times for "u8);
        text.AppendSeconds(end.HeldNs);
        text.Append(" s"u8);
    }

    private static void AppendClock(in ClockPayload clock, TextBuffer text)
    {
        text.Append("realtime "u8);
        text.AppendSeconds(clock.RealtimeNs);
        text.Append(" boottime "u8);
        text.AppendSeconds(clock.BoottimeNs);
    }
}
