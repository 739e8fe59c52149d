using System.Text;
using Tracer.Records;

namespace Tracer.Tests.Support;

/// <summary>Records as a form of text shows them, in the order in which the processes' blocks were sealed.</summary>
internal static class ShownRecords
{
    public static string[] Of(RecordedTrace trace, TraceView view, IRecordText text)
    {
        var buffer = new TextBuffer();
        var decoders = new Dictionary<ProcessIdentity, RecordDecoder>();
        foreach (var block in trace.Blocks())
        {
            if (!decoders.TryGetValue(block.Process, out var decoder))
            {
                decoders.Add(block.Process, decoder = new RecordDecoder());
            }

            decoder.Load(block);
            while (decoder.MoveNext())
            {
                text.Write(view.Observe(block.Process, decoder), decoder, buffer);
            }
        }

        return Encoding.UTF8.GetString(buffer.Written.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
