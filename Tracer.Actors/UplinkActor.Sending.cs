using Akka.Actor;

namespace Tracer.Actors;

/// <content>Blocks out of the pool and back into it.</content>
public sealed partial class UplinkActor
{
    /// <summary>Sends what the credit allows. Takes no more from the pool than it can send: the rest stays where it is safe.</summary>
    private void Send()
    {
        while (true)
        {
            Take();
            _scratch.Clear();
            _blocks.NextParcel(_state.CreditOffset, _options.Settings.ParcelBytes, _scratch);
            if (_scratch.Count == 0)
            {
                break;
            }

            (_state, var parcel) = _state.Send([.. _scratch]);
            _options.Trace.Tell(parcel);
        }

        ShowProgress();
    }

    private void Take()
    {
        _sourceEmpty = false;
        while (_blocks.UnsentBytes < _options.Settings.ParcelBytes
            && _blocks.SentOffset + _blocks.UnsentBytes < _state.CreditOffset
            && BlockWindow.Fits(_committed.Through, _blocks.End))
        {
            if (_source.TryTake() is not { } block)
            {
                _sourceEmpty = true;
                return;
            }

            if (_committed.Contains(block.Number))
            {
                _source.Return(block);                   // committed in an earlier life of the recorder, and never given back
                continue;
            }

            _blocks.Add(block);
        }
    }

    private void Committed(TraceProtocol.Committed committed)
    {
        if (committed.Session != _state.Session)
        {
            return;                                      // a later Ready has said more
        }

        _state = _state with { CreditOffset = committed.CreditOffset };
        Give(committed.Blocks);
        Send();
    }

    /// <summary>Gives back what is committed, and lets held threads go on.</summary>
    private void Give(BlockSet committed)
    {
        _scratch.Clear();
        long before = _blocks.Bytes;
        _blocks.Answer(committed, _scratch);
        _state = _state.Committed(committed, _scratch.Count, before - _blocks.Bytes);
        foreach (var block in _scratch)
        {
            _source.Return(block);
        }

        if (committed.Through > _committed.Through)
        {
            _source.CommittedThrough(committed.Through);
        }

        _committed = committed;
    }

    private void CloseIfDone()
    {
        if (!_sourceEmpty || !_blocks.AllSent)
        {
            return;
        }

        if (_blocks.Count == 0)
        {
            _options.Trace.Tell(new TraceProtocol.Close(_state.Ending!));
        }
        else if (!_drained)
        {
            _drained = true;
            _options.Trace.Tell(TraceProtocol.Drain.Instance);
        }
    }

    private void ProbeIfWaiting()
    {
        if (_blocks.Count > 0 || _state.Ending is not null)
        {
            _options.Trace.Tell(new TraceProtocol.Probe(_state.Session, _state.Parcels));
        }
    }
}
