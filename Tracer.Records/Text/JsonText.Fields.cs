using Tracer.Records.Payloads;

namespace Tracer.Records;

// The fields of each kind, in the order of docs/json.md.
public sealed partial class JsonText
{
    private void WriteFields(ProcessView process, RecordDecoder record)
    {
        if (record.Kind == RecordKind.Syscall)
        {
            WriteCall(process, record);
            return;
        }

        if (record.Kind == RecordKind.Sysret)
        {
            WriteReturn(process, record);
            return;
        }

        var payload = record.Payload;
        switch (record.Kind)
        {
            case RecordKind.Namei:
                WriteName(NameiSpans.Read(payload));
                break;
            case RecordKind.Genio:
                WriteData(GenioSpans.Read(payload));
                break;
            case RecordKind.Psig:
                WriteSignal(PsigPayload.Read(payload));
                break;
            case RecordKind.Args or RecordKind.Envs:
                WriteStrings("strings"u8, "strings_base64"u8, payload);
                _json.WriteBoolean("cut"u8, !payload.IsEmpty && payload[^1] != 0);
                break;
            case RecordKind.ProcCtor:
                WriteBirth(ProcCtorPayload.Read(payload));
                break;
            case RecordKind.ProcDtor:
                WriteDeath(ProcDtorPayload.Read(payload));
                break;
            case RecordKind.ProcInfo:
                WriteInfo(ProcInfoSpans.Read(payload));
                break;
            default:
                WriteOwn(record.Kind, payload);
                break;
        }
    }

    private void WriteCall(ProcessView process, RecordDecoder record)
    {
        var call = WriteCallName(process, record.Number);
        _json.WriteStartArray("args"u8);
        foreach (ulong argument in record.Arguments)
        {
            Hex(argument);
            _json.WriteStringValue(_scratch.Written.Span);
        }

        _json.WriteEndArray();
        if (call is null || _options.Raw)
        {
            return;
        }

        _json.WriteStartArray("args_text"u8);
        int count = call.CountMeaningful(record.Arguments);
        for (int i = 0; i < count; i++)
        {
            _scratch.Clear();
            _scratch.Advance(ArgumentText.Format(
                _scratch.Free(ArgumentText.MaxLength), process.Machine, call[i], record.Arguments[i], raw: false));
            _json.WriteStringValue(_scratch.Written.Span);
        }

        _json.WriteEndArray();
    }

    private SyscallInfo? WriteCallName(ProcessView process, int number)
    {
        _ = SyscallTable.TryGet(process.Machine, number, out var call);
        if (call is not null)
        {
            _json.WriteString("name"u8, call.Utf8Name);
        }

        _json.WriteNumber("number"u8, number);
        return call;
    }

    private void WriteReturn(ProcessView process, RecordDecoder record)
    {
        WriteCallName(process, record.Number);
        _json.WriteNumber("result"u8, record.Result);
        if (!RecordWords.IsError(record.Result))
        {
            return;
        }

        int errno = (int)-record.Result;
        _json.WriteNumber("errno"u8, errno);
        if (Symbols.ErrnoName(errno) is { IsEmpty: false } name)
        {
            _json.WriteString("error"u8, name);
        }
    }

    private void WriteName(in NameiSpans name)
    {
        _json.WriteNumber("argument"u8, name.Argument);
        WriteBytes("path"u8, "path_base64"u8, name.Path);
        _json.WriteBoolean("cut"u8, name.IsCut);
    }

    private void WriteData(in GenioSpans io)
    {
        _json.WriteNumber("fd"u8, io.Fd);
        _json.WriteString("direction"u8, io.IsWrite ? "write"u8 : "read"u8);
        _json.WriteNumber("length"u8, io.Length);
        _json.WriteNumber("kept"u8, io.Data.Length);
        if (!_options.HideData)
        {
            WriteBytes("data"u8, "data_base64"u8, io.Data[..Math.Min(io.Data.Length, _options.MaxData)]);
        }
    }

    private void WriteSignal(in PsigPayload signal)
    {
        _json.WriteNumber("signal"u8, signal.Signal);
        if (Symbols.SignalName(signal.Signal) is { IsEmpty: false } name)
        {
            _json.WriteString("signal_name"u8, name);
        }

        _json.WriteString("action"u8, RecordWords.Of(signal.Action));
        _json.WriteNumber("code"u8, signal.Code);
        if (Symbols.SignalCode(signal.Signal, signal.Code) is { IsEmpty: false } code)
        {
            _json.WriteString("code_name"u8, code);
        }

        _json.WriteNumber("errno"u8, signal.Errno);
        _json.WriteNumber("sender_pid"u8, signal.SenderPid);
        _json.WriteNumber("sender_uid"u8, signal.SenderUid);
        WriteHex("address"u8, signal.Address);
    }

    private void WriteBirth(in ProcCtorPayload birth)
    {
        _json.WriteString("reason"u8, RecordWords.Of(birth.Reason));
        WriteHex("audit_arch"u8, birth.Machine);
        if (RecordWords.OfMachine(birth.Machine) is { } machine)
        {
            _json.WriteString("machine"u8, machine);
        }

        _json.WriteNumber("parent_pid"u8, birth.ParentPid);
        _json.WriteNumber("former_tid"u8, birth.FormerTid);
    }

