using System.Runtime.InteropServices;

namespace Tracer.Capture.Interop;

/// <summary>
/// struct ptrace_syscall_info (ptrace(2), PTRACE_GET_SYSCALL_INFO): 88 bytes. The union begins at 24:
/// entry {nr, args[6]}, exit {rval, is_error}, seccomp {nr, args[6], ret_data}.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 88)]
internal unsafe struct PtraceSyscallInfo
{
    public const byte PTRACE_SYSCALL_INFO_NONE = 0;
    public const byte PTRACE_SYSCALL_INFO_ENTRY = 1;
    public const byte PTRACE_SYSCALL_INFO_EXIT = 2;

    [FieldOffset(0)]
    public byte op;

    /// <summary>AUDIT_ARCH of the call, or of the program when there is none.</summary>
    [FieldOffset(4)]
    public uint arch;

    [FieldOffset(8)]
    public ulong instruction_pointer;

    [FieldOffset(16)]
    public ulong stack_pointer;

    [FieldOffset(24)]
    public ulong nr;

    [FieldOffset(32)]
    public fixed ulong args[6];

    /// <summary>At an exit: the result, errors as -errno.</summary>
    [FieldOffset(24)]
    public long rval;

    /// <summary>At an exit: 1 for an error.</summary>
    [FieldOffset(32)]
    public byte is_error;
}
