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

    /// <summary>A message of any node, this one included. Handlers return quickly.</summary>
    public event Action<string>? Received;

    /// <summary>The connection is there again; whatever was sent meanwhile was not heard.</summary>
    public event Action? Joined;

    /// <summary>Whether messages are heard at the moment.</summary>
    public bool IsListening => _isListening;

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
        connection.Notification += (_, message) => Received?.Invoke(message.Payload);
        await connection.OpenAsync(cancellationToken);
        await using (var listen = new NpgsqlCommand("LISTEN codexos", connection))
            await listen.ExecuteNonQueryAsync(cancellationToken);
        _isListening = true;
        LogListening();
        Joined?.Invoke();
        await using var ping = new NpgsqlCommand("SELECT 1", connection) { CommandTimeout = 5 };
        while (true)
        {
            if (!await connection.WaitAsync(s_pingAfter, cancellationToken))
                await ping.ExecuteScalarAsync(cancellationToken);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "News from other nodes is heard.")]
    private partial void LogListening();

    [LoggerMessage(Level = LogLevel.Warning, Message = "News from other nodes is not heard; the connection is made again.")]
    private partial void LogLost(Exception error);
}
