namespace Tracer.Host;

/// <summary>Exit statuses.</summary>
internal static class Exit
{
    public const int Usage = 2;
    public const int Failure = 125;
}
