namespace Tracer.Records;

/// <summary>The machine whose system calls a record holds: it decides numbers and the values of some flags.</summary>
public enum Machine : byte
{
    /// <summary>x86-64, its native calls; the x32 calls (bit 30 of the number) are in no table.</summary>
    X64 = 1,

    /// <summary>arm64, which uses the kernel's generic numbers.</summary>
    Arm64 = 2,
}

/// <summary>Between <see cref="Machine"/> and the kernel's names for it.</summary>
public static class MachineExtensions
{
    /// <summary>AUDIT_ARCH_X86_64 of linux/audit.h.</summary>
    public const uint AuditArchX64 = 0xC000003E;

    /// <summary>AUDIT_ARCH_AARCH64 of linux/audit.h.</summary>
    public const uint AuditArchArm64 = 0xC00000B7;

    /// <summary>The AUDIT_ARCH value of a machine, as PTRACE_GET_SYSCALL_INFO and seccomp report it (ptrace(2), seccomp(2)).</summary>
    /// <returns>Zero for a value that is no machine.</returns>
    public static uint ToAuditArch(this Machine machine) => machine switch
    {
        Machine.X64 => AuditArchX64,
        Machine.Arm64 => AuditArchArm64,
        _ => 0,
    };

    /// <summary>The machine of an AUDIT_ARCH value.</summary>
    /// <returns>False for every other value, such as that of a 32-bit program on a 64-bit kernel.</returns>
    public static bool TryFromAuditArch(uint auditArch, out Machine machine)
    {
        machine = auditArch switch
        {
            AuditArchX64 => Machine.X64,
            AuditArchArm64 => Machine.Arm64,
            _ => default,
        };
        return machine != default;
    }
}
