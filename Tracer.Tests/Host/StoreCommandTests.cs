using System.Text.Json;
using Tracer.Actors;
using Tracer.Records;
using Tracer.Records.Payloads;
using Tracer.Tests.Support;

namespace Tracer.Tests.Host;

/// <summary>ls, verify and rm; and for every command what a bad store or TRACE gives.</summary>
public sealed class StoreCommandTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private string Store => _directory.File("tracer.db");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Ls_NotATerminal_IsPlainColumns()
    {
        Save(name: "first\u001b");
        Save(closed: false);

        var result = TracerProcess.RunIn(new() { ["TZ"] = "UTC" }, "ls", "--store", Store);

        Assert.Equal("", result.Error);
        Assert.Equal(3, result.Lines.Length);
        Assert.Equal(
            ["#", "ID", "NAME", "STARTED", "DURATION", "STATE", "PROCESSES", "RECORDS", "DROPPED", "SIZE", "COMMAND"], Words(result.Lines[0]));
        Assert.Matches(@"^1  [0-9a-f]{8}  first\\033  2023-11-14 22:13:20   1.234 s  ended +1 +4 +0 +[0-9]+ B  /usr/bin/cat /etc/hostname$", result.Lines[1]);
        Assert.Contains("  open  ", result.Lines[2], StringComparison.Ordinal);
        Assert.Equal(0, result.Status);
    }

    [Fact]
    public void Ls_Json_HasEachTrace()
    {
        var header = Save(name: "n");

        var trace = Assert.Single(Json("ls", "--json", "--store", Store).EnumerateArray());

        Assert.Equal(1, trace.GetProperty("number").GetInt32());
        Assert.Equal(header.TraceId, trace.GetProperty("id").GetGuid());
        Assert.Equal("n", trace.GetProperty("name").GetString());
        Assert.Equal("ended", trace.GetProperty("state").GetString());
        Assert.Equal(4, trace.GetProperty("records").GetInt32());
        Assert.Equal(1_234_000_000, trace.GetProperty("duration_ns").GetInt64());
        Assert.Equal(["/usr/bin/cat", "/etc/hostname"], trace.GetProperty("command").EnumerateArray().Select(e => e.GetString()));
    }

    [Fact]
    public void Verify_CompleteTrace_IsZero()
    {
        Save();

        var result = TracerProcess.Run("verify", "1", "--store", Store);
        var report = Json("verify", "1", "--json", "--store", Store);

        Assert.Equal(0, result.Status);
        Assert.EndsWith(": complete", result.Lines[0], StringComparison.Ordinal);
        Assert.Equal("complete", report.GetProperty("verdict").GetString());
        Assert.True(report.GetProperty("ok").GetBoolean());
        Assert.Equal(4, report.GetProperty("records").GetInt32());
        Assert.Equal(0, report.GetProperty("dropped").GetInt32());
        Assert.Empty(report.GetProperty("declared").EnumerateArray());
        Assert.Equal("u: no source", report.GetProperty("covered").GetProperty("not_covered")[0].GetString());
        var process = Assert.Single(report.GetProperty("processes").EnumerateArray());
        Assert.Equal(10, process.GetProperty("pid").GetInt32());
        Assert.Equal(4, process.GetProperty("records").GetInt32());
        Assert.Equal(3, process.GetProperty("generated").GetInt32());
        Assert.Equal(1, process.GetProperty("first_seq").GetInt32());
        Assert.Equal(4, process.GetProperty("last_seq").GetInt32());
        Assert.Equal("exit", process.GetProperty("end").GetString());
        Assert.Equal(0, process.GetProperty("held_ns").GetInt32());
        Assert.Equal("", process.GetProperty("command").GetString());
    }

    [Fact]
    public void Verify_DroppedOpenOrDamaged_HasItsStatus()
    {
        using var dropped = new RecordedTrace();
        dropped.Open(10, "/a", 3);
        dropped.Writer.Drop(dropped.Process(10), RecordKind.Csw, 12, 100, 200, DropReason.PoolFull);
        dropped.End(10).Save(Store);
        Save(closed: false);
        Save(damage: true);

        var declared = TracerProcess.Run("verify", "1", "--json", "--store", Store);

        Assert.Equal(3, declared.Status);
        var entry = JsonDocument.Parse(declared.Output).RootElement.GetProperty("declared")[0];
        Assert.Equal(12, entry.GetProperty("count").GetInt32());
        Assert.Equal("csw", entry.GetProperty("kind").GetString());
        Assert.Equal(4, TracerProcess.Run("verify", "2", "--store", Store).Status);
        Assert.Equal(1, TracerProcess.Run("verify", "3", "--store", Store).Status);
    }

    [Fact]
    public void Rm_Traces_AreGone()
    {
        Save(name: "one");
        Save();
        Save();

        var result = TracerProcess.Run("rm", "one", "3", "--store", Store);

        Assert.Equal("", result.Error);
        Assert.Equal(2, result.Lines.Length);
        Assert.StartsWith("removed 1 ('one', ", result.Lines[0], StringComparison.Ordinal);
        Assert.Equal(0, result.Status);
        using var store = SqliteStore.OpenExisting(Store);
        Assert.Equal([2], store.ListTraces().Select(t => t.Number));
    }

    [Fact]
    public void Rm_OneNameWrong_RemovesNone()
    {
        Save();

        BadInput.Expect(2, "tracer: there is no trace 'nine' in ", "rm", "1", "nine", "--store", Store);

        using var store = SqliteStore.OpenExisting(Store);
        Assert.Single(store.ListTraces());
    }

    [Fact]
    public void Rm_TraceBeingRecorded_IsRefused()
    {
        Save(closed: false);

        BadInput.Expect(2, "tracer: trace 1 has not ended", "rm", "1", "--store", Store);
    }

    [Fact]
    public void Rm_WithoutTrace_IsAUsageError() => BadInput.Expect(2, "tracer: Required argument missing for command: 'rm'", "rm", "--store", Store);

    [Fact]
    public void Trace_ByNameNumberOrId_IsFoundAndAmbiguousIsListed()
    {
        var header = Save(name: "same");
        Save(name: "same");

        Assert.Equal(0, TracerProcess.Run("verify", header.TraceId.ToString("N")[^8..], "--store", Store).Status);
        Assert.Equal(0, TracerProcess.Run("verify", "2", "--store", Store).Status);
        BadInput.Expect(2, "tracer: 'same' could be 1 ('same', ", "verify", "same", "--store", Store);
        BadInput.Expect(2, "tracer: there is no trace '3' in ", "dump", "3", "--store", Store);
    }

    [Theory]
    [InlineData("ls")]
    [InlineData("dump")]
    [InlineData("verify")]
    [InlineData("rm", "1")]
    public void Store_ThatCantBeRead_IsALineAndStatus125(params string[] command)
    {
        string text = _directory.File("text");
        File.WriteAllText(text, "no database, but longer than its head would be");
        string other = _directory.File("other");
        Sqlite(other, "CREATE TABLE t (x)");
        Save();
        Sqlite(Store, "PRAGMA user_version = 99");

        foreach (string path in (string[])[_directory.Path, text, other, Store, _directory.File("none")])
        {
            BadInput.Expect(125, $"tracer: {path}: ", [.. command, "--store", path]);
        }
    }

    [Fact]
    public void Store_FromEnvironment_IsUsedInOrder()
    {
        Save();
        string state = _directory.File("state");
        Directory.CreateDirectory(Path.Combine(state, "tracer"));
        File.Copy(Store, Path.Combine(state, "tracer", "tracer.db"));

        Assert.Equal(0, TracerProcess.RunIn(new() { ["TRACER_STORE"] = Store, ["XDG_STATE_HOME"] = "/nowhere" }, "ls").Status);
        Assert.Equal(0, TracerProcess.RunIn(new() { ["TRACER_STORE"] = null, ["XDG_STATE_HOME"] = state }, "ls").Status);
        var missing = TracerProcess.RunIn(new() { ["TRACER_STORE"] = null, ["XDG_STATE_HOME"] = null, ["HOME"] = _directory.Path }, "ls");
        Assert.StartsWith($"tracer: {_directory.Path}/.local/state/tracer/tracer.db: there is no store yet", missing.Error, StringComparison.Ordinal);
        Assert.Equal(125, missing.Status);
    }

    [Fact]
    public void Store_WithoutTraces_HasNoNewest()
    {
        SqliteStore.OpenOrCreate(Store).Dispose();

        Assert.Equal(0, TracerProcess.Run("ls", "--store", Store).Status);
        BadInput.Expect(2, $"tracer: {Store}: there is no trace in it yet", "dump", "--store", Store);
    }

    [Theory]
    [InlineData("tracer: a command is wanted: ")]
    [InlineData("tracer: Unrecognized command or argument 'dmup'", "dmup")]
    [InlineData("tracer: Unrecognized command or argument '--josn'", "ls", "--josn")]
    public void CommandLine_Wrong_IsALineAndStatus2(string expected, params string[] arguments) => BadInput.Expect(2, expected, arguments);

    [Fact]
    public void Help_Completion_WorkWithoutAStore()
    {
        var environment = new Dictionary<string, string?> { ["TRACER_STORE"] = "/nowhere/x.db" };

        var help = TracerProcess.RunIn(environment, "dump", "--help");
        var commands = TracerProcess.RunIn(environment, "[suggest:1]", "v");
        Save(name: "mine");
        var traces = TracerProcess.RunIn(new() { ["TRACER_STORE"] = Store }, "[suggest:6]", "rm mi");

        Assert.Contains("tracer dump [<TRACE>] [options]", help.Output, StringComparison.Ordinal);
        Assert.Equal(0, help.Status);
        Assert.Contains("verify", commands.Lines);
        Assert.Equal(["mine"], traces.Lines);
    }

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static JsonElement Json(params string[] arguments)
    {
        var result = TracerProcess.Run(arguments);
        Assert.Equal("", result.Error);
        return JsonDocument.Parse(result.Output).RootElement;
    }

    private static void Sqlite(string path, string sql)
    {
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={path};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private TraceHeader Save(string? name = null, bool closed = true, bool damage = false)
    {
        using var trace = new RecordedTrace();
        trace.Open(10, "/a", 3).End(10);
        using var named = new RecordedTrace { Header = trace.Header with { Name = name } };
        named.Open(10, "/a", 3).End(10);
        return named.Save(Store, closed, damage: (_, bytes) =>
        {
            bytes[^1] ^= damage ? (byte)1 : (byte)0;
            return bytes;
        });
    }
}
