using Akka.Actor;
using Tracer.Records;

namespace Tracer.Actors;

/// <summary>
/// Blocks that wait for a segment, a queue for each process; taken round-robin, so that a flood never keeps a quiet process waiting.
/// </summary>
internal sealed class BlockQueue
{
    private readonly Dictionary<ProcessIdentity, Lane> _lanes = [];
    private readonly Queue<Lane> _turn = new();

    /// <summary>Bytes waiting.</summary>
    public long Bytes { get; private set; }

    /// <summary>Blocks waiting.</summary>
    public int Count { get; private set; }

    /// <summary>Blocks of one process, in its order.</summary>
    public void Add(ProcessIdentity process, IActorRef replyTo, Block[] blocks)
    {
        if (!_lanes.TryGetValue(process, out var lane))
        {
            lane = new Lane(process, replyTo);
            _lanes.Add(process, lane);
            _turn.Enqueue(lane);
        }

        foreach (var block in blocks)
        {
            lane.Blocks.Enqueue(block);
            Bytes += block.Length;
        }

        Count += blocks.Length;
    }

    /// <summary>Takes blocks until they are at least that many bytes or there are no more.</summary>
    public SegmentBatch Take(long targetBytes)
    {
        var blocks = new List<Block>((int)Math.Min(Count, targetBytes / 2048 + 1));
        var answers = new Dictionary<ProcessIdentity, SegmentAnswer>();
        long bytes = 0;
        while (bytes < targetBytes && _turn.TryDequeue(out var lane))
        {
            var block = lane.Blocks.Dequeue();
            blocks.Add(block);
            bytes += block.Length;
            answers[lane.Process] = new SegmentAnswer(lane.ReplyTo, block.Number);
            if (lane.Blocks.Count > 0)
            {
                _turn.Enqueue(lane);
            }
            else
            {
                _lanes.Remove(lane.Process);
            }
        }

        Bytes -= bytes;
        Count -= blocks.Count;
        return new SegmentBatch(blocks, [.. answers.Values], bytes);
    }

    private sealed class Lane(ProcessIdentity process, IActorRef replyTo)
    {
        public ProcessIdentity Process { get; } = process;

        public IActorRef ReplyTo { get; } = replyTo;

        public Queue<Block> Blocks { get; } = new();
    }
}

/// <summary>What one segment will hold, and who is told when it is committed.</summary>
internal sealed record SegmentBatch(IReadOnlyList<Block> Blocks, IReadOnlyList<SegmentAnswer> Answers, long RawBytes);

/// <summary>A process's last block in a segment.</summary>
internal readonly record struct SegmentAnswer(IActorRef ReplyTo, ulong Through);
