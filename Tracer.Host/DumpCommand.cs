namespace Tracer.Host;

internal static class DumpCommand
{
    public static int Show(string store, Guid id) => 0;
}
