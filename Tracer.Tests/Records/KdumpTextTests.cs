using System.Text;
using Tracer.Records;
using Tracer.Records.Payloads;
using Tracer.Tests.Support;

namespace Tracer.Tests.Records;

public sealed class KdumpTextTests : IDisposable
{
    private const uint I386 = 0x40000003;

    private readonly RecordedTrace _trace = new();

    public void Dispose() => _trace.Dispose();

    [Theory]
    [InlineData(257, 3, "openat 3")]
    [InlineData(0, 9, "read 9")]
    [InlineData(0, 832, "read 832/0x340")]
    [InlineData(9, 0x7f0000000000, "mmap 139637976727552/0x7f0000000000")]
    [InlineData(1, -32, "write -1 errno 32 Broken pipe")]
    [InlineData(1, -4095, "write -1 errno 4095")]
    [InlineData(1, -4096, "write -4096/0xfffffffffffff000")]
    [InlineData(7, -512, "poll RESTART")]
    [InlineData(7, -516, "poll RESTART")]
    [InlineData(9999, 0, "[9999] 0")]
    public void Ret_Value_IsKdumpsForm(int number, long result, string expected) =>
        Assert.Equal($"  4711 cat      RET   {expected}", Lines(_trace.Call(4711, number, [], result))[1]);

    [Fact]
    public void Call_KnownAndUnknown_HasNamesOrNumbers()
    {
        _trace.Call(4711, 257, [unchecked((ulong)-100), 0x7ffc20, 0x80000, 0], 3).Call(4711, 9999, [1, 0x20], 0);

        string[] lines = Lines(_trace);

        Assert.Equal("  4711 cat      CALL  openat(AT_FDCWD,0x7ffc20,0x80000<O_RDONLY|O_CLOEXEC>)", lines[0]);
        Assert.Equal("  4711 cat      CALL  [9999](0x1,0x20)", lines[2]);
    }

    [Fact]
    public void Call_RawOption_HasNumbersOnly()
    {
        _trace.Open(4711, "/a", -2);

        string[] lines = Lines(_trace, new() { Raw = true });

        Assert.Equal("  4711 cat      CALL  openat(-100,0x7ffc20,0x80000)", lines[0]);
        Assert.Equal("  4711 cat      RET   openat -1 errno 2", lines[2]);
    }

    [Fact]
    public void Call_OfAProcessOfAnotherMachine_UsesItsTable()
    {
        Birth(4711, BirthReason.Exec, MachineExtensions.AuditArchArm64).Call(4711, 56, [], 3);
        Birth(4712, BirthReason.Exec, I386).Call(4712, 3, [7], 0);

        string[] lines = Lines(_trace);

        Assert.Equal("  4711 cat      CALL  openat()", lines[1]);
        Assert.Equal("  4712 cat      PROC  exec machine=0x40000003", lines[3]);
        Assert.Equal("  4712 cat      CALL  [3](0x7)", lines[4]);
    }

    [Theory]
    [InlineData("/etc/passwd", "\"/etc/passwd\"")]
    [InlineData("a\"b\\c", "\"a\\\"b\\\\c\"")]
    [InlineData("\u001b[31m\n\t\u0007\u0001", "\"\\033[31m\\n\\t\\a\\001\"")]
    [InlineData("caf\u00e9 \u65e5", "\"caf\u00e9 \u65e5\"")]
    [InlineData("\u009b\u202e", "\"\\302\\233\\342\\200\\256\"")]
    [InlineData("\0a\07", "\"\\0a\\0007\"")]
    public void Nami_Path_IsQuotedAndEscaped(string path, string expected) =>
        Assert.Equal($"  4711 cat      NAMI  {expected}", Lines(_trace.Open(4711, path, 3))[1]);

    [Fact]
    public void Nami_NoUtf8AndCut_ShowsOctalAndDots()
    {
        _trace.Writer.Namei(_trace.Process(1), 1, _trace.Time, 0, [0xff, (byte)'a'], cut: true);

        Assert.Equal(["     1 cat      NAMI  \"\\377a\"..."], Lines(_trace));
    }

    [Fact]
    public void Gio_Text_IsALineOfTextEach()
    {
        _trace.Io(4711, 3, "one\ntwo\n"u8).Io(4711, 1, "x"u8, write: true);

        string[] lines = Lines(_trace);

        Assert.Equal(["  4711 cat      GIO   fd 3 read 8 bytes", "       \"one\\n\"", "       \"two\\n\""], lines[1..4]);
        Assert.Equal(["  4711 cat      GIO   fd 1 wrote 1 byte", "       \"x\""], lines[6..8]);
    }

    [Fact]
    public void Gio_LongText_IsFoldedTo80Columns()
    {
        string[] lines = Lines(_trace.Io(4711, 3, Encoding.ASCII.GetBytes(new string('a', 100))));

        Assert.Equal("       \"" + new string('a', 71) + "\"", lines[2]);
        Assert.Equal("       \"" + new string('a', 29) + "\"", lines[3]);
    }

