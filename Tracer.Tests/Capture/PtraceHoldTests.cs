using Tracer.Capture;
using Tracer.Records;
using Tracer.Records.Payloads;
using Tracer.Tests.Support;

namespace Tracer.Tests.Capture;

/// <summary>Threads that find no room stay where they are, alone, and nothing of theirs is lost (C8).</summary>
public class PtraceHoldTests
{
    private const string Echo = "echo one; echo two; echo three";

    [Fact]
    public void C8_NoRoom_HoldsUntilBlocksReturnAndLosesNothing()
    {
        int refusals = 0;
        var sink = new FakeSink();
        sink.AllowReserve = _ =>
        {
            // Every third is refused once.
            return Interlocked.Increment(ref refusals) % 3 != 0;
        };
        var capturing = new Capturing(sink, new CaptureOptions(), SpawnOptions.Of("sh", "-c", Echo));
        CollectorResult result = capturing.Wait();

        Assert.Equal(0, result.WaitStatus);
        Assert.Equal(["one\n", "two\n", "three\n"], sink.Of(RecordKind.Genio).Where(r => r.Write && r.Argument == 1).Select(r => r.Text));
        Assert.Equal(sink.Of(RecordKind.Syscall).Count(), sink.Of(RecordKind.Sysret).Count() + 1);
        Assert.NotEmpty(sink.Holds);
        Assert.All(sink.Holds, h => Assert.Equal(HoldReason.NoBlock, h.Reason));
        Assert.Empty(sink.Drops);
    }

    [Fact]
    public void C8_OneProcessWithoutRoom_DoesNotHoldAnother()
    {
        int held = 0;
        var sink = new FakeSink();
        bool open = false;
        sink.AllowReserve = identity =>
        {
            if (Volatile.Read(ref open) || sink.Records.Count == 0 || identity.Pid == sink.Records[0].Pid)
                return true;

            Interlocked.CompareExchange(ref held, identity.Pid, 0);
            return identity.Pid != held;
        };
        var capturing = new Capturing(
            sink, new CaptureOptions(), SpawnOptions.Of("sh", "-c", "(echo held) & sleep 0.05; echo free1; echo free2; wait"));
        Capturing.Until(() => sink.Snapshot().Any(r => r.Kind == RecordKind.Genio && r.Write && r.Text == "free2\n"));
        Assert.True(held != 0);
        Volatile.Write(ref open, true);
        sink.Return();
        capturing.Wait();

        Assert.Contains(sink.Of(RecordKind.Genio), r => r.Text == "held\n");
        Assert.Contains(sink.Holds, h => h.Pid == held);
        Assert.Empty(sink.Drops);
    }

    [Fact]
    public void C8_NoPlaceForAChild_HoldsItAtItsBirth()
    {
        var sink = new FakeSink();
        bool open = false;
        bool asked = false;
        sink.AllowBegin = _ =>
        {
            bool allow = sink.Records.Count == 0 || Volatile.Read(ref open);
            if (!allow)
                Volatile.Write(ref asked, true);

            return allow;
        };
        var capturing = new Capturing(sink, new CaptureOptions(), SpawnOptions.Of("sh", "-c", "/bin/echo child; exit 4"));
        Capturing.Until(() => Volatile.Read(ref asked));
        Thread.Sleep(20);
        Assert.True(capturing.IsRunning);
        Volatile.Write(ref open, true);
        sink.Return();
        CollectorResult result = capturing.Wait();

        Assert.Equal(4 << 8, result.WaitStatus);
        Assert.Contains(sink.Of(RecordKind.Genio), r => r.Text == "child\n");
        Assert.Equal(2, sink.Ends.Count);
    }

    [Fact]
    public void C8_KilledWhileHeldAtBirth_StillHasItsBirthAndEnd()
    {
        var sink = new FakeSink();
        bool open = false;
        int child = 0;
        sink.AllowBegin = identity =>
        {
            bool allow = sink.Records.Count == 0 || Volatile.Read(ref open);
            if (!allow)
                Volatile.Write(ref child, identity.Pid);

            return allow;
        };
        var capturing = new Capturing(sink, new CaptureOptions(), SpawnOptions.Of("sh", "-c", "sleep 100; exit 4"));
        Capturing.Until(() => Volatile.Read(ref child) != 0);
        Assert.Equal(0, Tracer.Capture.Interop.Libc.kill(child, 9));
        Capturing.Until(() => sink.Snapshot().Any(r => r.Kind == RecordKind.ProcDtor));
        Volatile.Write(ref open, true);
        sink.Return();
        CollectorResult result = capturing.Wait();

        Assert.Equal(4 << 8, result.WaitStatus);
        Assert.Equal(9, ProcDtorPayload.Read(sink.Of(RecordKind.ProcDtor).Single(r => r.Pid == child).Bytes).WaitStatus);
        Assert.Equal(EndReason.Exit, sink.Ends[child]);
    }

    [Fact]
    public void C5_Each_GoesOnOnlyWhenItsRecordIsCommitted()
    {
        var sink = new FakeSink { CommitsAtOnce = false };
        var capturing = new Capturing(sink, new CaptureOptions { EachPolicy = true }, SpawnOptions.Of("sh", "-c", Echo));
        ulong seen = 0;
        while (capturing.IsRunning)
        {
            // Of one thread, one more block at most is sealed until the last is committed.
            ulong now = sink.SealedThrough;
            Assert.InRange(now, seen, seen + 1);
            if (now != seen)
            {
                seen = now;
                sink.Commit();
            }

            Thread.Yield();
        }

        Assert.Equal(0, capturing.Wait().WaitStatus);
        // Each call at both its stops, but where the commit was faster than the look for it.
        Assert.InRange(sink.Holds.Count(h => h.Reason == HoldReason.Each), 1, 2 * sink.Of(RecordKind.Syscall).Count());
    }

    [Fact]
    public void C11_StallWithGap_GoesOnAndCountsWhatIsMissing()
    {
        var sink = new FakeSink();
        bool open = true;
        sink.AllowReserve = _ => Volatile.Read(ref open);
        var options = new CaptureOptions { MaxHold = TimeSpan.FromMilliseconds(1), OnStall = StallAction.Gap };
        var capturing = new Capturing(sink, options, SpawnOptions.Of("sh", "-c", "sleep 0.05; echo lost; sleep 0.05; echo end"));
        Capturing.Until(() => sink.Snapshot().Any(r => r.Kind == RecordKind.Syscall));
        Volatile.Write(ref open, false);
        Assert.Equal(0, capturing.Wait().WaitStatus);

        Assert.NotEmpty(sink.Drops);
        Assert.All(sink.Drops, d => Assert.Equal(DropReason.Stall, d.Reason));
    }

    [Fact]
    public void OnHold_AHoldThatLasts_IsToldAndItsEndToo()
    {
        var sink = new FakeSink();
        bool open = false;
        sink.AllowReserve = _ => Volatile.Read(ref open);
        var notices = new List<HoldNotice>();
        var options = new CaptureOptions
        {
            HoldNoticeAfter = TimeSpan.FromMilliseconds(1),
            OnHold = notice =>
            {
                lock (notices)
                {
                    notices.Add(notice);
                }
            },
        };
        var capturing = new Capturing(sink, options, SpawnOptions.Of("true"));
        Capturing.Until(() => notices.Count == 1);
        Volatile.Write(ref open, true);
        sink.Return();
        capturing.Wait();

        Assert.Equal([false, true], notices.Select(n => n.Ended));
        Assert.Equal(capturing.Command.Pid, notices[0].Pid);
    }
}
