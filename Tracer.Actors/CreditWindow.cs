using System.Diagnostics;

namespace Tracer.Actors;

/// <summary>
/// The arithmetic of a trace's credit, on the granting side. Credit is an absolute offset into the bytes of the blocks a recorder sends,
/// never an increment: a lost or repeated answer changes nothing. Each block counts once, however often it is sent.
/// </summary>
/// <param name="BudgetBytes">The most that may be held.</param>
/// <param name="ReceivedBytes">Bytes of blocks taken in so far.</param>
/// <param name="AnsweredBytes">Of these, bytes of blocks whose commit was answered.</param>
public readonly record struct CreditWindow(long BudgetBytes, long ReceivedBytes, long AnsweredBytes)
{
    /// <summary>Bytes taken in and not yet answered.</summary>
    public long HeldBytes => ReceivedBytes - AnsweredBytes;

    /// <summary>The offset up to which the recorder may send.</summary>
    public long Offset => AnsweredBytes + BudgetBytes;

    /// <summary>More is held than was ever granted: the sender broke the protocol.</summary>
    public bool Overrun => HeldBytes > BudgetBytes;

    /// <summary>A block came.</summary>
    public CreditWindow Receive(long bytes)
    {
        Debug.Assert(bytes >= 0, "a block has no negative length");
        return this with { ReceivedBytes = ReceivedBytes + bytes };
    }

    /// <summary>Blocks were committed, and the recorder is told.</summary>
    public CreditWindow Answer(long bytes)
    {
        Debug.Assert(bytes <= HeldBytes, "no more is given back than is held");
        return this with { AnsweredBytes = AnsweredBytes + bytes };
    }
}
