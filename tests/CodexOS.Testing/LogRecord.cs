using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace CodexOS.Testing;

/// <summary>One event of a log.</summary>
/// <param name="Level">Its level.</param>
/// <param name="Name">Its name.</param>
/// <param name="Message">The message, written out.</param>
/// <param name="Values">Its named values.</param>
public sealed record LoggedEvent(LogLevel Level, string? Name, string Message, IReadOnlyDictionary<string, object?> Values);

/// <summary>Keeps what a server logs, at the levels that its settings let through.</summary>
public sealed class LogRecord : ILoggerProvider
{
    private readonly Channel<LoggedEvent> _events = Channel.CreateUnbounded<LoggedEvent>();
    private readonly ConcurrentQueue<string?> _names = new();

    /// <summary>How many events with a name there were until now.</summary>
    public int Count(string name) => _names.Count(each => each == name);

    /// <summary>The next event with a name that was not waited for yet.</summary>
    public async Task<LoggedEvent> ReceiveAsync(string name, CancellationToken cancellationToken)
    {
        while (true)
        {
            var logged = await _events.Reader.ReadAsync(cancellationToken);
            if (logged.Name == name) return logged;
        }
    }

    /// <inheritdoc />
    public ILogger CreateLogger(string categoryName) => new Category(this);

    /// <inheritdoc />
    public void Dispose()
    {
    }

    private sealed class Category(LogRecord record) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            ArgumentNullException.ThrowIfNull(formatter);
            var values = state is IEnumerable<KeyValuePair<string, object?>> pairs
                ? pairs.DistinctBy(static pair => pair.Key).ToDictionary(static pair => pair.Key, static pair => pair.Value)
                : [];
            record._names.Enqueue(eventId.Name);
            record._events.Writer.TryWrite(
                new LoggedEvent(logLevel, eventId.Name, $"{formatter(state, exception)} {exception}", values));
        }
    }
}
