namespace Tracer.Records;

/// <summary>The memory of a frame that blocks still point into.</summary>
internal sealed class FrameLease(byte[] bytes)
{
    public byte[] Bytes { get; } = bytes;

    public int Uses { get; set; }
}

/// <summary>One process in a merge: its blocks that wait, and a decoder that stands at its next record.</summary>
internal sealed class ProcessStream(ProcessIdentity identity, RecordDecoder decoder)
{
    public readonly ProcessIdentity Identity = identity;
    public readonly RecordDecoder Decoder = decoder;
    public readonly Queue<(Block Block, FrameLease Lease)> Blocks = new();
    public FrameLease? Lease;

    /// <summary>Time of the next record.</summary>
    public long TimeNs;

    /// <summary>The decoder has a block.</summary>
    public bool IsStarted;

    /// <summary>The next record has begun, and its rest is in a block that is not here yet.</summary>
    public bool Waits;

    public bool IsBefore(ProcessStream other) => TimeNs != other.TimeNs ? TimeNs < other.TimeNs : Compare(Identity, other.Identity) < 0;

    private static int Compare(in ProcessIdentity a, in ProcessIdentity b)
    {
        int order = a.Pid.CompareTo(b.Pid);
        order = order != 0 ? order : a.StartTicks.CompareTo(b.StartTicks);
        return order != 0 ? order : a.NamespacePid.CompareTo(b.NamespacePid);
    }
}

/// <summary>Processes with the one that has the oldest next record on top: a binary heap.</summary>
internal sealed class MergeHeap
{
    private readonly List<ProcessStream> _items = [];

    /// <summary>The top; null when empty.</summary>
    public ProcessStream? First => _items.Count > 0 ? _items[0] : null;

    /// <summary>Would be on top.</summary>
    public bool IsFirst(ProcessStream stream) => _items.Count == 0 || stream.IsBefore(_items[0]);

    public void Clear() => _items.Clear();

    /// <summary>Adds without ordering: <see cref="Order"/> must follow.</summary>
    public void Append(ProcessStream stream) => _items.Add(stream);

    public void Order()
    {
        for (int i = (_items.Count / 2) - 1; i >= 0; i--)
        {
            Down(i, _items[i]);
        }
    }

    public void Push(ProcessStream stream)
    {
        int i = _items.Count;
        _items.Add(stream);
        while (i > 0)
        {
            int parent = (i - 1) / 2;
            if (!stream.IsBefore(_items[parent]))
            {
                break;
            }

            _items[i] = _items[parent];
            i = parent;
        }

        _items[i] = stream;
    }

    public ProcessStream Pop()
    {
        var top = _items[0];
        var last = _items[^1];
        _items.RemoveAt(_items.Count - 1);
        if (_items.Count > 0)
        {
            Down(0, last);
        }

        return top;
    }

    private void Down(int i, ProcessStream stream)
    {
        int count = _items.Count;
        while (true)
        {
            int child = (2 * i) + 1;
            if (child >= count)
            {
                break;
            }

            if (child + 1 < count && _items[child + 1].IsBefore(_items[child]))
            {
                child++;
            }

            if (!_items[child].IsBefore(stream))
            {
                break;
            }

            _items[i] = _items[child];
            i = child;
        }

        _items[i] = stream;
    }
}
