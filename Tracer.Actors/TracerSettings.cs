using Akka.Configuration;

namespace Tracer.Actors;

/// <summary>
/// The section <c>tracer</c> of the configuration, and its only reader. hocon/tracer.hocon has the same defaults with the same reasons.
/// </summary>
public sealed record TracerSettings
{
    /// <summary>Settings of uplinks.</summary>
    public UplinkSettings Uplink { get; init; } = new();

    /// <summary>Settings of TraceActors.</summary>
    public TraceSettings Trace { get; init; } = new();

    /// <summary>Settings of ProcessActors.</summary>
    public ProcessSettings Process { get; init; } = new();

    /// <summary>Settings of journal writers.</summary>
    public JournalSettings Journal { get; init; } = new();

    /// <summary>Settings of the store file.</summary>
    public StoreSettings Store { get; init; } = new();

    /// <summary>Reads the section; a value that makes no sense throws <see cref="ConfigurationException"/> and names its key.</summary>
    public static TracerSettings Read(Config config)
    {
        var t = config.GetConfig("tracer") ?? throw new ConfigurationException("the section 'tracer' is missing");
        return new TracerSettings
        {
            Uplink = new UplinkSettings
            {
                ParcelBytes = (int)Bytes(t, "uplink.parcel", 4 << 10, 1 << 20),
                ProbeInterval = Time(t, "uplink.probe-interval"),
            },
            Trace = new TraceSettings
            {
                CreditBytes = Bytes(t, "trace.credit", 64 << 10, 1L << 30),
                MinBackoff = Time(t, "trace.min-backoff"),
                MaxBackoff = Time(t, "trace.max-backoff"),
            },
            Process = new ProcessSettings { QueueBytes = Bytes(t, "process.queue", 4 << 10, 1 << 30) },
            Journal = new JournalSettings
            {
                SegmentBytes = Bytes(t, "journal.segment", 4 << 10, 4 << 20),
                MaxSegmentBytes = Bytes(t, "journal.max-segment", 4 << 10, 64 << 20),
                SlowWrite = Time(t, "journal.slow-write"),
                Linger = Time(t, "journal.linger"),
                InlineBytes = Bytes(t, "journal.inline", 0, 1 << 20),
                IdleLevel = Level(t, "journal.idle-level"),
                BusyLevel = Level(t, "journal.busy-level"),
            },
            Store = new StoreSettings
            {
                PageBytes = (int)Bytes(t, "store.page", 512, 65536),
                AutoCheckpointPages = t.GetInt("store.auto-checkpoint"),
                BusyTimeout = Time(t, "store.busy-timeout"),
            },
        };
    }

    private static long Bytes(Config config, string key, long least, long most)
    {
        long value = config.GetByteSize(key) ?? throw new ConfigurationException($"tracer.{key} is missing");
        return value >= least && value <= most
            ? value
            : throw new ConfigurationException($"tracer.{key} is {value} bytes; it must be {least} to {most}");
    }

    private static TimeSpan Time(Config config, string key)
    {
        var value = config.HasPath(key) ? config.GetTimeSpan(key, allowInfinite: false) : throw new ConfigurationException($"tracer.{key} is missing");
        return value >= TimeSpan.Zero ? value : throw new ConfigurationException($"tracer.{key} is negative");
    }

    private static int Level(Config config, string key)
    {
        int value = config.GetInt(key);
        return value is >= 1 and <= 19 ? value : throw new ConfigurationException($"tracer.{key} is {value}; Zstandard has 1 to 19");
    }

    /// <summary>Settings of an uplink.</summary>
    public sealed record UplinkSettings
    {
        /// <summary>Most bytes of blocks in a parcel.</summary>
        /// <remarks>Default 64 KiB: the fastest message over remoting; above 85 KB it would be a large object, at half the speed.</remarks>
        public int ParcelBytes { get; init; } = 64 << 10;

        /// <summary>How often an uplink with unanswered blocks asks whether a parcel or an answer was lost.</summary>
        /// <remarks>
        /// Default 5 s: in one process nothing is lost but by a restart of the TraceActor; over a network it is the time that a loss
        /// costs.
        /// </remarks>
        public TimeSpan ProbeInterval { get; init; } = TimeSpan.FromSeconds(5);
    }

    /// <summary>Settings of a TraceActor.</summary>
    public sealed record TraceSettings
    {
        /// <summary>Bytes of blocks that a trace may hold and not yet have committed.</summary>
        /// <remarks>
        /// Default 24 MiB: a 4 MiB segment being written, one being made, and as much again twice over to gather meanwhile; less than the
        /// pool, so the rest of it stays where a crash does not reach.
        /// </remarks>
        public long CreditBytes { get; init; } = 24 << 20;

