using Akka.Actor;
using static Tracer.Actors.JournalProtocol;

namespace Tracer.Actors;

/// <content>Blocks into segments, segments into rows.</content>
public sealed partial class JournalActor
{
    /// <summary>
    /// Blocks that this writer found committed when it started are acknowledged and not stored again. Those of a process are committed in
    /// its order, so they can only be its first ones here.
    /// </summary>
    private void Take(Append append)
    {
        int repeats = 0;
        while (repeats < append.Blocks.Length && _found.Contains(append.Blocks[repeats].Number))
        {
            repeats++;
        }

        if (repeats > 0)
        {
            TracerMetrics.Repeats.Add(repeats);
            Sender.Tell(new Stored(append.Blocks[repeats - 1].Number));
        }

        if (repeats < append.Blocks.Length)
        {
            _queue.Add(append.Process, Sender, repeats == 0 ? append.Blocks : append.Blocks[repeats..]);
            Linger();
            Advance();
        }
    }

    /// <summary>Does what can be done now: hand over the finished segment, make the next one, close.</summary>
    private void Advance()
    {
        if (_writing is null && _pressed is not null)
        {
            Write(_pressed);
            _pressed = null;
        }

        if (!_pressing && _pressed is null && _queue.Count > 0 && IsTimeToPress)
        {
            Press();
        }

        if (_ending is { } ending && _queue.Count == 0 && !_pressing && _pressed is null && _writing is null)
        {
            _ending = null;
            BecomeClosing(ending);
        }
    }

    /// <summary>
    /// A full segment is made at once, to be ready when the write under way has ended. Less than that only when nothing is being written.
    /// </summary>
    private bool IsTimeToPress =>
        _queue.Bytes >= _target || (_writing is null && (_due || _ending is not null || _options.Linger == TimeSpan.Zero));

    private void Press()
    {
        var batch = _queue.Take(_target);
        foreach (var block in batch.Blocks)
        {
            _committed.Add(block.Number);
        }

        var next = _state.Next(_options.Header.TraceId, _options.PoolId, batch.Blocks, _committed.Snapshot());
        if (_queue.Count == 0)
        {
            _due = false;
            _lingering = false;
            Timers.Cancel(LingerIsOver.Instance);
        }

        int level = _queue.Count == 0 ? _options.Settings.IdleLevel : _options.Settings.BusyLevel;
        if (batch.RawBytes <= _options.Settings.InlineBytes)
        {
            // Shorter than the way to another thread and back.
            _pressed = _press.Make(batch, _state, next, level);
            _state = _pressed.After;
            if (_writing is null)
            {
                Write(_pressed);
                _pressed = null;
            }

            return;
        }

        _pressing = true;
        _press.Start(batch, _state, next, level).PipeTo(Self, success: static s => new Pressed(s), failure: static e => new PressFailed(e));
    }

    private void Write(PressedSegment segment)
    {
        _writing = segment;
        _writeStarted = _options.Time.GetTimestamp();
        PersistAsync(new SegmentWritten(segment.Bytes), _ => Written());
    }

    private void Written()
    {
        var segment = _writing!;
        _writing = null;
        var elapsed = _options.Time.GetElapsedTime(_writeStarted);
        _target = _options.Settings.NextTarget(_target, elapsed);
        TracerMetrics.Segments.Add(1);
        TracerMetrics.RawBytes.Add(segment.Batch.RawBytes);
        TracerMetrics.StoredBytes.Add(segment.Bytes.Length);
        TracerMetrics.WriteTime.Record(elapsed.TotalSeconds);
        foreach (var answer in segment.Batch.Answers)
        {
            answer.ReplyTo.Tell(new Stored(answer.Through));
        }

        Advance();
    }

    private void Linger()
    {
        if (!_lingering && !_due && _options.Linger > TimeSpan.Zero)
        {
            _lingering = true;
            Timers.StartSingleTimer(LingerIsOver.Instance, LingerIsOver.Instance, _options.Linger);
        }
    }
}
