using System.Diagnostics;
using Tracer.Actors;
using Tracer.Records;
using Tracer.Records.Payloads;
using Tracer.Tests.Programs;

namespace Tracer.Tests.Support;

/// <summary>The built <c>tracer</c> with a store and a pool directory of its own.</summary>
internal sealed class TracerRun : IDisposable
{
    public TracerRun()
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("tracer-e2e-").FullName;
        Store = Path.Combine(Directory, "tracer.db");
        Pools = $"/dev/shm/tracer-e2e-{Guid.NewGuid():N}"; // tracer makes it
    }

    /// <summary>The executable.</summary>
    public static string Executable { get; } = Path.Combine(AppContext.BaseDirectory, "tracer");

    /// <summary>This assembly as a program to trace.</summary>
    public static string[] TestProgram(params string[] words) =>
        [Path.Combine(AppContext.BaseDirectory, "Tracer.Tests"), .. words];

    public string Directory { get; }

    public string Store { get; }

    public string Pools { get; }

    /// <summary>Runs <c>tracer</c> with this store.</summary>
    public Ended Tracer(params string[] words) => Command.Run([Executable, .. words], Environment);

    /// <summary>Starts <c>tracer run</c> with this store and pool directory.</summary>
    public Process Start(IEnumerable<string> options, IEnumerable<string> command) =>
        Command.Start([Executable, "run", "--pool-dir", Pools, .. options, "--", .. command], Environment);

    /// <summary>Runs a command under <c>tracer run</c>.</summary>
    public Ended Run(IEnumerable<string> options, params string[] command)
    {
        using var process = Start(options, command);
        process.StandardInput.Close();
        return Command.End(process);
    }

    /// <summary>The newest trace, verified from its stored bytes.</summary>
    public VerifyReport Verify() => Verify(Newest());

    /// <summary>A trace, verified from its stored bytes.</summary>
    public VerifyReport Verify(StoredTrace trace)
    {
        using var store = SqliteStore.OpenExisting(Store);
        var verifier = new TraceVerifier();
        ulong ordinal = 0;
        foreach (var stored in store.ReadEvents(trace.Header.TraceId))
        {
            switch (stored.Manifest)
            {
                case TracerSerializer.OpenedManifest:
                    verifier.Opened(TraceHeader.FromJson(stored.Bytes));
                    break;
                case TracerSerializer.SegmentManifest:
                    verifier.Add(++ordinal, stored.Bytes);
                    break;
                case TracerSerializer.ClosedManifest:
                    verifier.Closed(TraceEnd.FromJson(stored.Bytes));
                    break;
            }
        }

        return verifier.Finish();
    }

    /// <summary>The newest trace.</summary>
    public StoredTrace Newest()
    {
        using var store = SqliteStore.OpenExisting(Store);
        return store.Newest() ?? throw new InvalidOperationException("the store has no trace");
    }

    /// <summary>Every record of the newest trace, in the order of its process.</summary>
    public void ForEach(Action<ProcessIdentity, RecordDecoder> record)
    {
        using var store = SqliteStore.OpenExisting(Store);
        var decoders = new Dictionary<ProcessIdentity, RecordDecoder>();
        foreach (var stored in store.ReadEvents(Newest().Header.TraceId))
        {
            if (stored.Manifest != TracerSerializer.SegmentManifest)
            {
                continue;
            }

            foreach (var block in Segment.Parse(stored.Bytes, "segment").ReadBlocks(null))
            {
                if (!decoders.TryGetValue(block.Process, out var decoder))
                {
                    decoders[block.Process] = decoder = new RecordDecoder();
                }

                decoder.Load(block);
                while (decoder.MoveNext())
                {
                    record(block.Process, decoder);
                }
            }
        }
    }

    /// <summary>Calls of a number in the newest trace.</summary>
    public long CountCalls(int number)
    {
        long calls = 0;
        ForEach((_, r) => calls += r.Kind == RecordKind.Syscall && r.Number == number ? 1 : 0);
        return calls;
    }

    /// <summary>
    /// Syscall records of what was run under a wrapper (perf, strace): of the wrapper's children after their first exec, and of all below them.
    /// </summary>
    public long CountCallsUnderWrapper()
    {
        // Twice: a child's blocks may stand before its parent's.
        var parents = new Dictionary<int, int>();
        ForEach((process, r) =>
        {
            if (r.Kind == RecordKind.ProcCtor
                && ProcCtorPayload.Read(r.Payload) is { Reason: BirthReason.Fork or BirthReason.Vfork or BirthReason.Clone } born)
            {
                parents[process.Pid] = born.ParentPid;
            }
        });
        var calls = new Dictionary<int, long>();
        var executed = new HashSet<int>();
        ForEach((process, r) =>
        {
            if (r.Kind == RecordKind.Syscall)
            {
                calls[process.Pid] = calls.GetValueOrDefault(process.Pid) + 1;
            }
            else if (r.Kind == RecordKind.ProcCtor && ProcCtorPayload.Read(r.Payload).Reason == BirthReason.Exec
                && parents.TryGetValue(process.Pid, out int parent) && !parents.ContainsKey(parent) && executed.Add(process.Pid))
            {
                calls[process.Pid] = 0;
            }
        });
        return calls.Where(c => parents.ContainsKey(c.Key)).Sum(c => c.Value);
    }

    /// <summary>Threads whose last record is a call that did not return and is no exit: they were killed in it.</summary>
    public long CountCallsCutByDeath()
    {
        var inside = new Dictionary<int, string>();
        ForEach((_, r) =>
        {
            if (r.Kind == RecordKind.Syscall)
            {
                inside[r.Tid] = SyscallTable.TryGet(TestPrograms.Machine, r.Number, out var call) ? call.Name : "";
            }
            else if (r.Kind == RecordKind.Sysret)
            {
                inside.Remove(r.Tid);
            }
        });
        return inside.Values.Count(name => name is not ("exit" or "exit_group"));
    }

    public void Dispose()
    {
        System.IO.Directory.Delete(Directory, recursive: true);
        if (System.IO.Directory.Exists(Pools))
        {
            System.IO.Directory.Delete(Pools, recursive: true);
        }
    }

    private Dictionary<string, string?> Environment => new() { ["TRACER_STORE"] = Store };
}
