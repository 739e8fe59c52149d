namespace Tracer.Records;

/// <summary>Numbers from one thread to one other, in order. Sized so that it can't overflow: an overflow is a bug and throws.</summary>
internal sealed class IndexRing
{
    private readonly int[] _items;
    private readonly int _mask;
    private long _head;
    private long _tail;

    /// <summary>A ring for at least that many numbers.</summary>
    public IndexRing(int capacity)
    {
        int size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)capacity);
        _items = new int[size];
        _mask = size - 1;
    }

    /// <summary>How many are in it; exact only when neither side moves.</summary>
    public int Count => (int)(Volatile.Read(ref _tail) - Volatile.Read(ref _head));

    /// <summary>Adds a number; the producer's thread only.</summary>
    public void Push(int item)
    {
        long tail = _tail;
        if (tail - Volatile.Read(ref _head) > _mask)
        {
            throw new InvalidOperationException("the ring is full: more blocks than the pool has");
        }

        _items[tail & _mask] = item;
        Volatile.Write(ref _tail, tail + 1);
    }

    /// <summary>Takes the oldest number; the consumer's thread only.</summary>
    public bool TryPop(out int item)
    {
        long head = _head;
        if (head == Volatile.Read(ref _tail))
        {
            item = -1;
            return false;
        }

        item = _items[head & _mask];
        Volatile.Write(ref _head, head + 1);
        return true;
    }
}
