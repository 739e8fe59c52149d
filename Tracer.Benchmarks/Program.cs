using Tracer.Benchmarks;

return args switch
{
    ["capture", .. var rest] => CaptureBenchmark.Run(rest),
    ["pipeline", .. var rest] => PipelineBenchmark.Run(rest),
    ["append"] => AppendBenchmark.Run(),
    ["dump"] => DumpBenchmark.Run(),
    ["startup"] => StartupBenchmark.Run(),
    ["each"] => EachBenchmark.Run(),
    ["size"] => SizeBenchmark.Run(),
    ["slow"] => SlowStoreBenchmark.Run(),
    ["calls", var count, var threads] => Calls.Run(int.Parse(count), int.Parse(threads)),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        usage: dotnet run -c Release --project Tracer.Benchmarks -- NAME
          capture [--rounds N] [--free|--pinned] [WORKLOAD...]   tracer run against strace -f -o file and untraced, interleaved
          pipeline [--wide] [--only find|tar|dd] [--seconds N]   pool, actors and SQLite, by records of find, tar and dd
          append                                                 the writer alone: nanoseconds a call
          dump                                                   1 M records as text to a file
          startup                                                tracer run -- true: first traced instruction, whole command
          each                                                   policy each: commit latency, 8 threads together
          size                                                   stored bytes per call against zstd -3 of strace's text
          slow                                                   store delayed by 300 ms a write
        """);
    return 2;
}
