using System.Collections.Immutable;
using System.Data.Common;
using CodexOS.Platform.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CodexOS.Runs.Cluster;

/// <summary>
/// Passes short messages between the nodes by PostgreSQL's LISTEN and NOTIFY. A message can be lost when a connection
/// breaks, so nothing relies on one: it only makes happen at once what would be noticed later.
/// </summary>
internal sealed partial class ClusterBus(Database database, TimeProvider clock, ILogger<ClusterBus> log)
    : BackgroundService
{
    /// <summary>What PostgreSQL takes in a message, with some room.</summary>
    public const int MessageBytesMax = 7_900;

    private static readonly TimeSpan s_pingAfter = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_retryAfter = TimeSpan.FromSeconds(1);
    private volatile bool _isListening;

    private ImmutableArray<Listener> _listeners = [];

    /// <summary>Whether messages are heard at the moment.</summary>
    public bool IsListening => _isListening;

    /// <summary>Listens for as long as the process lives.</summary>
    /// <param name="heard">Takes a message of any node, this one included, and returns quickly.</param>
    /// <param name="joined">The connection is there, or there again; whatever was sent before was not heard.</param>
    public void Listen(Action<string> heard, Action joined) =>
        ImmutableInterlocked.Update(ref _listeners, list => list.Add(new Listener(heard, joined)));

    /// <summary>Sends messages to all nodes. None is sent with SQLite, which has one node.</summary>
    public async Task SendAsync(IReadOnlyCollection<string> messages, CancellationToken cancellationToken)
    {
        if (database.Dialect is SqlDialect.Sqlite || messages.Count == 0) return;
        // A message need not outlive a crash, so its commit does not wait for the disk.
        await using var command = database.Postgres.CreateCommand("""
            SELECT pg_notify('codexos', m) FROM (SELECT set_config('synchronous_commit', 'off', true)) s,
                unnest($1::text[]) AS m
            """);
        command.Parameters.Add(new() { Value = messages.ToArray() });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (database.Dialect is SqlDialect.Sqlite) return;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(stoppingToken);
            }
            catch (Exception error) when (
                error is DbException or IOException or TimeoutException or InvalidOperationException
                && !stoppingToken.IsCancellationRequested)
            {
                if (_isListening) LogLost(error);
                _isListening = false;
                await Task.Delay(s_retryAfter, clock, stoppingToken);
            }
        }
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        var own = new NpgsqlConnectionStringBuilder(database.PostgresConnectionString)
        {
            Pooling = false,
            ApplicationName = "codexos news",
        };
        await using var connection = new NpgsqlConnection(own.ConnectionString);
        connection.Notification += (_, message) =>
        {
            foreach (var listener in _listeners) listener.Heard(message.Payload);
        };
        await connection.OpenAsync(cancellationToken);
        await using (var listen = new NpgsqlCommand("LISTEN codexos", connection))
            await listen.ExecuteNonQueryAsync(cancellationToken);
        _isListening = true;
        LogListening();
        foreach (var listener in _listeners) listener.Joined();
        await using var ping = new NpgsqlCommand("SELECT 1", connection) { CommandTimeout = 5 };
        while (true)
        {
            if (!await connection.WaitAsync(s_pingAfter, cancellationToken))
                await ping.ExecuteScalarAsync(cancellationToken);
        }
    }

    private sealed record Listener(Action<string> Heard, Action Joined);

    [LoggerMessage(Level = LogLevel.Debug, Message = "News from other nodes is heard.")]
    private partial void LogListening();

    [LoggerMessage(Level = LogLevel.Warning, Message = "News from other nodes is not heard; the connection is made again.")]
    private partial void LogLost(Exception error);
}
