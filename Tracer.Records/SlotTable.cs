namespace Tracer.Records;

/// <summary>Which slot of a pool's process table is whose. The writer thread, but for <see cref="IdentityOf"/>.</summary>
internal sealed unsafe class SlotTable
{
    private readonly PoolFile _file;
    private readonly ProcessIdentity[] _identities;
    private readonly Stack<int> _free = new();
    private readonly Queue<(int Slot, ulong EndBlock)> _ended = new();
    private int _used;

    public SlotTable(PoolFile file)
    {
        _file = file;
        _identities = new ProcessIdentity[file.SlotCount];
    }

    /// <summary>True when a slot can be had; its memory is made sure of here.</summary>
    public bool HasFree => _free.Count > 0 || (_used < _file.SlotCount && _file.EnsureSlot(_used));

    /// <summary>Slots in use: live, ending, or ended and not committed.</summary>
    public int InUse => _used - _free.Count;

    /// <summary>Gives a slot to a process.</summary>
    public void Take(ProcessLog log, long timeNs)
    {
        int index = _free.Count > 0 ? _free.Pop() : _used++;
        var slot = _file.SlotAt(index);
        uint generation = slot->Generation + 1;
        new Span<byte>((byte*)slot + sizeof(ulong), ProcessSlot.Size - sizeof(ulong)).Clear();
        CrashPoint.Passed();
        slot->Generation = generation;
        slot->Pid = log.Identity.Pid;
        slot->NamespacePid = log.Identity.NamespacePid;
        slot->StartTicks = log.Identity.StartTicks;
        slot->SealedTimeNs = timeNs;
        CrashPoint.Passed();
        Volatile.Write(ref *(int*)&slot->State, (int)SlotState.Live);
        CrashPoint.Passed();
        Adopt(log, index);
    }

    /// <summary>Takes over a slot of a dead pool.</summary>
    public void Adopt(ProcessLog log, int index)
    {
        log.Slot = index;
        log.SlotAt = _file.SlotAt(index);
        _identities[index] = log.Identity;
        _used = Math.Max(_used, index + 1);
    }

    /// <summary>In a dead pool, when all are adopted: the slots between them that nobody has.</summary>
    public void FindFree()
    {
        for (int i = _used - 1; i >= 0; i--)
        {
            if (_file.SlotAt(i)->State == SlotState.Free)
            {
                _free.Push(i);
            }
        }
    }

    /// <summary>
    /// Whose blocks carry that slot. A slot is given again only when the block with its End is committed, so this is right for
    /// every block under way.
    /// </summary>
    public ProcessIdentity IdentityOf(int slot) => _identities[slot];

    /// <summary>The process's End is in a block.</summary>
    public void Ended(ProcessLog log) => _ended.Enqueue((log.Slot, log.SlotAt->EndBlock));

    /// <summary>Frees the slots of processes whose End is committed.</summary>
    public void Release(ulong committedThrough)
    {
        while (_ended.TryPeek(out var ended) && ended.EndBlock <= committedThrough)
        {
            _ended.Dequeue();
            Volatile.Write(ref *(int*)&_file.SlotAt(ended.Slot)->State, (int)SlotState.Free);
            CrashPoint.Passed();
            _free.Push(ended.Slot);
        }
    }
}
