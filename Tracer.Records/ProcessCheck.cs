using System.Text;
using Tracer.Records.Payloads;

namespace Tracer.Records;

/// <summary>What has been seen of one process, and whether it fits together (C1, C4).</summary>
internal sealed class ProcessCheck(ProcessIdentity identity, Action<string> problem)
{
    private const int MaxCommand = 512;

    private readonly Dictionary<(RecordKind Source, RecordKind Kind, string Reason), VerifyDeclared> _declared = [];
    private readonly Dictionary<BlindReason, ulong> _blind = [];
    private ulong _lastBlock;
    private ulong _firstSeq;
    private ulong _nextSeq = 1;
    private ulong _events;
    private ulong _held;
    private bool _unknownDrops;
    private bool _lost;
    private bool _startsAnywhere;
    private string _command = "";
    private EndPayload? _end;
    private RecordDecoder? _partial;

    public ulong Records { get; private set; }

    public ulong Events => _events;

    public ulong Dropped { get; private set; }

    public bool HasEnded => _end is not null && _partial is null;

    public IEnumerable<VerifyDeclared> Declared => _declared.Values;

    public IEnumerable<VerifyBlind> Blind => _blind.Select(b => new VerifyBlind(identity, VerifyWords.Of(b.Key), b.Value));

    /// <summary>Blocks may have been lost, and that is a problem already: what follows from it is none of its own.</summary>
    public void Lose()
    {
        _lost = true;
        _startsAnywhere = true;
        _partial = null;
    }

    /// <summary>Reads a block. <paramref name="shared"/> is kept when the block ends within a record, then another is wanted.</summary>
    /// <returns>True when <paramref name="shared"/> was kept.</returns>
    public bool Add(Block block, RecordDecoder shared)
    {
        if (block.Number <= _lastBlock)
        {
            problem($"block {block.Number} of process {identity.Pid} is stored after its block {_lastBlock}");
        }

        _lastBlock = Math.Max(_lastBlock, block.Number);
        CheckSequence(block);
        var decoder = _partial ?? shared;
        bool declaredTail = false;
        if (_partial is not null && !block.Continues)
        {
            declaredTail = true;
            decoder.Abandon();
        }

        _partial = null;
        Read(block, decoder, declaredTail);
        if (!decoder.IsPartial)
        {
            return false;
        }

        _partial = decoder;
        return decoder == shared;
    }

    public VerifyProcess Finish() => new(
        identity, _command, Records, _end?.Generated, _firstSeq, _nextSeq - 1,
        _end is { } end ? VerifyWords.Of(end.Reason) : null,
        _end?.HeldNs ?? (long)Math.Min(_held, long.MaxValue));

    private void CheckSequence(Block block)
    {
        if (block.FirstSeq != _nextSeq && !_startsAnywhere)
        {
            problem(block.FirstSeq > _nextSeq
                ? $"process {identity.Pid}: records {_nextSeq} to {block.FirstSeq - 1} are missing before block {block.Number}"
                : $"process {identity.Pid}: block {block.Number} repeats records from {block.FirstSeq}, {_nextSeq - 1} was the last");
        }

        _startsAnywhere = false;
        _nextSeq = block.LastSeq + 1;
        if (_firstSeq == 0 && block.Count > 0)
        {
            _firstSeq = block.FirstSeq;
        }
    }

    private void Read(Block block, RecordDecoder decoder, bool tailIsCut)
    {
        ulong kinds = 0;
        int begun = block.Continues ? -1 : 0;
        int events = 0;
        ulong dropped = Dropped;
        try
        {
            decoder.Load(block);
            while (decoder.MoveNext())
            {
                begun++;
                if (begun > 0)
                {
                    kinds |= RecordKinds.Bit(decoder.Kind);
                    events += RecordKinds.IsEvent(decoder.Kind) ? 1 : 0;
                }

                if (tailIsCut)
                {
                    tailIsCut = false;
                    CheckCutTail(decoder);
                }

                Record(decoder);
            }
        }
        catch (RecordFormatException e)
        {
            problem($"process {identity.Pid}: {e.Message}");
            decoder.Abandon();
            _lost = true;
            return;
        }

        if (decoder.IsPartial && (!block.Continues || begun >= 0))
        {
            kinds |= RecordKinds.Bit(decoder.Kind);
            events += RecordKinds.IsEvent(decoder.Kind) ? 1 : 0;
        }

        if (kinds != block.Kinds || events != block.Events || Dropped - dropped != block.Dropped
            || (block.Count > 0 && !decoder.IsPartial && decoder.TimeNs != block.LastTimeNs))
        {
            problem($"process {identity.Pid}: block {block.Number} says kinds {block.Kinds:x}, {block.Events} events, {block.Dropped} dropped, "
                + $"last time {block.LastTimeNs}; its records say {kinds:x}, {events}, {Dropped - dropped}, {decoder.TimeNs}");
        }
    }

