using System.Diagnostics;

namespace Tracer.Records;

/// <summary>
/// Which block of a pool file is whose: free, open, queued (sealed, not taken) or in flight (taken by the uplink). Shares: each
/// process is guaranteed one block; beyond it, it may take one while it has fewer than 1 + free / 2. All on the writer thread, but for
/// <see cref="TryTake"/> and <see cref="GiveBack"/>, which are the uplink's.
/// </summary>
internal sealed unsafe class BlockPool
{
    private readonly PoolFile _file;
    private readonly int[] _free;
    private readonly ProcessLog?[] _owners;
    private readonly IndexRing _sealed;
    private readonly IndexRing _returned;
    private int _freeCount;
    private int _open;
    private int _inFlight;

    /// <summary>Processes that have no block: a free one is kept for each.</summary>
    private int _claims;

    public BlockPool(PoolFile file)
    {
        _file = file;
        _free = new int[file.BlockCount];
        _owners = new ProcessLog?[file.BlockCount];
        _sealed = new IndexRing(file.BlockCount);
        _returned = new IndexRing(file.BlockCount);
        for (int i = file.BlockCount - 1; i >= 0; i--)
        {
            if (file.HeadOf(i)->State == BlockState.Free)
            {
                _free[_freeCount++] = i;
            }
        }
    }

    /// <summary>Blocks that nobody has.</summary>
    public int Free => _freeCount + _returned.Count;

    /// <summary>Blocks being written.</summary>
    public int Open => _open;

    /// <summary>Blocks sealed and not taken.</summary>
    public int Queued => _sealed.Count;

    /// <summary>Blocks that the uplink has.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Blocks in all.</summary>
    public int Size => _free.Length;

    /// <summary>Processes that count on a share.</summary>
    public int Processes { get; private set; }

    /// <summary>Gives a new process its claim to one block; false when there is none.</summary>
    public bool TryAdmit()
    {
        Collect();
        if (_freeCount <= _claims)
        {
            return false;
        }

        _claims++;
        Processes++;
        AssertConserved();
        return true;
    }

    /// <summary>
    /// Blocks that processes have beyond their first, or that ended ones left: when none is, nothing comes back that a process may have
    /// which has its one block.
    /// </summary>
    public int Surplus => Size - _freeCount - (Processes - _claims);

    /// <summary>In a dead pool: a block in which nothing of use was found.</summary>
    public void Discard(int block)
    {
        var head = _file.HeadOf(block);
        Volatile.Write(ref head->Used, 0);
        CrashPoint.Passed();
        Volatile.Write(ref *(byte*)&head->State, (byte)BlockState.Free);
        CrashPoint.Passed();
        _free[_freeCount++] = block;
    }

    /// <summary>In a dead pool: a block that a process has; one that was open is so again.</summary>
    public void Adopt(ProcessLog log, int block)
    {
        _owners[block] = log;
        log.Owned++;
        if (_file.HeadOf(block)->State == BlockState.Open)
        {
            _open++;
        }
    }

    /// <summary>In a dead pool: a process whose blocks are adopted. It had its share already.</summary>
    public void Adopt(ProcessLog log)
    {
        Processes++;
        if (log.Owned == 0)
        {
            _claims++;
        }
    }

    /// <summary>A process has ended and wants no more blocks. What it has comes back as it is committed.</summary>
    public void Leave(ProcessLog log)
    {
        Processes--;
        if (log.Owned == 0)
        {
            _claims--;
        }

        log.Ended = true;
    }

    /// <summary>True when the process may take that many blocks now.</summary>
    public bool MayTake(ProcessLog log, int count)
    {
        if (MayTakeNow(log, count))
        {
            return true;
        }

        Collect();
        return MayTakeNow(log, count);
    }

    /// <summary>Takes a block; <see cref="MayTake"/> has said that there is one.</summary>
    public int Take(ProcessLog log)
    {
        Debug.Assert(_freeCount > 0, "MayTake said that a block is free");
        if (log.Owned++ == 0)
        {
            _claims--;
        }

        int block = _free[--_freeCount];
        _owners[block] = log;
        _open++;
        return block;
    }

    /// <summary>Hands a sealed block to the uplink's side.</summary>
    public void Queue(int block, bool wasOpen)
    {
        if (wasOpen)
        {
            _open--;
        }

        _sealed.Push(block);
    }

    /// <summary>The next sealed block; the uplink's thread.</summary>
    public bool TryTake(out int block)
    {
        if (!_sealed.TryPop(out block))
        {
            return false;
        }

        Interlocked.Increment(ref _inFlight);
        return true;
    }

    /// <summary>A committed block; the uplink's thread. Lengths go before the state: a crash between leaves an empty block.</summary>
    public void GiveBack(int block)
    {
        var head = _file.HeadOf(block);
        Volatile.Write(ref head->Used, 0);
        CrashPoint.Passed();
        Volatile.Write(ref *(byte*)&head->State, (byte)BlockState.Free);
        CrashPoint.Passed();
        Interlocked.Decrement(ref _inFlight);
        _returned.Push(block);
    }

    /// <summary>Takes in what came back.</summary>
    public void Collect()
    {
        while (_returned.TryPop(out int block))
        {
            var owner = _owners[block]!;
            _owners[block] = null;
            if (--owner.Owned == 0 && !owner.Ended)
            {
                _claims++;
            }

            _free[_freeCount++] = block;
        }

        AssertConserved();
    }

    /// <summary>C10. Exact only while the uplink stands still; tests call it then.</summary>
    public bool IsConserved => Free + Open + Queued + InFlight == Size;

    private bool MayTakeNow(ProcessLog log, int count)
    {
        // Its own claim is part of what is kept; what other processes are guaranteed must stay.
        int others = log.Owned == 0 && !log.Ended ? _claims - 1 : _claims;
        if (_freeCount - others < count)
        {
            return false;
        }

        // The last of them is taken when it has Owned + count - 1 and count - 1 fewer are free.
        int owned = log.Owned + count - 1;
        return owned == 0 || owned < 1 + ((_freeCount - (count - 1)) / 2);
    }

    [Conditional("DEBUG")]
    private void AssertConserved()
    {
        Debug.Assert(_claims >= 0, "no claim is given back twice");
        Debug.Assert(_freeCount >= _claims, "each process without a block finds one");
        Debug.Assert(_freeCount + _open <= Size, "no block is both free and open");
    }
}
