using System.Globalization;
using CodexOS.Platform.Storage;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CodexOS.Runs.Retention;

/// <summary>
/// The monthly partitions of events on PostgreSQL. A run's events lie in the partition of the month that its id begins
/// with, so taking old runs away empties whole partitions, which are then dropped instead of vacuumed. What no month's
/// partition takes in, the default one does: nothing is ever refused for want of a partition.
/// </summary>
internal sealed partial class Partitions(Database database, RunsOptions options, TimeProvider clock, ILogger<Partitions> log)
{
    /// <summary>Rows that are moved out of the default partition for a month; with more, the month stays there.</summary>
    private const int RowsMovedMax = 10_000;

    private const long AdvisoryLock = 0x436F64_706172;

    /// <summary>Makes the partitions of this month and the next ones, where they are missing.</summary>
    /// <returns>How many were made.</returns>
    public async Task<int> MakeAsync(CancellationToken cancellationToken)
    {
        if (database.Dialect is not SqlDialect.Postgres) return 0;
        var made = 0;
        var today = clock.GetUtcNow();
        var first = new DateTime(today.Year, today.Month, 1, 0, 0, 0, DateTimeKind.Utc);
        for (var ahead = 0; ahead <= options.PartitionsAheadMonths; ahead++)
        {
            if (await MakeAsync(first.AddMonths(ahead), cancellationToken)) made++;
        }

        return made;
    }

    /// <summary>Drops the partitions of past months that are empty.</summary>
    /// <returns>How many were dropped.</returns>
    public async Task<int> DropAsync(CancellationToken cancellationToken)
    {
        if (database.Dialect is not SqlDialect.Postgres) return 0;
        var today = clock.GetUtcNow();
        var thisMonth = NameOf(new DateTime(today.Year, today.Month, 1, 0, 0, 0, DateTimeKind.Utc));
        await using var connection = await database.Postgres.OpenConnectionAsync(cancellationToken);
        var dropped = 0;
        foreach (var name in await MonthsAsync(connection, cancellationToken))
        {
            if (string.CompareOrdinal(name, thisMonth) >= 0 || await AnyAsync(connection, name, cancellationToken)) continue;
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await ExecuteAsync(connection, "LOCK TABLE runs.run_events IN ACCESS EXCLUSIVE MODE", cancellationToken);
            if (!await AnyAsync(connection, name, cancellationToken))
            {
                await ExecuteAsync(connection, $"DROP TABLE runs.{name}", cancellationToken);
                dropped++;
                LogDropped(name);
            }

            await transaction.CommitAsync(cancellationToken);
        }

        return dropped;
    }

    /// <summary>The lowest id that a run of a time can have.</summary>
    internal static Guid FirstIdOf(DateTime at)
    {
        var ms = new DateTimeOffset(at).ToUnixTimeMilliseconds();
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        for (var i = 5; i >= 0; i--, ms >>= 8) bytes[i] = (byte)ms;
        return new Guid(bytes, bigEndian: true);
    }

    private async Task<bool> MakeAsync(DateTime month, CancellationToken cancellationToken)
    {
        var (name, from, to) = (NameOf(month), FirstIdOf(month), FirstIdOf(month.AddMonths(1)));
        await using var connection = await database.Postgres.OpenConnectionAsync(cancellationToken);
        if ((await MonthsAsync(connection, cancellationToken)).Contains(name)) return false;
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({AdvisoryLock})", cancellationToken);
        if ((await MonthsAsync(connection, cancellationToken)).Contains(name)) return false;

        // Appends wait for as long as the rows of the month are moved, which are few: those of ids that were made up by a
        // clock ahead, or of the month in which the first partition is made.
        await ExecuteAsync(connection, "LOCK TABLE runs.run_events IN ACCESS EXCLUSIVE MODE", cancellationToken);
        var range = $"run_id >= '{from}' AND run_id < '{to}'";
        await using (var count = new NpgsqlCommand(
            $"SELECT count(*) FROM (SELECT 1 FROM runs.run_events_default WHERE {range} LIMIT {RowsMovedMax + 1}) few",
            connection))
        {
            if ((long)(await count.ExecuteScalarAsync(cancellationToken))! > RowsMovedMax)
            {
                LogStays(name);
                return false;
            }
        }

        await ExecuteAsync(connection, $"""
            CREATE TABLE runs.{name} (LIKE runs.run_events INCLUDING ALL) WITH (
                autovacuum_vacuum_insert_scale_factor = 0.1, autovacuum_vacuum_scale_factor = 0.05);
            WITH moved AS (DELETE FROM runs.run_events_default WHERE {range} RETURNING *)
                INSERT INTO runs.{name} SELECT * FROM moved;
            ALTER TABLE runs.run_events ATTACH PARTITION runs.{name} FOR VALUES FROM ('{from}') TO ('{to}');
            """, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        LogMade(name);
        return true;
    }

    private static string NameOf(DateTime month) =>
        $"run_events_{month.ToString("yyyyMM", CultureInfo.InvariantCulture)}";

    private static async Task<List<string>> MonthsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'runs.run_events'::regclass AND c.relname ~ '^run_events_[0-9]{6}$' ORDER BY 1
            """, connection);
        var names = new List<string>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken)) names.Add(row.GetString(0));
        return names;
    }

    private static async Task<bool> AnyAsync(
        NpgsqlConnection connection, string table, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SELECT 1 FROM runs.{table} LIMIT 1", connection);
        return await command.ExecuteScalarAsync(cancellationToken) is not null;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Made the partition {Name}.")]
    private partial void LogMade(string name);

    [LoggerMessage(Level = LogLevel.Information, Message = "Dropped the partition {Name}, which was empty.")]
    private partial void LogDropped(string name);

    [LoggerMessage(Level = LogLevel.Information, Message = "Too much of {Name} lies in the default partition; it stays there.")]
    private partial void LogStays(string name);
}
