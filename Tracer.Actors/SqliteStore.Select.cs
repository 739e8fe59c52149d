namespace Tracer.Actors;

/// <summary>What a TRACE on the command line means.</summary>
/// <param name="Trace">The one that it names; null when there is none or more than one.</param>
/// <param name="Candidates">Those that it could name, when there are several.</param>
public sealed record TraceSelection(StoredTrace? Trace, IReadOnlyList<StoredTrace> Candidates);

public sealed partial class SqliteStore
{
    /// <summary>Digits of an id's end that are enough to be one: fewer would take words and numbers for ids.</summary>
    private const int LeastIdDigits = 4;

    /// <summary>Rows of a trace deleted in one transaction: about 16 MiB, so that a recorder on the same store waits some 10 ms.</summary>
    private const int RowsAtOnce = 16;

    /// <summary>Free pages given back to the file system in one transaction.</summary>
    private const int PagesAtOnce = 2048;

    /// <summary>The trace that a number, a name or the end of an id names. A number comes before a name, a name before an id.</summary>
    public TraceSelection Select(string text) => Select(ListTraces(), text);

    /// <summary>The trace of that id; null when there is none, or its first row is not there yet.</summary>
    public StoredTrace? Find(Guid traceId) => ListTraces().FirstOrDefault(t => t.Header.TraceId == traceId);

    /// <summary>The newest trace; null when there is none.</summary>
    public StoredTrace? Newest() => ListTraces() is [.., var newest] ? newest : null;

    /// <summary>
    /// Deletes a trace, in transactions of bounded size. It is gone for readers with the first of them; what an interrupted deletion left
    /// goes with the next one.
    /// </summary>
    /// <param name="traceId">Which.</param>
    /// <param name="evenIfOpen">Also one that has no end: its recorder died and its pool is gone. The caller knows that nobody is recording it.</param>
    /// <returns>Rows deleted.</returns>
    /// <exception cref="StoreException">There is none, or it is open.</exception>
    public long Delete(Guid traceId, bool evenIfOpen = false)
    {
        string id = JournalActor.PersistenceIdOf(traceId);
        lock (_lock)
        {
            return Guard(() =>
            {
                var trace = ReadTrace(id);
                if (trace is { End: null } && !evenIfOpen)
                {
                    throw new StoreException(
                        StoreProblem.TraceIsOpen,
                        $"trace {trace.Number} has not ended: it is being recorded, or its recorder died; 'tracer recover' ends it then");
                }

                using (var mark = Command("UPDATE trace SET deleting = 1 WHERE persistence_id = $id", ("$id", id)))
                {
                    if (mark.ExecuteNonQuery() == 0)
                    {
                        throw new StoreException(StoreProblem.NoSuchTrace, $"{Path}: there is no trace {traceId}");
                    }
                }

                return Purge();
            });
        }
    }

    internal static TraceSelection Select(IReadOnlyList<StoredTrace> traces, string text)
    {
        if (int.TryParse(text, out int number) && traces.FirstOrDefault(t => t.Number == number) is { } numbered)
        {
            return new TraceSelection(numbered, []);
        }

        var named = traces.Where(t => t.Header.Name == text).ToList();
        if (named.Count == 0 && text.Length >= LeastIdDigits)
        {
            string end = text.Replace("-", "", StringComparison.Ordinal);
            named = [.. traces.Where(t => t.Header.TraceId.ToString("N").EndsWith(end, StringComparison.OrdinalIgnoreCase))];
        }

        return named is [var one] ? new TraceSelection(one, []) : new TraceSelection(null, named);
    }

    private long Purge()
    {
        long rows = 0;
        long deleted;
        do
        {
            using var command = Command(
                "DELETE FROM journal WHERE ordering IN (SELECT j.ordering FROM trace t JOIN journal j ON j.persistence_id = t.persistence_id WHERE t.deleting = 1 LIMIT $n)",
                ("$n", RowsAtOnce));
            deleted = command.ExecuteNonQuery();
            rows += deleted;
        }
        while (deleted > 0);

        Run("DELETE FROM trace WHERE deleting = 1");
        while (Scalar("PRAGMA freelist_count") > 0)
        {
            Run($"PRAGMA incremental_vacuum({PagesAtOnce})");
        }

        return rows;
    }
}
