using System.CommandLine;
using Tracer.Actors;
using Tracer.Records;

namespace Tracer.Host;

/// <summary><c>tracer verify [TRACE]</c>: proves from the stored bytes that nothing is missing, or tells what is.</summary>
internal static class VerifyCommand
{
    private const string Help =
        "Proves from the stored bytes that nothing is missing, or lists what is. Exit status: 0 complete, 3 declared, 4 open, 1 damaged.";

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var store = StoreOption.Create();
        var trace = TraceArgument.CreateOptional(store);
        var json = new Option<bool>("--json") { Description = "As a JSON object (docs/json.md)" };
        var command = new Command("verify", Help) { trace, json, store };
        command.SetAction(line => Run(line, store, line.GetValue(trace), line.GetValue(json)));
        return command;
    }

    private static int Run(ParseResult line, Option<string?> storeOption, string? name, bool json)
    {
        using var store = StoreOption.Open(line, storeOption);
        var trace = TraceArgument.Resolve(store, name);
        var report = Verify(store.ReadEvents(trace.Header.TraceId));
        var output = new Output();
        if (json)
        {
            VerifyText.WriteJson(trace, report, output.Text);
        }
        else
        {
            VerifyText.Write(trace, report, output.Text);
        }

        output.Flush();
        return report.Verdict switch
        {
            VerifyVerdict.Complete => Exit.Ok,
            VerifyVerdict.Declared => Exit.Declared,
            VerifyVerdict.Open => Exit.Open,
            _ => Exit.Damaged,
        };
    }

    /// <summary>The report on these rows.</summary>
    internal static VerifyReport Verify(IEnumerable<StoredEvent> rows)
    {
        using var verifier = new TraceVerifier();
        ulong ordinal = 0;
        long expected = 1;
        foreach (var row in rows)
        {
            if (row.SequenceNr != expected)
            {
                verifier.Fault(ordinal, $"row {expected} is missing: row {row.SequenceNr} follows");
            }

            expected = row.SequenceNr + 1;
            try
            {
                Add(verifier, row, ref ordinal);
            }
            catch (RecordFormatException e)
            {
                verifier.Fault(0, $"row {row.SequenceNr}: {e.Message}");
            }
        }

        return verifier.Finish();
    }

    private static void Add(TraceVerifier verifier, StoredEvent row, ref ulong ordinal)
    {
        switch (row.Manifest)
        {
            case TracerSerializer.OpenedManifest:
                verifier.Opened(TraceHeader.FromJson(row.Bytes));
                break;
            case TracerSerializer.SegmentManifest:
                verifier.Add(++ordinal, row.Bytes);
                break;
            case TracerSerializer.ClosedManifest:
                verifier.Closed(TraceEnd.FromJson(row.Bytes));
                break;
            case TracerSerializer.ChangedManifest or TracerSerializer.TruncatedManifest or TracerSerializer.AbandonedManifest:
                break;
            default:
                verifier.Fault(0, $"row {row.SequenceNr} is of an unknown sort, '{row.Manifest}'");
                break;
        }
    }
}