    [Fact]
    public void Gio_Binary_IsAHexDump()
    {
        byte[] data = [0x7f, (byte)'E', (byte)'L', (byte)'F', .. Enumerable.Range(0, 14).Select(i => (byte)i)];

        string[] lines = Lines(_trace.Io(4711, 3, data));

        Assert.Equal("       0x0000 7f45 4c46 0001 0203 0405 0607 0809 0a0b  |.ELF............|", lines[2]);
        Assert.Equal("       0x0010 0c0d                                     |..|", lines[3]);
    }

    [Fact]
    public void Gio_CutAndLimited_SaysWhatIsShown()
    {
        _trace.Io(4711, 3, "0123456789"u8, length: 4096);

        Assert.Equal(
            ["  4711 cat      GIO   fd 3 read 4096 bytes, first 10 bytes kept", "       \"0123456789\""], Lines(_trace)[1..3]);
        Assert.Equal(
            ["  4711 cat      GIO   fd 3 read 4096 bytes, first 10 bytes kept, first 4 shown", "       \"0123\""],
            Lines(_trace, new() { MaxData = 4 })[1..3]);
        Assert.Equal("  4711 cat      GIO   fd 3 read 4096 bytes, first 10 bytes kept", Lines(_trace, new() { HideData = true })[1]);
        Assert.Equal(3, Lines(_trace, new() { HideData = true }).Length);
    }

    [Fact]
    public void Gio_TextCutWithinACharacter_IsText()
    {
        Assert.Equal("       \"a\\303\"", Lines(_trace.Io(4711, 3, "aé"u8[..2], length: 3))[2]);
    }

    [Theory]
    [InlineData(2, 0, SignalAction.Default, 99, 0ul, "SIGINT SIG_DFL code=SI_USER from pid 99 uid 1000")]
    [InlineData(11, 1, SignalAction.Caught, 0, 0x10ul, "SIGSEGV caught code=SEGV_MAPERR address=0x10")]
    [InlineData(17, 1, SignalAction.Ignore, 99, 3ul, "SIGCHLD SIG_IGN code=CLD_EXITED from pid 99 uid 1000 status=3")]
    [InlineData(10, -1, SignalAction.Unknown, 0, 7ul, "SIGUSR1 unknown code=SI_QUEUE value=0x7")]
    [InlineData(99, 77, SignalAction.Default, 0, 0ul, "99 SIG_DFL code=77")]
    public void Psig_Signal_IsNamed(int signal, int code, SignalAction action, int sender, ulong address, string expected)
    {
        _trace.Append(4711, RecordKind.Psig, d => new PsigPayload(signal, code, 0, action, sender, sender == 0 ? 0u : 1000u, address).Write(d));

        Assert.Equal([$"  4711 cat      PSIG  {expected}"], Lines(_trace));
    }

    [Fact]
    public void Process_LifeOfOne_IsShown()
    {
        Birth(4711, BirthReason.Start, MachineExtensions.AuditArchX64).Info(4711, "ls", "ls", "-l");
        _trace.Append(4711, RecordKind.Args, d => Put(d, "ls\0-l\0"u8)).Append(4711, RecordKind.Envs, d => Put(d, "A=1\0B"u8));
        _trace.Append(4711, RecordKind.ProcDtor, d => new ProcDtorPayload(0x300, 1234, 567, 3456, 10, 1, 0, 0, 0, 0).Write(d)).End(4711);

        Assert.Equal(
            [
                "  4711 cat      PROC  start machine=x86-64",
                "  4711 ls       INFO  comm=\"ls\" exe=\"/usr/bin/ls\" cwd=\"/root\" ppid=1 pgrp=4711 session=4711 nspid=4711 uid=0 gid=0 cgroup=\"/\" args=\"ls\" \"-l\"",
                "  4711 ls       ARGS  \"ls\" \"-l\"",
                "  4711 ls       ENVS  \"A=1\" \"B\"...",
                "  4711 ls       EXIT  status 3, user 0.001234 s, system 0.000567 s, maxrss 3456 KiB, faults 10+1",
                "  4711 ls       END   exit, last record 6, events generated 4, dropped 0, held 0 times for 0.000000000 s",
            ],
            Lines(_trace));
    }

