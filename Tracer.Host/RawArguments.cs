namespace Tracer.Host;

/// <summary>The bytes of this process's own arguments: .NET decodes them as UTF-8, which a file name need not be.</summary>
internal static class RawArguments
{
    /// <summary>The last arguments, as the kernel has them.</summary>
    /// <param name="count">How many.</param>
    public static IReadOnlyList<byte[]> Last(int count)
    {
        byte[] all = File.ReadAllBytes("/proc/self/cmdline");
        var arguments = new List<byte[]>();
        for (int start = 0; start < all.Length;)
        {
            int end = Array.IndexOf(all, (byte)0, start);
            end = end < 0 ? all.Length : end;
            arguments.Add(all[start..end]);
            start = end + 1;
        }

        return arguments[^count..];
    }
}
