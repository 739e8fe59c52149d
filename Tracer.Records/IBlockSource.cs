namespace Tracer.Records;

/// <summary>The sealed blocks of a pool, taken by one uplink.</summary>
public interface IBlockSource
{
    /// <summary>Identifies the pool; with a block's number it identifies the block.</summary>
    Guid PoolId { get; }

    /// <summary>Next sealed block in number order, or null when there is none now. After null, <see cref="BlocksSealed"/> is raised once when there is one.</summary>
    Block? TryTake();

    /// <summary>Raised on the writer thread; the handler must not block (the uplink tells itself).</summary>
    event Action? BlocksSealed;

    /// <summary>The block is committed: its pool memory is free again. Any order, once each.</summary>
    void Return(Block block);

    /// <summary>All blocks up to this number are committed; wakes held threads.</summary>
    void CommittedThrough(ulong number);
}
