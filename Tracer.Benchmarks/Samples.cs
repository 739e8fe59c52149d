using Tracer.Actors;
using Tracer.Records;

namespace Tracer.Benchmarks;

/// <summary>Records that <c>tracer run</c> made of a real command, flattened, so that a writer can append them again without decoding.</summary>
internal sealed class Samples
{
    private readonly List<RecordKind> _kinds = [];
    private readonly List<int> _numbers = [];
    private readonly List<long> _results = [];
    private readonly List<long> _steps = [];
    private readonly List<ulong> _arguments = [];
    private readonly List<(int Start, int Length)> _spans = [];
    private readonly List<byte> _payloads = [];

    public int Count => _kind.Length;

    /// <summary>Records the commands by the built tracer and reads them back.</summary>
    public static Samples Record(string directory, bool wide = false, string? only = null)
    {
        var samples = new Samples { Wide = wide };
        foreach (string command in (string[])["find /usr/share -xdev -name x", "tar cf /dev/null /usr/share/doc", "dd if=/dev/zero of=/dev/null bs=1 count=20000 status=none"])
        {
            if (only is not null && !command.StartsWith(only, StringComparison.Ordinal))
                continue;

            string store = Path.Combine(directory, "samples.db");
            _ = Tools.Time([Tools.Tracer, "run", "-q", "--store", store, "--", "sh", "-c", "exec " + command], out _);
            samples.Add(store);
            foreach (string file in Directory.GetFiles(directory, "samples.db*"))
            {
                File.Delete(file);
            }
        }

        samples.Freeze();
        return samples;
    }

    private RecordKind[] _kind = [];
    private int[] _number = [];
    private long[] _result = [];
    private long[] _step = [];
    private ulong[] _argument = [];
    private (int Start, int Length)[] _span = [];
    private byte[] _payload = [];
    private ulong _random = 88172645463325252;

    /// <summary>
    /// Appends record i to a process at a time; the time it took to come is added to the time, half of it to one and a half: the same
    /// times again and again would compress to nothing.
    /// </summary>
    public bool TryAppend(int i, RecordWriter writer, ProcessLog log, ref long timeNs)
    {
        _random ^= _random << 13;
        _random ^= _random >> 7;
        _random ^= _random << 17;
        long time = timeNs + (_step[i] * (512 + (long)(_random & 1023)) >> 10);
        var (start, length) = _span[i];
        switch (_kind[i])
        {
            case RecordKind.Syscall:
                if (!writer.TryReserve(log, RecordSize.Syscall, time))
                    return false;
                writer.Syscall(log, log.Identity.Pid, time, _number[i], Wide ? Moved(start, length) : _argument.AsSpan(start, length));
                break;
            case RecordKind.Sysret:
                if (!writer.TryReserve(log, RecordSize.Sysret, time))
                    return false;
                writer.Sysret(log, log.Identity.Pid, time, _number[i], _result[i]);
                break;
            default:
                if (!writer.TryReserve(log, RecordSize.Payload(length), time))
                    return false;
                writer.Append(log, log.Identity.Pid, time, _kind[i], _payload.AsSpan(start, length));
                break;
        }

        timeNs = time;
        return true;
    }

    /// <summary>
    /// Every pointer is another at each call, as in a program that allocates: a loop over a sample else repeats its addresses, and its
    /// records are shorter than those of most programs.
    /// </summary>
    public bool Wide { get; init; }

    private readonly ulong[] _moved = new ulong[6];

    private ReadOnlySpan<ulong> Moved(int start, int length)
    {
        for (int i = 0; i < length; i++)
        {
            ulong argument = _argument[start + i];
            _moved[i] = argument is > 1UL << 32 and < 1UL << 47 ? argument ^ (_random & 0xff_fff0) : argument;
        }

        return _moved.AsSpan(0, length);
    }

    private void Add(string path)
    {
        using var store = SqliteStore.OpenExisting(path);
        var decoders = new Dictionary<ProcessIdentity, RecordDecoder>();
        long last = 0;
        foreach (var row in store.ReadEvents(store.Newest()!.Header.TraceId))
        {
            if (row.Manifest != TracerSerializer.SegmentManifest)
                continue;

            foreach (var block in Segment.Parse(row.Bytes, "sample").ReadBlocks())
            {
                if (!decoders.TryGetValue(block.Process, out var decoder))
                    decoders[block.Process] = decoder = new RecordDecoder();

                decoder.Load(block);
                while (decoder.MoveNext())
                {
                    if (RecordKinds.IsSync(decoder.Kind))
                        Add(decoder, ref last);
                }
            }
        }
    }

    private void Add(RecordDecoder record, ref long last)
    {
        _kinds.Add(record.Kind);
        _numbers.Add(record.Number);
        _results.Add(record.Result);
        _steps.Add(last == 0 ? 0 : Math.Clamp(record.TimeNs - last, 0, 1_000_000));
        last = record.TimeNs;
        if (record.Kind == RecordKind.Syscall)
        {
            _spans.Add((_arguments.Count, record.ArgumentCount));
            _arguments.AddRange(record.Arguments);
        }
        else
        {
            var payload = record.Kind == RecordKind.Sysret ? default : record.Payload;
            _spans.Add((_payloads.Count, payload.Length));
            _payloads.AddRange(payload);
        }
    }

    private void Freeze()
    {
        _kind = [.. _kinds];
        _number = [.. _numbers];
        _result = [.. _results];
        _step = [.. _steps];
        _argument = [.. _arguments];
        _span = [.. _spans];
        _payload = [.. _payloads];
        _kinds.Clear();
        _numbers.Clear();
        _results.Clear();
        _steps.Clear();
        _arguments.Clear();
        _spans.Clear();
        _payloads.Clear();
        _kinds.TrimExcess();
        _numbers.TrimExcess();
        _results.TrimExcess();
        _steps.TrimExcess();
        _arguments.TrimExcess();
        _spans.TrimExcess();
        _payloads.TrimExcess();
        GC.Collect();
    }
}
