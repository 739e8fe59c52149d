using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Dispatch;
using Akka.Event;

namespace Tracer.Actors;

/// <summary>A warning or an error of the actors.</summary>
/// <param name="Time">When.</param>
/// <param name="IsError">Error, else warning.</param>
/// <param name="Source">Which actor.</param>
/// <param name="Text">What it said, with the exception's message.</param>
public sealed record LogLine(DateTime Time, bool IsError, string Source, string Text);

/// <summary>The last warnings and errors of an actor system, for <c>-v</c> and the summary. Any thread.</summary>
public sealed class LogList
{
    /// <summary>Lines kept; older ones are only counted.</summary>
    public const int Capacity = 100;

    private readonly Queue<LogLine> _lines = new();
    private readonly Lock _lock = new();

    /// <summary>Lines that were pushed out.</summary>
    public long Forgotten { get; private set; }

    /// <summary>The lines kept, oldest first.</summary>
    public IReadOnlyList<LogLine> Lines
    {
        get
        {
            lock (_lock)
            {
                return [.. _lines];
            }
        }
    }

    internal void Add(LogLine line)
    {
        lock (_lock)
        {
            if (_lines.Count == Capacity)
            {
                _lines.Dequeue();
                Forgotten++;
            }

            _lines.Enqueue(line);
        }
    }
}

/// <summary>Hands an actor system its <see cref="LogList"/>.</summary>
public sealed class LogMemorySetup(LogList list) : Setup
{
    /// <summary>The list.</summary>
    public LogList List { get; } = list;
}

/// <summary>
/// Akka's logger for Tracer: keeps the last warnings and errors and prints nothing, because the terminal is the traced program's.
/// </summary>
public sealed class LogMemory : UntypedActor, IRequiresMessageQueue<ILoggerMessageQueueSemantics>
{
    private readonly LogList _list = Context.System.Settings.Setup.Get<LogMemorySetup>() is { HasValue: true } setup ? setup.Value.List : new LogList();

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case InitializeLogger:
                Sender.Tell(new LoggerInitialized());
                break;
            case Error or Warning:
                var log = (LogEvent)message;
                string text = log.Cause is null ? log.ToMessage() : $"{log.ToMessage()}: {log.Cause.Message}";
                _list.Add(new LogLine(log.Timestamp, message is Error, log.LogSource, text));
                break;
            case LogEvent:
                break;
            default:
                Unhandled(message);
                break;
        }
    }
}

internal static class LogEvents
{
    public static string ToMessage(this LogEvent log) => log.Message?.ToString() ?? "";
}
