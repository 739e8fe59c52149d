using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Tracer.Tests.Support;

namespace Tracer.Tests.EndToEnd;

/// <summary>What <c>tracer run</c> can't do: one line that says what and what to do, the right status, and the command not started or not harmed.</summary>
public sealed class RunBadInputTests : IDisposable
{
    private readonly TracerRun _tracer = new();

    public void Dispose() => _tracer.Dispose();

    [Theory]
    [InlineData("tracer: -t: 'q' is no point", "-t", "q")]
    [InlineData("tracer: -t w: w: context switches", "-t", "w")]
    [InlineData("tracer: -t +f: f: page faults", "-t", "+f")]
    [InlineData("tracer: -t u: u: no source", "-t", "u")]
    [InlineData("tracer: --commit often: choose", "--commit", "often")]
    [InlineData("tracer: --max-hold soon: give", "--max-hold", "soon")]
    [InlineData("tracer: --max-hold 0s: give", "--max-hold", "0s")]
    [InlineData("tracer: --on-stall gap: it needs --max-hold", "--on-stall", "gap")]
    [InlineData("tracer: --on-stall nothing: choose", "--on-stall", "nothing")]
    [InlineData("tracer: --genio-size -1: give", "--genio-size=-1", "-q")]
    [InlineData("tracer: --pool-size 0: give", "--pool-size", "0")]
    public void Run_BadOption_Says2AndStartsNothing(string start, params string[] options) => AssertRefused(2, start, options);

    [Fact]
    public void Run_UnknownOption_Says2AndStartsNothing() => AssertRefused(2, "tracer: ", ["--no-such-option"]);

    [Fact]
    public void Run_NoCommand_Says2() => Assert.Equal(2, _tracer.Tracer("run").Status);

    [Fact]
    public void Run_StoreIsADirectory_Says125AndStartsNothing() => AssertRefused(125, $"tracer: {_tracer.Directory}", ["--store", _tracer.Directory]);

    [Fact]
    public void Run_StoreIsNoStore_Says125AndStartsNothing()
    {
        string file = Path.Combine(_tracer.Directory, "text");
        File.WriteAllText(file, "a letter home, long enough to be no empty file");
        AssertRefused(125, $"tracer: {file}", ["--store", file]);
        Assert.StartsWith("a letter home", File.ReadAllText(file), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_StoreIsOfANewerFormat_Says125AndStartsNothing()
    {
        Assert.Equal(0, _tracer.Run(["-q"], "true").Status);
        using (var connection = new SqliteConnection($"Data Source={_tracer.Store};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version = 99";
            command.ExecuteNonQuery();
        }

        AssertRefused(125, $"tracer: {_tracer.Store}", []);
    }

    [SkippableFact]
    public void Run_StoreIsReadOnly_Says125AndStartsNothing()
    {
        using var disk = new SmallDisk(1024);
        string store = Path.Combine(disk.Path, "tracer.db");
        Assert.Equal(0, _tracer.Run(["-q", "--store", store], "true").Status);
        disk.Remount("ro");
        AssertRefused(125, $"tracer: {store}", ["--store", store]);
    }

    [Fact]
    public void Run_PoolCantBeMade_Says125AndStartsNothing() => AssertRefused(125, "tracer: pool", ["--pool-dir", "/proc/pools"]);

    [SkippableFact]
    public void C11_DiskFullInMidRun_ProgramEndsWellAndRecoverCommitsAllWhenThereIsRoom()
    {
        using var disk = new SmallDisk(400);
        string store = Path.Combine(disk.Path, "tracer.db");
        using var run = _tracer.Start(["--store", store], ["sh", "-c", "dd if=/dev/urandom of=/dev/null bs=256 count=4000 2>/dev/null; echo done"]);
        run.StandardInput.Close();
        Assert.Equal("done", run.StandardOutput.ReadLine()); // the program is not harmed
        string line = "";
        while (!line.Contains("the store fails", StringComparison.Ordinal))
        {
            line = run.StandardError.ReadLine() ?? throw new InvalidOperationException($"tracer ended without a word about the full disk; last: {line}");
        }

        Assert.Contains("no room", line, StringComparison.Ordinal);
        Assert.Equal(0, Command.Run(["kill", "-INT", $"{run.Id}"]).Status);
        var ended = Command.End(run);
        Assert.Equal(125, ended.Status);
        Assert.Contains("tracer recover", ended.Error, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(_tracer.Pools));

        disk.Remount("size=20m");
        Assert.Equal(0, _tracer.Tracer("recover", "--pool-dir", _tracer.Pools).Status);
        Assert.Empty(Directory.GetFiles(_tracer.Pools));
        var verified = _tracer.Tracer("verify", "--store", store);
        Assert.True(verified.Status == 0, verified.Output + verified.Error);
    }

    private void AssertRefused(int status, string start, string[] options)
    {
        string marker = Path.Combine(_tracer.Directory, "started");
        using Process process = options is ["--pool-dir", ..]
            ? Command.Start([TracerRun.Executable, "run", "--store", _tracer.Store, .. options, "--", "touch", marker])
            : _tracer.Start(options, ["touch", marker]);
        process.StandardInput.Close();
        var ended = Command.End(process);
        Assert.StartsWith(start, ended.Error, StringComparison.Ordinal);
        Assert.Single(ended.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal((status, ""), (ended.Status, ended.Output));
        Assert.False(File.Exists(marker));
        Assert.Empty(Directory.Exists(_tracer.Pools) ? Directory.GetFiles(_tracer.Pools) : []);
    }
}
