using System.Diagnostics;
using Tracer.Records.Payloads;

namespace Tracer.Records;

// Relates the monotonic clock of records to the calendar: at the start, every 10 s while there are records, and when the calendar is set.
public sealed unsafe partial class RecordWriter
{
    private const long ClockIntervalNs = 10_000_000_000;

    /// <summary>What the calendar may move against the monotonic clock before that counts as a step: more than any slewing in one interval of Tick.</summary>
    private const long ClockStepNs = 10_000_000;

    private long _clockAtNs = long.MinValue;
    private long _clockOffsetNs;

    /// <summary>Reads CLOCK_REALTIME and CLOCK_BOOTTIME. Null (default): no Clock records, for tests whose time is stepped.</summary>
    public Func<ClockPayload>? Clock { get; init; }

    private void WriteClock(ProcessLog log, long timeNs)
    {
        if (Clock is null)
        {
            return;
        }

        var clock = Clock();
        long late = Stopwatch.GetTimestamp() - timeNs;
        long offset = clock.RealtimeNs - late - timeNs;
        if (_clockAtNs != long.MinValue && timeNs - _clockAtNs < ClockIntervalNs && Math.Abs(offset - _clockOffsetNs) < ClockStepNs)
        {
            return;
        }

        int length = new ClockPayload(clock.RealtimeNs - late, clock.BoottimeNs - late).Write(_scratch);
        if (!TryMakeAsyncRoom(log, RecordSize.Payload(length), timeNs))
        {
            return; // the next Tick tries again
        }

        RecordEncoder.Payload(log, log.Identity.Pid, timeNs, RecordKind.Clock, _scratch.AsSpan(0, length), default, more: false);
        _clockAtNs = timeNs;
        _clockOffsetNs = offset;
    }
}
