using Tracer.Records;

namespace Tracer.Capture;

/// <summary>Shapes of all calls, a table for each machine, built once from <see cref="SyscallTable"/>.</summary>
internal static class CallShapes
{
    private static readonly Lazy<CallShape[]> X64 = new(() => Build(Machine.X64));
    private static readonly Lazy<CallShape[]> Arm64 = new(() => Build(Machine.Arm64));

    /// <summary>The table of a machine; empty (all calls unknown) for one that this version does not decode.</summary>
    public static CallShape[] For(uint auditArch) => auditArch switch
    {
        MachineExtensions.AuditArchX64 => X64.Value,
        MachineExtensions.AuditArchArm64 => Arm64.Value,
        _ => [],
    };

    /// <summary>The shape of one call.</summary>
    internal static CallShape Of(SyscallInfo info)
    {
        byte paths = 0;
        byte exec = 0;
        var data = DataRule.None;
        byte dataArg = 0;
        for (byte i = 0; i < info.ArgCount; i++)
        {
            DataRule rule = RuleOf(info[i]);
            if (rule != DataRule.None)
            {
                data = rule;
                dataArg = i;
            }

            if (info[i] == ArgKind.Path)
                paths |= (byte)(1 << i);
            else if (info[i] == ArgKind.Argv)
                exec = (byte)(i + 1);
        }

        return new((byte)info.ArgCount, paths, data, dataArg, exec, RoleOf(info.Name));
    }

    private static CallShape[] Build(Machine machine)
    {
        var shapes = new CallShape[SyscallTable.NumberLimit(machine)];
        for (int number = 0; number < shapes.Length; number++)
        {
            shapes[number] = SyscallTable.TryGet(machine, number, out SyscallInfo? info) ? Of(info) : CallShape.Unknown;
        }

        return shapes;
    }

    private static DataRule RuleOf(ArgKind kind) => kind switch
    {
        ArgKind.ReadBuffer => DataRule.ReadBuffer,
        ArgKind.WriteBuffer => DataRule.WriteBuffer,
        ArgKind.ReadVec => DataRule.ReadVec,
        ArgKind.WriteVec => DataRule.WriteVec,
        ArgKind.ReadMsg => DataRule.ReadMsg,
        ArgKind.WriteMsg => DataRule.WriteMsg,
        ArgKind.ReadMmsg => DataRule.ReadMmsg,
        ArgKind.WriteMmsg => DataRule.WriteMmsg,
        _ => DataRule.None,
    };

    private static CallRole RoleOf(string name) => name switch
    {
        "clone" => CallRole.Clone,
        "clone3" => CallRole.Clone3,
        "rt_sigaction" => CallRole.SignalAction,
        "io_uring_setup" => CallRole.IoUringSetup,
        _ => CallRole.None,
    };
}
