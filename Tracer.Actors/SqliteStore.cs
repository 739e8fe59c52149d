using Microsoft.Data.Sqlite;

namespace Tracer.Actors;

/// <summary>
/// The store file, without Akka: made, checked and opened before the actor system starts; read by the commands that only read.
/// Rows of a trace are written by the journal plugin alone. Safe for several threads; they take turns.
/// </summary>
public sealed partial class SqliteStore : IDisposable, ITraceTailReader
{
    private readonly SqliteConnection _connection;
    private readonly Lock _lock = new();

    private SqliteStore(string path, SqliteConnection connection)
    {
        Path = path;
        _connection = connection;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Opens a store, and makes it when there is none: the directory 0700, the file 0600.</summary>
    /// <exception cref="StoreException">It can't be.</exception>
    public static SqliteStore OpenOrCreate(string path, TracerSettings.StoreSettings? settings = null)
    {
        path = System.IO.Path.GetFullPath(path);
        CreateFile(path);
        return Open(path, settings ?? new(), SqliteOpenMode.ReadWrite, create: true);
    }

    /// <summary>Opens a store for reading and for <see cref="Delete"/>; one that may not be written can still be read.</summary>
    /// <exception cref="StoreException">It can't be, or there is none.</exception>
    public static SqliteStore OpenExisting(string path, TracerSettings.StoreSettings? settings = null)
    {
        path = System.IO.Path.GetFullPath(path);
        CheckIsFile(path);
        if (!File.Exists(path))
        {
            throw new StoreException(StoreProblem.Missing, $"{path}: there is no store yet; 'tracer run COMMAND' makes one");
        }

        var mode = IsWritable(path) ? SqliteOpenMode.ReadWrite : SqliteOpenMode.ReadOnly;
        return Open(path, settings ?? new(), mode, create: false);
    }

    /// <summary>Takes the next number for a trace: given once, and not used again. Atomic among recorders.</summary>
    public int AllocateNumber(Guid traceId)
    {
        lock (_lock)
        {
            return Guard(() =>
            {
                using var command = Command(
                    "INSERT INTO trace (persistence_id) VALUES ($id) RETURNING number", ("$id", JournalActor.PersistenceIdOf(traceId)));
                return checked((int)(long)command.ExecuteScalar()!);
            });
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _connection.Dispose();
        }
    }

    private static void CheckIsFile(string path)
    {
        if (Directory.Exists(path))
        {
            throw new StoreException(StoreProblem.NotAFile, $"{path}: it is a directory; name a file in it with --store");
        }
    }

    private static bool IsWritable(string path)
    {
        try
        {
            using (File.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete))
            {
                return true;
            }
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            return false;
        }
    }

    private static void CreateFile(string path)
    {
        CheckIsFile(path);
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException("Tracer records on Linux");
        }

        try
        {
            if (File.Exists(path))
            {
                return;
            }

            if (System.IO.Path.GetDirectoryName(path) is { } directory && !Directory.Exists(directory))
            {
                Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            // Made here and not by SQLite, which would use the umask; its -wal and -shm take the mode of the file.
            new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.ReadWrite | FileShare.Delete,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }).Dispose();
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StoreException(
                StoreProblem.NoPermission, $"{path}: no permission to make it; name another with --store or TRACER_STORE", e);
        }
        catch (IOException e)
        {
            bool full = (e.HResult & 0xffff) == 28;      // ENOSPC
            bool readOnly = (e.HResult & 0xffff) == 30;  // EROFS
            throw new StoreException(
                full ? StoreProblem.DiskFull : readOnly ? StoreProblem.NoPermission : StoreProblem.Other,
                $"{path}: it can't be made ({e.Message}); name another with --store or TRACER_STORE",
                e);
        }
    }

    private static SqliteStore Open(string path, TracerSettings.StoreSettings settings, SqliteOpenMode mode, bool create)
    {
        CheckHead(path, create);
        SqliteConnection? connection = null;
        try
        {
            // No pool: the file is let go when the store is closed.
            connection = new SqliteConnection(new SqliteConnectionStringBuilder
            {
                DataSource = path,
                Mode = mode,
                Pooling = false,
                DefaultTimeout = (int)settings.BusyTimeout.TotalSeconds,
            }.ConnectionString);
            connection.Open();
            var store = new SqliteStore(path, connection);
            store.Run($"PRAGMA busy_timeout={(int)settings.BusyTimeout.TotalMilliseconds}");
            store.CheckOrInitialize(settings, create);
            return store;
        }
        catch (SqliteException e)
        {
            connection?.Dispose();
            throw StoreFailure.Of(e, path);
        }
        catch
        {
            connection?.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The first bytes of the file, looked at before SQLite is: a text file gets a better answer than "file is not a database".
    /// </summary>
    private static void CheckHead(string path, bool create)
    {
        Span<byte> head = stackalloc byte[16];
        int length;
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            length = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StoreException(StoreProblem.NoPermission, $"{path}: no permission to read it; name another with --store or TRACER_STORE", e);
        }
        catch (IOException e)
        {
            throw new StoreException(StoreProblem.Other, $"{path}: it can't be read ({e.Message})", e);
        }

        if (length == 0 && create)
        {
            return;
        }

        if (!head[..length].SequenceEqual("SQLite format 3\0"u8))
        {
            throw new StoreException(StoreProblem.NotADatabase, $"{path}: it is no Tracer store (no SQLite database); name another with --store");
        }
    }

    private void CheckOrInitialize(TracerSettings.StoreSettings settings, bool create)
    {
        long id = Scalar("PRAGMA application_id");
        long format = Scalar("PRAGMA user_version");
        if (id == 0 && format == 0 && create && Scalar("SELECT count(*) FROM sqlite_master") == 0)
        {
            Initialize(settings);
            id = Scalar("PRAGMA application_id");
            format = Scalar("PRAGMA user_version");
        }

        if (id != StoreSchema.ApplicationId)
        {
            throw new StoreException(StoreProblem.NotTracers, $"{Path}: it is a database, but no Tracer store; name another with --store");
        }

        if (format > StoreSchema.Format)
        {
            throw new StoreException(
                StoreProblem.NewerFormat,
                $"{Path}: its format is {format}, and this Tracer knows up to {StoreSchema.Format}; use the newer Tracer, or name another with --store");
        }
    }

    /// <summary>
    /// Several recorders may come here at the same time: page size and WAL are settled by whoever is first, the tables in one
    /// transaction.
    /// </summary>
    private void Initialize(TracerSettings.StoreSettings settings)
    {
        Run($"PRAGMA page_size={settings.PageBytes}; PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL");
        using var transaction = _connection.BeginTransaction(deferred: false);
        if (Scalar("SELECT count(*) FROM sqlite_master") == 0)
        {
            Run(StoreSchema.Journal + StoreSchema.Traces
                + $"PRAGMA application_id={StoreSchema.ApplicationId}; PRAGMA user_version={StoreSchema.Format};");
        }

        transaction.Commit();
    }

    private T Guard<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (SqliteException e)
        {
            throw StoreFailure.Of(e, Path);
        }
    }

    private void Run(string sql)
    {
        using var command = Command(sql);
        command.ExecuteNonQuery();
    }

    private long Scalar(string sql)
    {
        using var command = Command(sql);
        return (long)command.ExecuteScalar()!;
    }

    private SqliteCommand Command(string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        return command;
    }
}