    [Fact]
    public void Process_KilledChild_HasItsParentsName()
    {
        _trace.Info(4711, "sh", "sh").Append(4712, RecordKind.ProcCtor, d => new ProcCtorPayload(BirthReason.Fork, 0, 4711, 0).Write(d));
        _trace.Append(4712, RecordKind.ProcDtor, d => new ProcDtorPayload(0x8b, 0, 0, 0, 0, 0, 0, 0, 0, 0).Write(d));

        string[] lines = Lines(_trace);

        Assert.Equal("  4712 sh       PROC  fork by 4711", lines[1]);
        Assert.StartsWith("  4712 sh       EXIT  killed by SIGSEGV, core dumped, user ", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public void Comm_OfControlBytesOrTooLong_IsEscapedAndCut()
    {
        _trace.Info(1, "\u001b[2J", "x").Info(2, "\u0001\u0002\u0003\u0004\u0005", "x").Info(3, "fifteen-letters", "x");

        Assert.Equal(
            ["     1 \\033[2J  INFO", "     2 \\001\\002\\003\\004 INFO", "     3 fifteen-letters INFO"],
            Lines(_trace).Select(line => line[..(line.IndexOf("INFO", StringComparison.Ordinal) + 4)]));
    }

    [Fact]
    public void Own_Records_AreShown()
    {
        _trace.Append(1, RecordKind.Held, d => new HeldPayload(HoldReason.NoBlock, 12_345_678).Write(d));
        _trace.Append(1, RecordKind.Clock, d => new ClockPayload(1_700_000_000_123_456_789, 42).Write(d));
        _trace.Append(1, RecordKind.Blind, d => new BlindPayload(BlindReason.IoUring).Write(d));
        _trace.Append(1, RecordKind.Gap, _ => 0);
        _trace.Append(1, RecordKind.Drop, d => new DropPayload(RecordKind.None, null, 5, 5, DropReason.RecorderDied).Write(d));
        _trace.Append(1, (RecordKind)200, d => Put(d, "xyz"u8));

        Assert.Equal(
            [
                "     1 cat      HELD  0.012345678 s, no-block",
                "     1 cat      CLOC  realtime 1700000000.123456789 boottime 0.000000042",
                "     1 cat      BLND  io-uring",
                "     1 cat      GAP   not traced from here on, until the next record",
                "     1 cat      DROP  an unknown number of events dropped, recorder-died, within 0.000000000 s",
                "     1 cat      #200  3 bytes",
                "       0x0000 7879 7a                                  |xyz|",
            ],
            Lines(_trace));
    }

    [Fact]
    public void Payload_Damaged_IsSaidAndShownInHex()
    {
        string[] lines = Lines(_trace.Append(1, RecordKind.Psig, d => Put(d, [0x80])));

        Assert.Equal("     1 cat      PSIG  damaged: Psig payload, byte 1: ends within a field", lines[0]);
        Assert.Equal("       0x0000 80                                       |.|", lines[1]);
    }

    [Fact]
    public void Times_AllOfThem_AreInOrderTER()
    {
        _trace.Time = 5_000_000_000;
        _trace.Append(1, RecordKind.Blind, d => new BlindPayload(BlindReason.Abi).Write(d));
        _trace.Time += 1_500_000_000;
        _trace.Append(1, RecordKind.Blind, d => new BlindPayload(BlindReason.Abi).Write(d));
        _trace.Time -= 2_000_000_000;
        _trace.Append(1, RecordKind.Blind, d => new BlindPayload(BlindReason.Abi).Write(d));

        Assert.Equal(
            [
                "     1      1 cat      1700000000.000000010 0.000000000 0.000000000 BLND  abi",
                "     1      1 cat      1700000001.500000020 1.500000010 1.500000010 BLND  abi",
                "     1      1 cat      1699999999.500000030 -0.499999980 -1.999999990 BLND  abi",
            ],
            Lines(_trace, new() { ShowThread = true, ShowAbsolute = true, ShowElapsed = true, ShowRelative = true }));
    }

    [Fact]
    public void Times_AfterAClockRecord_FollowIt()
    {
        _trace.Append(1, RecordKind.Clock, d => new ClockPayload(1_800_000_000_000_000_000, 0).Write(d));
        _trace.Time += 90;
        _trace.Append(1, RecordKind.Blind, d => new BlindPayload(BlindReason.Abi).Write(d));

        Assert.StartsWith("     1 cat      1800000000.000000100 BLND", Lines(_trace, new() { ShowAbsolute = true })[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Write_ManyRecords_AllocatesNothing()
    {
        for (int i = 0; i < 200; i++)
        {
            _trace.Open(4711, "/etc/hostname", -2).Io(4711, 3, "box\n\u0001"u8);
        }

        var blocks = _trace.Blocks();
        var view = new TraceView(_trace.Header);
        var text = new KdumpText(view, new() { ShowAbsolute = true, ShowThread = true });
        var buffer = new TextBuffer(1 << 20);
        var decoder = new RecordDecoder();
        long before = 0;
        for (int round = 0; round < 3; round++)
        {
            before = GC.GetAllocatedBytesForCurrentThread();
            foreach (var block in blocks)
            {
                decoder.Load(block);
                while (decoder.MoveNext())
                {
                    text.Write(view.Observe(block.Process, decoder), decoder, buffer);
                }
            }

            buffer.Clear();
        }

        // The enumerator of the list, no more.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200);
    }

    private static int Put(byte[] destination, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(destination);
        return bytes.Length;
    }

    private static string[] Lines(RecordedTrace trace, RecordTextOptions? options = null)
    {
        var view = new TraceView(trace.Header);
        return ShownRecords.Of(trace, view, new KdumpText(view, options ?? new()));
    }

    private RecordedTrace Birth(int pid, BirthReason reason, uint machine) =>
        _trace.Append(pid, RecordKind.ProcCtor, d => new ProcCtorPayload(reason, machine, 0, 0).Write(d));
}
