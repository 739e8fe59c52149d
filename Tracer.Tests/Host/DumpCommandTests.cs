using Tracer.Records;
using Tracer.Records.Payloads;
using Tracer.Tests.Support;

namespace Tracer.Tests.Host;

public sealed class DumpCommandTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private string Store => _directory.File("tracer.db");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Dump_Trace_ShowsKdumpLines()
    {
        using var trace = new RecordedTrace();
        trace.Info(4711, "cat", "cat", "/etc/hostname").Open(4711, "/etc/hostname", 3).Io(4711, 3, "box\n"u8).End(4711).Save(Store);

        var result = TracerProcess.Run("dump", "1", "--store", Store, "-t", "cin");

        Assert.Equal("", result.Error);
        Assert.Equal(
            """
              4711 cat      CALL  openat(AT_FDCWD,0x7ffc20,0x80000<O_RDONLY|O_CLOEXEC>)
              4711 cat      NAMI  "/etc/hostname"
              4711 cat      RET   openat 3
              4711 cat      CALL  read(3,0x7ffc20,0x4)
              4711 cat      GIO   fd 3 read 4 bytes
                   "box\n"
              4711 cat      RET   read 4

            """,
            result.Output);
        Assert.Equal(0, result.Status);
    }

    [Fact]
    public void Dump_WithoutTrace_ShowsTheNewestAndNamesIt()
    {
        using var older = new RecordedTrace();
        older.Open(1, "/old", 3).End(1).Save(Store);
        using var newer = new RecordedTrace();
        newer.Open(2, "/new", 3).End(2).Save(Store);

        var result = TracerProcess.Run("dump", "--store", Store, "-t", "n");

        Assert.Equal("     2 cat      NAMI  \"/new\"\n", result.Output);
        Assert.StartsWith("tracer: newest trace: 2 (", result.Error, StringComparison.Ordinal);
        Assert.Equal(0, result.Status);
    }

    [Fact]
    public void Dump_ByPidOrThread_ShowsOnlyThose()
    {
        using var trace = new RecordedTrace();
        trace.Open(10, "/a", 3).Open(20, "/b", 3).Open(20, "/c", 3, tid: 21).End(10).End(20).Save(Store);

        Assert.Equal(["/b", "/c"], Names("-p", "20"));
        Assert.Equal(["/c"], Names("-p", "21"));
        Assert.Equal(["/a", "/c"], Names("-p", "10,21"));
        Assert.Equal(["/a", "/c"], Names("-p", "10", "-p", "21"));
        Assert.Empty(Names("-p", "99"));

        string[] Names(params string[] options) =>
            [.. TracerProcess.Run(["dump", "1", "--store", Store, "-t", "n", .. options]).Lines.Select(line => line.Split('"')[1])];
    }

    [Fact]
    public void Dump_BySyscall_ShowsItsNamesAndData()
    {
        using var trace = new RecordedTrace();
        trace.Open(10, "/a", 3).Io(10, 3, "x"u8).Call(10, 3, [3], 0).End(10).Save(Store);

        string[] opens = TracerProcess.Run("dump", "1", "--store", Store, "--syscall", "openat").Lines;
        string[] others = TracerProcess.Run("dump", "1", "--store", Store, "--syscall", "read,3").Lines;

        Assert.Equal(["CALL", "NAMI", "RET"], opens.Select(Tag));
        Assert.Equal(["CALL", "GIO", "RET", "CALL", "RET"], others.Where(line => line[6] == ' ' && line[5] != ' ').Select(Tag));
    }

    [Fact]
    public void Dump_DropOfAHiddenKind_IsShown()
    {
        using var trace = new RecordedTrace();
        trace.Open(10, "/a", 3);
        trace.Writer.Drop(trace.Process(10), RecordKind.Csw, 12, 100, 1_000_000_100, DropReason.PoolFull);
        trace.End(10).Save(Store);

        string[] lines = TracerProcess.Run("dump", "1", "--store", Store, "-t", "n", "--syscall", "openat").Lines;

        Assert.Equal(
            ["    10 cat      NAMI  \"/a\"", "    10 cat      DROP  12 CSW events dropped, pool-full, within 1.000000000 s"], lines);
    }

    [Fact]
    public void Dump_AsJson_IsAnObjectALine()
    {
        using var trace = new RecordedTrace();
        trace.Open(10, "/a", 3).End(10).Save(Store);

        string[] lines = TracerProcess.Run("dump", "1", "--store", Store, "-o", "json").Lines;

        Assert.Equal(4, lines.Length);
        Assert.All(lines, line => Assert.Equal(1, System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("v").GetInt32()));
    }

    [Fact]
    public void Dump_ClosedPipe_EndsQuietly()
    {
        using var trace = new RecordedTrace();
        for (int i = 0; i < 20_000; i++)
        {
            trace.Call(10, 39, [], 10);
            if (i % 1000 == 0)
            {
                trace.Drain();
            }
        }

        trace.End(10).Save(Store);

        var result = TracerProcess.Shell("{ \"$TRACER\" dump 1 --store \"$1\"; echo \"status $?\" >&2; } | head -n 1", Store);

        Assert.Equal("    10 cat      CALL  getpid()\n", result.Output);
        Assert.Equal("status 0\n", result.Error);
    }

    [Fact]
    public void Dump_FullDisk_IsALineAndStatus125()
    {
        using var trace = new RecordedTrace();
        trace.Open(10, "/a", 3).End(10).Save(Store);

        var result = TracerProcess.Shell("\"$TRACER\" dump 1 --store \"$1\" > /dev/full", Store);

        Assert.Equal("tracer: the output can't be written: No space left on device\n", result.Error);
        Assert.Equal(125, result.Status);
    }

    [Fact]
    public void Dump_DamagedSegment_ShowsTheRestAndFails()
    {
        using var trace = new RecordedTrace();
        trace.Open(10, "/a", 3).End(10);
        trace.Save(Store, damage: (_, bytes) =>
        {
            bytes[^1] ^= 1;
            return bytes;
        });

        var result = TracerProcess.Run("dump", "1", "--store", Store);

        Assert.Equal(125, result.Status);
        Assert.StartsWith("tracer: trace 1 is damaged in 1 places", result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("tracer: Unrecognized command or argument '--nonsense'", "--nonsense")]
    [InlineData("tracer: -t: there is no point 'z'; the letters are", "-t", "cz")]
    [InlineData("tracer: -p wants process or thread ids, which 'x' is not", "-p", "x")]
    [InlineData("tracer: --syscall: there is no system call 'opne'", "--syscall", "opne")]
    [InlineData("tracer: -m wants a number of bytes", "-m", "-1")]
    [InlineData("tracer: Argument 'xml' not recognized. Must be one of: 'text' 'json'", "-o", "xml")]
    [InlineData("tracer: -E, -R, -T and -H are for text", "-o", "json", "-E")]
    public void Dump_BadOption_IsALineAndStatus2(string expected, params string[] options)
    {
        using var trace = new RecordedTrace();
        trace.Open(10, "/a", 3).End(10).Save(Store);

        BadInput.Expect(2, expected, ["dump", "1", "--store", Store, .. options]);
    }

    private static string Tag(string line) => line[16..].Split(' ')[0];
}
