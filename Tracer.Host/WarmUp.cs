using Microsoft.Data.Sqlite;

namespace Tracer.Host;

/// <summary>
/// Work that every command with a store meets at its first use, done on another thread while the command line is read: the SQLite library
/// and the parser of connection strings, which compiles regular expressions (some 50 ms).
/// </summary>
internal static class WarmUp
{
    /// <summary>Begins. Nothing depends on its end, and what fails here fails again where it is reported.</summary>
    public static void Begin() => ThreadPool.UnsafeQueueUserWorkItem(_ =>
    {
        try
        {
            using var connection = new SqliteConnection("Data Source=:memory:;Pooling=False");
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version";
            _ = command.ExecuteScalar();
        }
        catch (Exception e) when (e is SqliteException or DllNotFoundException or TypeInitializationException)
        {
            // The store's own opening meets the same and says so.
        }
    }, null);
}
