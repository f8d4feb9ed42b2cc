using CodexOS.Platform.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CodexOS.Runs.Execution;

/// <summary>
/// Lets one engine at a time work on a PostgreSQL database, because two that do not know of each other would keep taking
/// runs from one another. It is a session lock and ends with the process. On SQLite the lock of the data directory does
/// the same.
/// </summary>
internal sealed partial class EngineLease(
    Database database, IHostApplicationLifetime lifetime, ILogger<EngineLease> log) : IAsyncDisposable
{
    private const long AdvisoryLock = 0x436F64_656E67;
    private NpgsqlConnection? _session;

    /// <summary>Takes the lease.</summary>
    /// <exception cref="InvalidOperationException">Another engine has it.</exception>
    public async Task TakeAsync(CancellationToken cancellationToken)
    {
        if (database.Dialect is SqlDialect.Postgres && !await TryTakeAsync(cancellationToken))
        {
            throw new InvalidOperationException(
                "Another CodexOS works on this PostgreSQL database. Stop it, or use another database.");
        }
    }

    /// <summary>Makes sure that the lease is still held; if another engine has it now, this process must stop.</summary>
    public async Task KeepAsync(CancellationToken cancellationToken)
    {
        if (_session is null || await AnswersAsync(_session, cancellationToken)) return;
        if (await TryTakeAsync(cancellationToken)) return;
        LogLost();
        lifetime.StopApplication();
    }

    public async ValueTask DisposeAsync()
    {
        if (_session is not null) await _session.DisposeAsync();
    }

    private static async Task<bool> AnswersAsync(NpgsqlConnection session, CancellationToken cancellationToken)
    {
        try
        {
            await using var ping = new NpgsqlCommand("SELECT 1", session);
            await ping.ExecuteScalarAsync(cancellationToken);
            return true;
        }
        catch (Exception error) when (error is NpgsqlException or InvalidOperationException)
        {
            return false;
        }
    }

    private async Task<bool> TryTakeAsync(CancellationToken cancellationToken)
    {
        if (_session is not null) await _session.DisposeAsync();
        _session = await database.Postgres.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand($"SELECT pg_try_advisory_lock({AdvisoryLock})", _session);
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "Another engine works on this database now; this one stops.")]
    private partial void LogLost();
}
