using Microsoft.Data.Sqlite;

namespace Tracer.Actors;

/// <summary>What is wrong with a store.</summary>
public enum StoreProblem
{
    /// <summary>The path is a directory or something else that is no file.</summary>
    NotAFile,

    /// <summary>It may not be read or written, or its directory can't be made.</summary>
    NoPermission,

    /// <summary>There is none.</summary>
    Missing,

    /// <summary>It is no SQLite database.</summary>
    NotADatabase,

    /// <summary>It is a database, but not Tracer's.</summary>
    NotTracers,

    /// <summary>A newer Tracer made it.</summary>
    NewerFormat,

    /// <summary>No room on its file system.</summary>
    DiskFull,

    /// <summary>Another program holds its lock for too long.</summary>
    Busy,

    /// <summary>It is damaged.</summary>
    Damaged,

    /// <summary>The trace named does not exist.</summary>
    NoSuchTrace,

    /// <summary>The trace has no end yet.</summary>
    TraceIsOpen,

    /// <summary>Anything else.</summary>
    Other,
}

/// <summary>A store can't be used. The message is one line that says what is wrong and what to do.</summary>
public sealed class StoreException : Exception
{
    /// <summary>A problem and its one line.</summary>
    public StoreException(StoreProblem problem, string message, Exception? inner = null)
        : base(message, inner) => Problem = problem;

    /// <summary>What is wrong.</summary>
    public StoreProblem Problem { get; }
}

/// <summary>Says in one line what a failure of the store is.</summary>
internal static class StoreFailure
{
    /// <summary>As the store's exception.</summary>
    public static StoreException Of(SqliteException e, string path) => new(ProblemOf(e), $"{path}: {Text(e)}", e);

    /// <summary>The one line for any failure that came through the journal plugin.</summary>
    public static string Describe(Exception e)
    {
        for (var inner = e; inner is not null; inner = inner.InnerException)
        {
            if (inner is SqliteException sqlite)
            {
                return Text(sqlite);
            }

            if (inner is StoreException)
            {
                return inner.Message;
            }

            if (inner is AggregateException { InnerExceptions.Count: > 1 } many)
            {
                return Describe(many.InnerExceptions[0]);
            }
        }

        return e is AggregateException { InnerException: { } first } ? Describe(first) : e.Message;
    }

    private static StoreProblem ProblemOf(SqliteException e) => e.SqliteErrorCode switch
    {
        3 or 8 or 14 or 23 => StoreProblem.NoPermission,
        5 or 6 => StoreProblem.Busy,
        11 => StoreProblem.Damaged,
        13 => StoreProblem.DiskFull,
        26 => StoreProblem.NotADatabase,
        _ => StoreProblem.Other,
    };

    private static string Text(SqliteException e) => e.SqliteErrorCode switch
    {
        3 or 14 or 23 => "the store can't be opened: check the permissions of the file and of its directory",
        5 or 6 => "the store is locked by another program; it is tried again",
        8 => "the store is read-only: check the permissions of the file and of its directory, or name another with --store",
        10 => $"the store's disk fails: {e.Message}",
        11 => "the store is damaged: name another with --store, and look at this one with 'sqlite3 FILE .recover'",
        13 => "no room left for the store: make room on its file system, or name another with --store",
        26 => "it is no SQLite database: name another with --store",
        19 => "another recorder wrote to this trace",
        _ => e.Message,
    };
}