    private void CheckCutTail(RecordDecoder decoder)
    {
        if (decoder.Kind != RecordKind.Drop)
        {
            problem($"process {identity.Pid}: record {decoder.Seq - 1} was begun and not finished, and no Drop says so");
        }
    }

    private void Record(RecordDecoder decoder)
    {
        Records++;
        if (RecordKinds.IsEvent(decoder.Kind))
        {
            _events++;
        }

        if (_end is not null)
        {
            if (decoder.Kind != RecordKind.Gap)
            {
                problem($"process {identity.Pid}: record {decoder.Seq} follows its End");
            }

            _end = null;
        }

        switch (decoder.Kind)
        {
            case RecordKind.Drop:
                AddDrop(DropPayload.Read(decoder.Payload));
                break;
            case RecordKind.Gap:
                Declare(RecordKind.Gap, RecordKind.None, null, decoder.TimeNs, decoder.TimeNs, "gap");
                break;
            case RecordKind.End:
                AddEnd(decoder.Seq, EndPayload.Read(decoder.Payload));
                break;
            case RecordKind.Held:
                _held = unchecked(_held + (ulong)Math.Max(0, HeldPayload.Read(decoder.Payload).DurationNs));
                break;
            case RecordKind.Blind:
                var reason = BlindPayload.Read(decoder.Payload).Reason;
                _blind[reason] = _blind.GetValueOrDefault(reason) + 1;
                break;
            case RecordKind.ProcInfo:
                _command = CommandOf(ProcInfoPayload.Read(decoder.Payload));
                break;
            case RecordKind.Clock:
                _ = ClockPayload.Read(decoder.Payload);
                break;
            case RecordKind.Psig:
                _ = PsigPayload.Read(decoder.Payload);
                break;
            case RecordKind.ProcCtor:
                _ = ProcCtorPayload.Read(decoder.Payload);
                break;
            case RecordKind.ProcDtor:
                _ = ProcDtorPayload.Read(decoder.Payload);
                break;
            default:
                break;
        }
    }

    private void AddDrop(DropPayload drop)
    {
        _unknownDrops |= drop.Count is null;
        Dropped = unchecked(Dropped + (drop.Count ?? 0));
        Declare(RecordKind.Drop, drop.Kind, drop.Count, drop.FirstNs, drop.LastNs, VerifyWords.Of(drop.Reason));
    }

    private void Declare(RecordKind source, RecordKind kind, ulong? count, long firstNs, long lastNs, string reason)
    {
        var key = (source, kind, reason);
        _declared[key] = _declared.TryGetValue(key, out var before)
            ? before with
            {
                Count = unchecked(before.Count + count),
                FirstNs = Math.Min(before.FirstNs, firstNs),
                LastNs = Math.Max(before.LastNs, lastNs),
            }
            : new VerifyDeclared(identity, source, kind, count, firstNs, lastNs, reason);
    }

    private void AddEnd(ulong seq, EndPayload end)
    {
        _end = end;
        if (end.LastSeq != seq)
        {
            problem($"process {identity.Pid}: its End is record {seq} and says {end.LastSeq}");
        }

        if (_lost)
        {
            return;
        }

        bool known = !_unknownDrops && end.Dropped.HasValue;
        ulong sum = unchecked(_events + Dropped);
        if (known ? sum != end.Generated : sum > end.Generated)
        {
            problem($"process {identity.Pid}: {_events} events stored, {Dropped} dropped, {end.Generated} generated");
        }

        if (end.Dropped is { } declared && !_unknownDrops && declared != Dropped)
        {
            problem($"process {identity.Pid}: its End says {declared} dropped, its Drop records {Dropped}");
        }
    }

    private static string CommandOf(ProcInfoPayload info)
    {
        if (info.Arguments.Length == 0)
        {
            return info.Comm;
        }

        var bytes = info.Arguments.Span.TrimEnd((byte)0);
        string text = Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, MaxCommand)]);
        return text.Replace('\0', ' ');
    }
}

/// <summary>The words that a report uses for reasons; part of <c>tracer verify --json</c>.</summary>
internal static class VerifyWords
{
    public static string Of(DropReason reason) => reason switch
    {
        DropReason.PoolFull => "pool-full",
        DropReason.Kernel => "kernel",
        DropReason.RecorderDied => "recorder-died",
        DropReason.Stall => "stall",
        DropReason.Damaged => "damaged",
        _ => $"reason-{(int)reason}",
    };

    public static string Of(EndReason reason) => reason switch
    {
        EndReason.Exit => "exit",
        EndReason.Detach => "detach",
        EndReason.SetId => "set-id",
        EndReason.RecorderDied => "recorder-died",
        EndReason.Stall => "stall",
        _ => $"reason-{(int)reason}",
    };

    public static string Of(BlindReason reason) => reason switch
    {
        BlindReason.IoUring => "io-uring",
        BlindReason.OtherTracer => "other-tracer",
        BlindReason.Untraced => "untraced",
        BlindReason.Abi => "abi",
        _ => $"reason-{(int)reason}",
    };
}
