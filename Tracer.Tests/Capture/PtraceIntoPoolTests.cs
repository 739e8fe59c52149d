using Tracer.Capture;
using Tracer.Records;
using Tracer.Records.Payloads;
using Tracer.Tests.Support;

namespace Tracer.Tests.Capture;

/// <summary>The collector with the real writer and pool; only the journal behind it is a list.</summary>
public class PtraceIntoPoolTests
{
    private const string Script = "/bin/true; dd if=/dev/zero of=/dev/null bs=7 count=3000 2>/dev/null & /bin/true; wait";

    [Theory]
    [InlineData(12, false, 2)] // so small that threads are held all the time
    [InlineData(12, true, 0)]
    [InlineData(256, false, 0)]
    public void C1_APoolOfAnySize_HasEveryEventOnceAndDropsNone(int blocks, bool each, int delayMs)
    {
        using var pool = new TestPool(blocks);
        var uplink = new Uplink(pool.Writer);
        var command = HeldCommand.Start(SpawnOptions.Of("sh", "-c", Script));
        var collector = new PtraceCollector(command, new CaptureOptions { EachPolicy = each });
        Exception? failure = null;
        int? status = null;
        var thread = new Thread(() =>
        {
            try
            {
                status = collector.Run(pool.Writer).WaitStatus;
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        while (thread.IsAlive)
        {
            uplink.TakeAndCommit();
            Thread.Sleep(delayMs);
        }

        Assert.Null(failure);
        // Ends that found no room are written by ticks.
        for (int i = 0; i < 1000 && pool.Writer.NeedsTick; i++)
        {
            pool.Writer.Tick(System.Diagnostics.Stopwatch.GetTimestamp() + 1_000_000_000);
            uplink.TakeAndCommit();
        }

        uplink.TakeAndCommit();
        Assert.Equal(0, status);
        int reads = 0;
        int ends = 0;
        foreach (var process in uplink.Stored.GroupBy(b => b.Process))
        {
            var decoder = new RecordDecoder();
            ulong events = 0;
            ulong last = 0;
            foreach (Block block in process.OrderBy(b => b.Number))
            {
                decoder.Load(block);
                while (decoder.MoveNext())
                {
                    Assert.Equal(last + 1, decoder.Seq);
                    last = decoder.Seq;
                    events += RecordKinds.IsEvent(decoder.Kind) ? 1UL : 0;
                    reads += decoder.Kind == RecordKind.Sysret && decoder.Number == ReadNumber && decoder.Result == 7 ? 1 : 0;
                    if (decoder.Kind == RecordKind.End)
                    {
                        var end = EndPayload.Read(decoder.Payload);
                        ends++;
                        Assert.Equal(EndReason.Exit, end.Reason);
                        Assert.Equal(events, end.Generated);
                        Assert.Equal(0UL, end.Dropped);
                        Assert.Equal(last, end.LastSeq);
                    }
                }
            }
        }

        Assert.Equal(3000, reads);
        Assert.Equal(4, ends);
    }

    private static int ReadNumber => SyscallTable.TryFind(
        System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64
            ? Machine.Arm64 : Machine.X64,
        "read", out int number)
        ? number : -1;
}
