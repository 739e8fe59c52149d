using System.Data.Common;
using System.Runtime.CompilerServices;
using LinqToDB.Interceptors;
using Microsoft.Data.Sqlite;

namespace Tracer.Actors;

/// <summary>
/// Sets what SQLite keeps per connection, on each connection that the journal plugin opens. The library's own default is
/// <c>synchronous=FULL</c>; there is no key of the connection string for any of these.
/// </summary>
/// <param name="settings">Settings of the store.</param>
/// <param name="durable">True: a commit survives a power cut (FULL), at 0.2 ms and more a write. False: it survives the end of any process (NORMAL).</param>
internal sealed class ConnectionPragmas(TracerSettings.StoreSettings settings, bool durable) : ConnectionInterceptor
{
    private readonly string _sql =
        $"PRAGMA synchronous={(durable ? "FULL" : "NORMAL")}; PRAGMA wal_autocheckpoint={settings.AutoCheckpointPages};"
        + $" PRAGMA busy_timeout={(int)settings.BusyTimeout.TotalMilliseconds};";

    /// <summary>Connections are pooled and opened for each write; the pragmas last as long as the handle below.</summary>
    private readonly ConditionalWeakTable<object, object> _done = [];

    public override void ConnectionOpened(ConnectionEventData eventData, DbConnection connection) => Set(connection);

    public override Task ConnectionOpenedAsync(ConnectionEventData eventData, DbConnection connection, CancellationToken cancellationToken)
    {
        Set(connection);
        return Task.CompletedTask;
    }

    private void Set(DbConnection connection)
    {
        if (connection is SqliteConnection { Handle: { } handle } && !_done.TryGetValue(handle, out _))
        {
            using var command = connection.CreateCommand();
            command.CommandText = _sql;
            command.ExecuteNonQuery();
            _done.AddOrUpdate(handle, handle);
        }
    }
}
