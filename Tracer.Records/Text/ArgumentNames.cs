namespace Tracer.Records;

/// <summary>The tables of names behind <see cref="ArgumentText"/>, by kind. The names are those of the man page that <see cref="ArgKind"/> gives.</summary>
internal static partial class ArgumentNames
{
    private static readonly FlagNames?[] X64Flags = CreateFlags(Machine.X64);
    private static readonly FlagNames?[] Arm64Flags = CreateFlags(Machine.Arm64);
    private static readonly ValueNames?[] ValueTables = CreateValues();

    /// <summary>The table of a kind that is a set of flags, else null.</summary>
    public static FlagNames? Flags(Machine machine, ArgKind kind)
    {
        var tables = machine == Machine.Arm64 ? Arm64Flags : X64Flags;
        return (uint)kind < (uint)tables.Length ? tables[(int)kind] : null;
    }

    /// <summary>The table of a kind that is an enumeration, else null. The values are the same on all machines.</summary>
    public static ValueNames? Values(ArgKind kind) => (uint)kind < (uint)ValueTables.Length ? ValueTables[(int)kind] : null;

    private static FlagNames?[] CreateFlags(Machine machine)
    {
        var tables = new FlagNames?[256];
        foreach (var (kind, definition) in FlagDefinitions(machine)) tables[(int)kind] = new FlagNames(definition);
        return tables;
    }

    private static ValueNames?[] CreateValues()
    {
        var tables = new ValueNames?[256];
        foreach (var (kind, definition) in ValueDefinitions) tables[(int)kind] = new ValueNames(definition);
        return tables;
    }
}
