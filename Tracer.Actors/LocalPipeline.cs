using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Persistence.Sql.Config;
using LinqToDB;
using LinqToDB.Interceptors;
using Microsoft.Data.Sqlite;
using Tracer.Records;

namespace Tracer.Actors;

/// <summary>What a <see cref="LocalPipeline"/> is started with.</summary>
public sealed record LocalPipelineOptions
{
    /// <summary>The store, opened. Stays the caller's.</summary>
    public required SqliteStore Store { get; init; }

    /// <summary>The trace.</summary>
    public required TraceHeader Header { get; init; }

    /// <summary>The recorder's pool.</summary>
    public required IBlockSource Source { get; init; }

    /// <summary>Bytes of the pool. A small one makes small segments, so that blocks come back before it is empty.</summary>
    public long PoolBytes { get; init; } = 64 << 20;

    /// <summary>A commit survives a power cut.</summary>
    public bool Durable { get; init; }

    /// <summary>HOCON that goes before the built-in defaults.</summary>
    public string? Configuration { get; init; }

    /// <summary>Slows or breaks the store, for tests.</summary>
    internal IInterceptor? Interceptor { get; init; }
}

/// <summary>The actors of a recording in this process: from a pool's sealed blocks to rows of the store.</summary>
public sealed class LocalPipeline : IAsyncDisposable
{
    private readonly ActorSystem _system;
    private readonly IActorRef _uplink;
    private readonly ProgressBoard _board;
    private readonly LogList _log;
    private readonly string _connection;

    private LocalPipeline(ActorSystem system, IActorRef uplink, ProgressBoard board, LogList log, string connection)
    {
        _connection = connection;
        _system = system;
        _uplink = uplink;
        _board = board;
        _log = log;
    }

    /// <summary>How far the journal is behind. Any thread.</summary>
    public PipelineProgress Progress => _board.Now;

    /// <summary>The last warnings and errors of the actors. Any thread.</summary>
    public LogList Log => _log;

    /// <summary>Builds the actor system (some 100 ms) and starts to commit. Blocks sealed before and meanwhile wait in the pool.</summary>
    public static LocalPipeline Start(LocalPipelineOptions options)
    {
        var config = Defaults;
        if (options.Configuration is { } text)
        {
            config = ConfigurationFactory.ParseString(text).WithFallback(config);
        }

        var settings = TracerSettings.Read(config);
        var log = new LogList();
        var board = new ProgressBoard();
        string connection = ConnectionString(options.Store.Path, settings.Store);
        var system = ActorSystem.Create("tracer", Setups(options, settings, config, log, connection));
        var journal = new JournalActorOptions
        {
            Header = options.Header,
            PoolId = options.Source.PoolId,
            Settings = settings.Journal.ForPool(options.PoolBytes),
            TailReader = options.Store,
            Linger = options.Header.Policy == "each" ? TimeSpan.Zero : settings.Journal.Linger,
        };
        var trace = system.ActorOf(
            TraceActor.Props(new TraceActorOptions
            {
                TraceId = options.Header.TraceId,
                Settings = settings.Trace,
                ProcessSettings = settings.Process,
                JournalProps = (epoch, mayBeClosed) =>
                    JournalActor.Props(journal with { KnownEpoch = epoch, MayBeClosed = mayBeClosed }).WithDispatcher(Dispatcher),
            }).WithDispatcher(Dispatcher),
            "trace");
        var uplink = system.ActorOf(
            UplinkActor.Props(new UplinkActorOptions { Source = options.Source, Trace = trace, Settings = settings.Uplink, Board = board })
                .WithDispatcher(Dispatcher),
            "uplink");
        return new LocalPipeline(system, uplink, board, log, connection);
    }

    /// <summary>
    /// Commits all, ends the trace, and answers when that is in the store, however long it takes. No block may be sealed after this.
    /// </summary>
    /// <param name="ending">How the trace ended.</param>
    /// <param name="stop">Gives up waiting; the pipeline goes on.</param>
    /// <exception cref="StoreException">Another recorder has the trace: nothing more can be committed.</exception>
    public async Task<TraceEnd> FinishAsync(TraceEnding ending, CancellationToken stop = default) =>
        await _uplink.Ask<UplinkProtocol.IReply>(new UplinkProtocol.Finish(ending), Timeout.InfiniteTimeSpan, stop).ConfigureAwait(false) switch
        {
            UplinkProtocol.Finished finished => finished.End,
            UplinkProtocol.Failed failed => throw new StoreException(StoreProblem.Other, failed.Problem),
            _ => throw new OperationCanceledException("the pipeline was stopped"),
        };

    /// <summary>Stops taking blocks. What is not committed stays in the pool, for <c>tracer recover</c>.</summary>
    public async Task AbandonAsync() =>
        await _uplink.Ask<UplinkProtocol.IReply>(UplinkProtocol.Abandon.Instance, TimeSpan.FromSeconds(5)).ConfigureAwait(false);

    /// <summary>
    /// Ends the actors. When it has ended, nobody reads the pool. A process that is about to exit after <see cref="FinishAsync"/> need not
    /// wait for it: all is committed.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        _uplink.Tell(UplinkProtocol.Abandon.Instance);
        await _system.Terminate().ConfigureAwait(false);
        using var pooled = new SqliteConnection(_connection);
        SqliteConnection.ClearPool(pooled);
    }

    internal const string Dispatcher = "tracer.dispatcher";

    /// <summary>hocon/tracer.hocon over the plugin's own defaults.</summary>
    internal static Config Defaults => ConfigurationFactory
        .FromResource("tracer.hocon", typeof(LocalPipeline).Assembly)
        .WithFallback(Akka.Persistence.Sql.SqlPersistence.DefaultConfiguration);

    private static string ConnectionString(string path, TracerSettings.StoreSettings settings) => new SqliteConnectionStringBuilder
    {
        DataSource = path,
        Mode = SqliteOpenMode.ReadWrite,
        Pooling = true,
        DefaultTimeout = (int)settings.BusyTimeout.TotalSeconds,
    }.ConnectionString;

    private static ActorSystemSetup Setups(
        LocalPipelineOptions options, TracerSettings settings, Config config, LogList log, string connection)
    {
        var data = new DataOptions()
            .UseConnectionString(ProviderName.SQLiteMS, connection)
            .UseInterceptor(new ConnectionPragmas(settings.Store, options.Durable));
        if (options.Interceptor is { } interceptor)
        {
            data = data.UseInterceptor(interceptor);
        }

        string quoted = "\"" + connection.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";
        var named = ConfigurationFactory.ParseString(
            $"akka.persistence.journal.sql.connection-string = {quoted}\nakka.persistence.query.journal.sql.connection-string = {quoted}");
        return ActorSystemSetup.Create(
            BootstrapSetup.Create().WithConfig(named.WithFallback(config)), new DataOptionsSetup(data), new LogMemorySetup(log));
    }
}
