using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Microsoft.Data.Sqlite;
using Tracer.Actors;
using Tracer.Records;
using Tracer.Tests.Support;

namespace Tracer.Tests.Actors;

/// <summary>The store file without Akka: made, refused, numbered, listed, deleted.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class SqliteStoreTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private string FilePath => _directory.File("sub/tracer.db");

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _directory.Dispose();
    }

    [Fact]
    public void OpenOrCreate_New_IsPrivateAndInWal()
    {
        SqliteStore.OpenOrCreate(FilePath).Dispose();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(FilePath));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(FilePath)!));
        Assert.Equal("wal", Query("PRAGMA journal_mode"));
        Assert.Equal(8192L, Query("PRAGMA page_size"));
        Assert.Equal(2L, Query("PRAGMA auto_vacuum"));
        Assert.Equal((long)StoreSchema.ApplicationId, Query("PRAGMA application_id"));
        Assert.Equal(1L, Query("PRAGMA user_version"));
    }

    [Fact]
    public async Task OpenOrCreate_JournalTables_AreThoseOfThePlugin()
    {
        SqliteStore.OpenOrCreate(FilePath).Dispose();
        string plugins = _directory.File("plugin.db");
        var config = ConfigurationFactory.ParseString(
            $"akka.persistence.journal.sql {{ connection-string = \"Data Source={plugins}\", auto-initialize = true }}")
            .WithFallback(LocalPipeline.Defaults);
        using (var system = ActorSystem.Create("plugin", config))
        {
            var actor = system.ActorOf(Props.Create(() => new Closer()));
            Assert.Equal("stored", await actor.Ask<string>("go", TimeSpan.FromSeconds(30)));
            await system.Terminate();
        }

        SqliteConnection.ClearAllPools();
        Assert.Equal(Schema(plugins), Schema(FilePath).Where(s => !s.Contains("trace", StringComparison.Ordinal)));
    }

    [Fact]
    public void OpenOrCreate_TwentyAtOnce_MakeOneStore_AndNoNumberTwice()
    {
        var numbers = new System.Collections.Concurrent.ConcurrentBag<int>();
        Parallel.For(0, 20, new ParallelOptions { MaxDegreeOfParallelism = 20 }, _ =>
        {
            using var store = SqliteStore.OpenOrCreate(FilePath);
            numbers.Add(store.AllocateNumber(Guid.CreateVersion7()));
        });
        Assert.Equal(Enumerable.Range(1, 20), numbers.Order());
    }

    [Fact]
    public void OpenExisting_Missing_SaysHowToMakeOne() =>
        AssertRefused(StoreProblem.Missing, "tracer run", () => SqliteStore.OpenExisting(FilePath));

    [Fact]
    public void Open_Directory_IsRefused()
    {
        AssertRefused(StoreProblem.NotAFile, "is a directory", () => SqliteStore.OpenOrCreate(_directory.Path));
        AssertRefused(StoreProblem.NotAFile, "is a directory", () => SqliteStore.OpenExisting(_directory.Path));
    }

    [Fact]
    public void Open_TextFile_IsRefusedAndUntouched()
    {
        string path = _directory.File("notes.txt");
        File.WriteAllText(path, "dear diary, today I was traced");
        AssertRefused(StoreProblem.NotADatabase, "no Tracer store", () => SqliteStore.OpenOrCreate(path));
        Assert.Equal("dear diary, today I was traced", File.ReadAllText(path));
    }

    [Fact]
    public void OpenExisting_EmptyFile_IsRefused()
    {
        string path = _directory.File("empty");
        File.WriteAllText(path, "");
        AssertRefused(StoreProblem.NotADatabase, "no Tracer store", () => SqliteStore.OpenExisting(path));
        SqliteStore.OpenOrCreate(path).Dispose();              // a recorder that died while it made the file left no more
    }

    [Fact]
    public void Open_OtherDatabase_IsRefused()
    {
        Execute("CREATE TABLE t (x)", create: true);
        AssertRefused(StoreProblem.NotTracers, "no Tracer store", () => SqliteStore.OpenOrCreate(FilePath));
    }

    [Fact]
    public void Open_NewerFormat_IsRefused()
    {
        SqliteStore.OpenOrCreate(FilePath).Dispose();
        Execute("PRAGMA user_version = 2");
        AssertRefused(StoreProblem.NewerFormat, "newer Tracer", () => SqliteStore.OpenOrCreate(FilePath));
    }

    [SkippableFact]
    public void Open_ReadOnlyFileSystem_IsRefused()
    {
        using var disk = new SmallDisk(1024);
        string path = Path.Combine(disk.Path, "tracer.db");
        SqliteStore.OpenOrCreate(path).Dispose();
        disk.Remount("ro");
        AssertRefused(StoreProblem.NoPermission, "permission", () => SqliteStore.OpenOrCreate(path).AllocateNumber(Guid.NewGuid()));
    }

    [Fact]
    public void Open_PathThatCantBeMade_IsRefused()
    {
        string file = _directory.File("file");
        File.WriteAllText(file, "");
        var e = Assert.Throws<StoreException>(() => SqliteStore.OpenOrCreate(file + "/tracer.db"));
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void Open_Locked_SaysBusy()
    {
        SqliteStore.OpenOrCreate(FilePath).Dispose();
        using var other = Connect();
        using var begin = other.CreateCommand();
        begin.CommandText = "BEGIN IMMEDIATE";
        begin.ExecuteNonQuery();
        using var store = SqliteStore.OpenOrCreate(FilePath, new TracerSettings.StoreSettings { BusyTimeout = TimeSpan.FromSeconds(1) });
        AssertRefused(StoreProblem.Busy, "locked", () => store.AllocateNumber(Guid.NewGuid()));
    }

    [Fact]
    public void Write_DiskFull_IsNamed()
    {
        using var store = SqliteStore.OpenOrCreate(FilePath);
        using var connection = Connect();
        using var command = connection.CreateCommand();
        foreach (string sql in new[] { "CREATE TABLE big (x)", "PRAGMA max_page_count = 30" })
        {
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }

        command.CommandText = "INSERT INTO big VALUES (zeroblob(1000000))";
        var full = StoreFailure.Of(Assert.Throws<SqliteException>(() => command.ExecuteNonQuery()), FilePath);
        Assert.Equal(StoreProblem.DiskFull, full.Problem);
        Assert.Contains("make room", full.Message);
        Assert.Contains("make room", StoreFailure.Describe(new AggregateException(full.InnerException!)));
    }

    [Fact]
    public void ListTraces_OpenAndClosed_ShowsBoth()
    {
        using var store = SqliteStore.OpenOrCreate(FilePath);
        store.AllocateNumber(Guid.CreateVersion7());                        // nothing written yet: left out
        var open = Insert(store, "one", closed: false, segments: 3);
        var closed = Insert(store, null, closed: true, segments: 0);
        var traces = store.ListTraces();
        Assert.Equal([2, 3], traces.Select(t => t.Number));
        Assert.Equal(3UL, traces[0].Last!.Ordinal);
        Assert.Null(traces[0].End);
        Assert.Equal("ended", traces[1].End!.Reason);
        Assert.Equal(closed, store.Newest()!.Header.TraceId);
        Assert.Equal(5, store.ReadEvents(open).Count() + 1);
        Assert.Equal(4, store.ReadTail(open).LastSequenceNr);
        Assert.Equal(3UL, store.ReadTail(open).Segment!.Ordinal);
        Assert.Equal(2, store.ReadTail(closed).LastSequenceNr);
        Assert.NotNull(store.ReadTail(closed).End);
        Assert.Equal(0, store.ReadTail(Guid.NewGuid()).LastSequenceNr);
        using var reader = SqliteStore.OpenExisting(FilePath);
        Assert.Equal(traces.Sum(t => t.StoredBytes), reader.ListTraces().Sum(t => t.StoredBytes));
    }

    [Fact]
    public void Select_NumberNameOrEndOfId_InThatOrder()
    {
        using var store = SqliteStore.OpenOrCreate(FilePath);
        var first = Insert(store, "2");
        var second = Insert(store, "build");
        Insert(store, "build");
        string id = first.ToString("N");
        Assert.Equal(first, store.Select("1").Trace!.Header.TraceId);
        Assert.Equal(second, store.Select("2").Trace!.Header.TraceId);       // a number before a name
        Assert.Equal(first, store.Select(id[^8..]).Trace!.Header.TraceId);
        Assert.Equal(first, store.Select(first.ToString()).Trace!.Header.TraceId);
        var ambiguous = store.Select("build");
        Assert.Null(ambiguous.Trace);
        Assert.Equal([2, 3], ambiguous.Candidates.Select(c => c.Number));
        Assert.Null(store.Select("nothing").Trace);
        Assert.Empty(store.Select("99").Candidates);
    }

    [Fact]
    public void Delete_Closed_TakesItsRowsAndGivesRoomBack_AndItsNumberIsNotUsedAgain()
    {
        using var store = SqliteStore.OpenOrCreate(FilePath);
        var kept = Insert(store, "kept");
        var gone = Insert(store, "gone", segments: 50, payload: 50_000);
        Assert.Equal(52, store.Delete(gone));
        Assert.Equal([kept], store.ListTraces().Select(t => t.Header.TraceId));
        Assert.Empty(store.ReadEvents(gone));
        Assert.Equal(0L, Query("PRAGMA freelist_count"));
        Assert.Equal(3, store.AllocateNumber(Guid.CreateVersion7()));
        AssertRefused(StoreProblem.NoSuchTrace, "no trace", () => store.Delete(gone));
    }

    [Fact]
    public void Delete_Open_IsRefusedUnlessForced()
    {
        using var store = SqliteStore.OpenOrCreate(FilePath);
        var open = Insert(store, null, closed: false);
        AssertRefused(StoreProblem.TraceIsOpen, "tracer recover", () => store.Delete(open));
        Assert.Equal(2, store.Delete(open, evenIfOpen: true));
        Assert.Empty(store.ListTraces());
    }

    private static void AssertRefused(StoreProblem problem, string says, Func<object> open)
    {
        var e = Assert.Throws<StoreException>(() => open());
        Assert.Equal(problem, e.Problem);
        Assert.Contains(says, e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    private static List<string> Schema(string path)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT type || name || coalesce(sql, '') FROM sqlite_master ORDER BY name";
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
        {
            rows.Add(reader.GetString(0));
        }

        return rows;
    }

    private Guid Insert(SqliteStore store, string? name, bool closed = true, int segments = 1, int payload = 100)
    {
        var id = Guid.CreateVersion7();
        int number = store.AllocateNumber(id);
        var source = new FakeBlockSource();
        var state = new JournalState();
        var rows = new List<(string Manifest, byte[] Bytes)> { ("to1", Traces.Header(number, name: name, id: id).ToJson()) };
        using var builder = new SegmentBuilder(1);
        for (int i = 0; i < segments; i++)
        {
            var block = source.Seal(1, payload);
            builder.Add(block);
            var next = state.Next(id, source.PoolId, [block], BlockSet.From(block.Number, []));
            byte[] bytes = builder.Build(next);
            state = state.After(next, Segment.HashOf(bytes), bytes.Length);
            rows.Add(("s1", bytes));
        }

        if (closed)
        {
            rows.Add(("tc1", state.End(Traces.Ending, (ulong)segments).ToJson()));
        }

        using var connection = Connect();
        for (int i = 0; i < rows.Count; i++)
        {
            using var command = connection.CreateCommand();
            command.CommandText =
                "INSERT INTO journal (created, deleted, persistence_id, sequence_number, message, manifest, identifier) VALUES (0, 0, $id, $nr, $m, $manifest, 9101)";
            command.Parameters.AddWithValue("$id", id.ToString("N"));
            command.Parameters.AddWithValue("$nr", i + 1);
            command.Parameters.AddWithValue("$m", rows[i].Bytes);
            command.Parameters.AddWithValue("$manifest", rows[i].Manifest);
            command.ExecuteNonQuery();
        }

        return id;
    }

    private SqliteConnection Connect(bool create = false)
    {
        if (create)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
        }

        var connection = new SqliteConnection($"Data Source={FilePath};Pooling=False");
        connection.Open();
        return connection;
    }

    private void Execute(string sql, bool create = false)
    {
        using var connection = Connect(create);
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private object? Query(string sql)
    {
        using var connection = Connect();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    /// <summary>Makes the plugin make its tables.</summary>
    private sealed class Closer : UntypedPersistentActor
    {
        public override string PersistenceId => "x";

        protected override void OnRecover(object message)
        {
        }

        protected override void OnCommand(object message)
        {
            var asker = Sender;
            Persist(new TraceClosed(new JournalState().End(Traces.Ending, 0)), _ => asker.Tell("stored"));
        }
    }
}