        /// <summary>Wait before a journal writer is started again after its first failure; doubled at each further one.</summary>
        /// <remarks>Default 0.2 s: shorter than a person notices, long enough for a lock to be let go.</remarks>
        public TimeSpan MinBackoff { get; init; } = TimeSpan.FromSeconds(0.2);

        /// <summary>Longest wait, spread included.</summary>
        /// <remarks>Default 10 s: a disk that has room again is noticed soon; a try costs little.</remarks>
        public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(10);
    }

    /// <summary>Settings of a ProcessActor.</summary>
    public sealed record ProcessSettings
    {
        /// <summary>Bytes of queued async blocks at which they are offered though nothing drained them.</summary>
        /// <remarks>Default 64 KiB: a process that only switches and faults must not queue without end.</remarks>
        public long QueueBytes { get; init; } = 64 << 10;
    }

    /// <summary>Settings of a journal writer.</summary>
    public sealed record JournalSettings
    {
        /// <summary>Raw bytes at which a segment is made while another is written.</summary>
        /// <remarks>Default 1 MiB: 1.5 ms a write, 11 M records/s on two cores; smaller ones cost commits, larger ones memory.</remarks>
        public long SegmentBytes { get; init; } = 1 << 20;

        /// <summary>What it grows to on a slow store.</summary>
        /// <remarks>Default 4 MiB: four times fewer writes of 300 ms; two of them fit into the credit four times.</remarks>
        public long MaxSegmentBytes { get; init; } = 4 << 20;

        /// <summary>A write longer than this doubles the size of segments; one shorter than a quarter of it sets it back.</summary>
        /// <remarks>Default 100 ms: sixty times a write on a local disk.</remarks>
        public TimeSpan SlowWrite { get; init; } = TimeSpan.FromMilliseconds(100);

        /// <summary>
        /// How long blocks wait for a segment to fill while nothing is being written. Under policy <c>each</c> they never wait.
        /// </summary>
        /// <remarks>
        /// Default 250 ms: a 4 KiB segment compresses to twice the bytes of a large one. What waits is in the pool, where a crash of the
        /// recorder does not reach it.
        /// </remarks>
        public TimeSpan Linger { get; init; } = TimeSpan.FromMilliseconds(250);

        /// <summary>A segment of at most this many raw bytes is made on the writer's own thread.</summary>
        /// <remarks>Default 16 KiB: shorter than the way to another thread and back.</remarks>
        public long InlineBytes { get; init; } = 16 << 10;

        /// <summary>Zstandard's level when nothing waits beyond the segment.</summary>
        /// <remarks>Default 3: a tenth fewer bytes than 1.</remarks>
        public int IdleLevel { get; init; } = 3;

        /// <summary>Zstandard's level under load.</summary>
        /// <remarks>Default 1: twice as fast as 3, when held threads wait for it.</remarks>
        public int BusyLevel { get; init; } = 1;

        /// <summary>For a pool of a size: a segment is at most a quarter of it, or the pool would be empty before one is full.</summary>
        public JournalSettings ForPool(long poolBytes) => this with
        {
            SegmentBytes = Math.Min(SegmentBytes, Math.Max(poolBytes / 4, 4096)),
            MaxSegmentBytes = Math.Min(MaxSegmentBytes, Math.Max(poolBytes / 4, 4096)),
        };

        /// <summary>The size of segments after a write of a length.</summary>
        public long NextTarget(long target, TimeSpan write) =>
            write > SlowWrite ? Math.Min(target * 2, MaxSegmentBytes) : write < SlowWrite / 4 ? SegmentBytes : target;
    }

    /// <summary>Settings of the store file.</summary>
    public sealed record StoreSettings
    {
        /// <summary>Bytes of a page of a new store.</summary>
        /// <remarks>Default 8 KiB: segments are large; half the overflow pages of 4 KiB.</remarks>
        public int PageBytes { get; init; } = 8192;

        /// <summary>Pages in the write-ahead log at which it is copied back into the file.</summary>
        /// <remarks>Default 1000, SQLite's own: larger logs made single writes slower and gained nothing.</remarks>
        public int AutoCheckpointPages { get; init; } = 1000;

        /// <summary>How long a connection waits for another recorder's write.</summary>
        /// <remarks>Default 30 s: longer than any one write; what is later is a failure, and tried again.</remarks>
        public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(30);
    }
}