    private void WriteDeath(in ProcDtorPayload death)
    {
        int signal = death.WaitStatus & 0x7f;
        _json.WriteNumber("wait_status"u8, death.WaitStatus);
        if (signal == 0)
        {
            _json.WriteNumber("exit_status"u8, (death.WaitStatus >> 8) & 0xff);
        }
        else
        {
            _json.WriteNumber("signal"u8, signal);
            _json.WriteBoolean("core"u8, (death.WaitStatus & 0x80) != 0);
        }

        _json.WriteNumber("user_us"u8, death.UserTimeUs);
        _json.WriteNumber("system_us"u8, death.SystemTimeUs);
        _json.WriteNumber("max_rss_kib"u8, death.MaxResidentKiB);
        _json.WriteNumber("minor_faults"u8, death.MinorFaults);
        _json.WriteNumber("major_faults"u8, death.MajorFaults);
        _json.WriteNumber("blocks_in"u8, death.BlocksIn);
        _json.WriteNumber("blocks_out"u8, death.BlocksOut);
        _json.WriteNumber("voluntary_switches"u8, death.VoluntarySwitches);
        _json.WriteNumber("involuntary_switches"u8, death.InvoluntarySwitches);
    }

    private void WriteInfo(in ProcInfoSpans info)
    {
        _json.WriteNumber("parent_pid"u8, info.ParentPid);
        _json.WriteNumber("namespace_pid"u8, info.NamespacePid);
        _json.WriteNumber("process_group"u8, info.ProcessGroup);
        _json.WriteNumber("session"u8, info.Session);
        WriteIds("uids"u8, info.Uids);
        WriteIds("gids"u8, info.Gids);
        _json.WriteNumber("login_uid"u8, info.LoginUid);
        WriteBytes("name"u8, "name_base64"u8, info.Comm);
        WriteBytes("executable"u8, "executable_base64"u8, info.Executable);
        WriteBytes("directory"u8, "directory_base64"u8, info.Directory);
        WriteBytes("cgroup"u8, "cgroup_base64"u8, info.Cgroup);
        WriteStrings("arguments"u8, "arguments_base64"u8, info.Arguments);
    }

    private void WriteIds(ReadOnlySpan<byte> name, UserIds ids)
    {
        _json.WriteStartObject(name);
        _json.WriteNumber("real"u8, ids.Real);
        _json.WriteNumber("effective"u8, ids.Effective);
        _json.WriteNumber("saved"u8, ids.Saved);
        _json.WriteNumber("file_system"u8, ids.FileSystem);
        _json.WriteEndObject();
    }

    private void WriteOwn(RecordKind kind, ReadOnlySpan<byte> payload)
    {
        switch (kind)
        {
            case RecordKind.Drop:
                WriteDrop(DropPayload.Read(payload));
                break;
            case RecordKind.Held:
                var held = HeldPayload.Read(payload);
                _json.WriteString("reason"u8, RecordWords.Of(held.Reason));
                _json.WriteNumber("duration_ns"u8, held.DurationNs);
                break;
            case RecordKind.End:
                WriteEnd(EndPayload.Read(payload));
                break;
            case RecordKind.Clock:
                var clock = ClockPayload.Read(payload);
                WriteRealtime("clock_realtime"u8, clock.RealtimeNs);
                _json.WriteNumber("clock_boottime"u8, clock.BoottimeNs);
                break;
            case RecordKind.Blind:
                _json.WriteString("reason"u8, VerifyWords.Of(BlindPayload.Read(payload).Reason));
                break;
            default:
                _json.WriteNumber("length"u8, payload.Length);
                if (!_options.HideData)
                {
                    _json.WriteBase64String("payload_base64"u8, payload[..Math.Min(payload.Length, _options.MaxData)]);
                }

                break;
        }
    }

    private void WriteDrop(in DropPayload drop)
    {
        _json.WriteString("reason"u8, VerifyWords.Of(drop.Reason));
        if (drop.Kind == RecordKind.None)
        {
            _json.WriteNull("dropped_kind"u8);
        }
        else
        {
            WriteKind("dropped_kind"u8, "dropped_kind_number"u8, drop.Kind);
        }

        WriteCount("count"u8, drop.Count);
        _json.WriteNumber("first"u8, drop.FirstNs);
        _json.WriteNumber("last"u8, drop.LastNs);
    }

    private void WriteEnd(in EndPayload end)
    {
        _json.WriteString("reason"u8, VerifyWords.Of(end.Reason));
        _json.WriteNumber("last_seq"u8, end.LastSeq);
        _json.WriteNumber("generated"u8, end.Generated);
        WriteCount("dropped"u8, end.Dropped);
        _json.WriteNumber("held_ns"u8, end.HeldNs);
        _json.WriteNumber("holds"u8, end.Holds);
    }

    private void WriteCount(ReadOnlySpan<byte> name, ulong? count)
    {
        if (count is { } known)
        {
            _json.WriteNumber(name, known);
        }
        else
        {
            _json.WriteNull(name);
        }
    }
}
