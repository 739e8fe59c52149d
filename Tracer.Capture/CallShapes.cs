namespace Tracer.Capture;

/// <summary>Shapes of all calls, a table for each machine, built once.</summary>
internal static class CallShapes
{
    public const uint AUDIT_ARCH_X86_64 = 0xC000003E;
    public const uint AUDIT_ARCH_AARCH64 = 0xC00000B7;

    private static readonly CallShape[] X64 = BuildX64();

    /// <summary>The table of a machine; empty (all calls unknown) for one that this version does not decode.</summary>
    public static CallShape[] For(uint auditArch) => auditArch switch
    {
        AUDIT_ARCH_X86_64 => X64,
        _ => [],
    };

    private static CallShape[] BuildX64()
    {
        var t = new CallShape[512];
        Array.Fill(t, CallShape.Unknown);
        t[0] = new(3, 0, DataRule.ReadBuffer, 1, 0, 0, 0);
        t[1] = new(3, 0, DataRule.WriteBuffer, 1, 0, 0, 0);
        t[17] = new(4, 0, DataRule.ReadBuffer, 1, 0, 0, 0);
        t[18] = new(4, 0, DataRule.WriteBuffer, 1, 0, 0, 0);
        t[19] = new(3, 0, DataRule.ReadVec, 1, 0, 0, 0);
        t[20] = new(3, 0, DataRule.WriteVec, 1, 0, 0, 0);
        t[44] = new(6, 0, DataRule.WriteBuffer, 1, 0, 0, 0);
        t[45] = new(6, 0, DataRule.ReadBuffer, 1, 0, 0, 0);
        t[46] = new(3, 0, DataRule.WriteMsg, 1, 0, 0, 0);
        t[47] = new(3, 0, DataRule.ReadMsg, 1, 0, 0, 0);
        t[299] = new(5, 0, DataRule.ReadMmsg, 1, 0, 0, 0);
        t[307] = new(4, 0, DataRule.WriteMmsg, 1, 0, 0, 0);
        t[2] = new(3, 1, 0, 0, 0, 0, 0);
        t[21] = new(2, 1, 0, 0, 0, 0, 0);
        t[257] = new(4, 2, 0, 0, 0, 0, 0);
        t[262] = new(4, 2, 0, 0, 0, 0, 0);
        t[82] = new(2, 3, 0, 0, 0, 0, 0);
        t[59] = new(3, 1, 0, 0, 0, 2, 0);
        t[56] = new(5, 0, 0, 0, 0, 0, CallRole.Clone);
        t[435] = new(2, 0, 0, 0, 0, 0, CallRole.Clone3);
        t[425] = new(2, 0, 0, 0, 0, 0, CallRole.IoUringSetup);
        return t;
    }
}
