using Tracer.Records.Payloads;

namespace Tracer.Records;

/// <summary>Words for the values in records, as constants: text, JSON and verify's report say the same.</summary>
internal static class RecordWords
{
    /// <summary>The tag of a kind in kdump's lines; empty for a kind that this version does not know.</summary>
    public static ReadOnlySpan<byte> Tag(RecordKind kind) => kind switch
    {
        RecordKind.Syscall => "CALL"u8,
        RecordKind.Sysret => "RET"u8,
        RecordKind.Namei => "NAMI"u8,
        RecordKind.Genio => "GIO"u8,
        RecordKind.Psig => "PSIG"u8,
        RecordKind.Csw => "CSW"u8,
        RecordKind.User => "USER"u8,
        RecordKind.Struct or RecordKind.StructArray => "STRU"u8,
        RecordKind.Sysctl => "SCTL"u8,
        RecordKind.ProcCtor => "PROC"u8,
        RecordKind.ProcDtor => "EXIT"u8,
        RecordKind.CapFail => "CAP"u8,
        RecordKind.Fault => "PFLT"u8,
        RecordKind.FaultEnd => "PRET"u8,
        RecordKind.Args => "ARGS"u8,
        RecordKind.Envs => "ENVS"u8,
        RecordKind.ExtErr => "EERR"u8,
        RecordKind.Drop => "DROP"u8,
        RecordKind.Held => "HELD"u8,
        RecordKind.End => "END"u8,
        RecordKind.Clock => "CLOC"u8,
        RecordKind.ProcInfo => "INFO"u8,
        RecordKind.Gap => "GAP"u8,
        RecordKind.Blind => "BLND"u8,
        RecordKind.Redacted => "REDA"u8,
        RecordKind.Stack => "STAK"u8,
        _ => default,
    };

    /// <summary>The name of a kind in JSON; empty for a kind that this version does not know.</summary>
    public static ReadOnlySpan<byte> Name(RecordKind kind) => kind switch
    {
        RecordKind.Syscall => "syscall"u8,
        RecordKind.Sysret => "sysret"u8,
        RecordKind.Namei => "namei"u8,
        RecordKind.Genio => "genio"u8,
        RecordKind.Psig => "psig"u8,
        RecordKind.Csw => "csw"u8,
        RecordKind.User => "user"u8,
        RecordKind.Struct => "struct"u8,
        RecordKind.Sysctl => "sysctl"u8,
        RecordKind.ProcCtor => "procctor"u8,
        RecordKind.ProcDtor => "procdtor"u8,
        RecordKind.CapFail => "capfail"u8,
        RecordKind.Fault => "fault"u8,
        RecordKind.FaultEnd => "faultend"u8,
        RecordKind.StructArray => "structarray"u8,
        RecordKind.Args => "args"u8,
        RecordKind.Envs => "envs"u8,
        RecordKind.ExtErr => "exterr"u8,
        RecordKind.Drop => "drop"u8,
        RecordKind.Held => "held"u8,
        RecordKind.End => "end"u8,
        RecordKind.Clock => "clock"u8,
        RecordKind.ProcInfo => "procinfo"u8,
        RecordKind.Gap => "gap"u8,
        RecordKind.Blind => "blind"u8,
        RecordKind.Redacted => "redacted"u8,
        RecordKind.Stack => "stack"u8,
        _ => default,
    };

    public static string Of(BirthReason reason) => reason switch
    {
        BirthReason.Start => "start",
        BirthReason.Fork => "fork",
        BirthReason.Vfork => "vfork",
        BirthReason.Clone => "clone",
        BirthReason.Exec => "exec",
        BirthReason.Attach => "attach",
        _ => $"reason-{(int)reason}",
    };

    public static string Of(HoldReason reason) => reason switch
    {
        HoldReason.NoBlock => "no-block",
        HoldReason.Each => "each",
        HoldReason.Birth => "birth",
        _ => $"reason-{(int)reason}",
    };

    public static string Of(SignalAction action) => action switch
    {
        SignalAction.Default => "SIG_DFL",
        SignalAction.Ignore => "SIG_IGN",
        SignalAction.Caught => "caught",
        _ => "unknown",
    };

    /// <summary>The machine's name; null when it is none that this version knows.</summary>
    public static string? OfMachine(uint auditArch) => auditArch switch
    {
        MachineExtensions.AuditArchX64 => "x86-64",
        MachineExtensions.AuditArchArm64 => "arm64",
        _ => null,
    };

    /// <summary>True for an error: the kernel returns -4095 to -1.</summary>
    public static bool IsError(long result) => result is < 0 and >= -4095;

    /// <summary>True for the kernel's own codes that say that the call is made again (ERESTARTSYS and its like).</summary>
    public static bool IsRestart(long result) => result is -512 or -513 or -514 or -516;
}
