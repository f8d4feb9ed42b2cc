using System.Diagnostics;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Testing.Postgres;
using Microsoft.Data.Sqlite;
using Npgsql;
using NpgsqlTypes;

namespace CodexOS.Bench;

/// <summary>The fastest plain way to put rows of an event's shape into the database: the engine's ceiling.</summary>
internal static class RawInsert
{
    private const int BatchRows = 1_024;

    // The mean payload of the engine's rows: half of them carry 1 KiB, the others a few words.
    private static readonly string s_payload = new('x', 600);

    public static Task<TimeSpan> RoundAsync(Database database, int rows) =>
        database.Dialect is SqlDialect.Sqlite ? SqliteAsync(database, rows) : PostgresAsync(database, rows);

    /// <summary>The same with a transaction for every row, which is what a program without a journal does.</summary>
    public static Task<TimeSpan> AutocommitAsync(Database database, int rows) => database.Dialect is SqlDialect.Sqlite
        ? SqliteAsync(database, rows, batchRows: 1)
        : PostgresAsync(database, rows, batchRows: 1);

    private static async Task<TimeSpan> SqliteAsync(Database database, int rows, int batchRows = BatchRows)
    {
        await using var connection = (SqliteConnection)await database.OpenAsync(CancellationToken.None);
        await using (var create = connection.CreateCommand())
        {
            create.CommandText = """
                CREATE TABLE IF NOT EXISTS raw_events (
                    run_id BLOB NOT NULL, seq INTEGER NOT NULL, tenant_id BLOB NOT NULL, epoch INTEGER NOT NULL,
                    kind INTEGER NOT NULL, event_id BLOB NOT NULL, payload TEXT NOT NULL, at INTEGER NOT NULL,
                    PRIMARY KEY (run_id, seq)) STRICT, WITHOUT ROWID
                """;
            await create.ExecuteNonQueryAsync();
        }

        await using var insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO raw_events VALUES ($0, $1, $2, 1, 3, $3, $4, 1)";
        for (var i = 0; i < 5; i++) insert.Parameters.Add(new SqliteParameter($"${i}", null));
        var run = NewId();
        var watch = Stopwatch.StartNew();
        for (var row = 0; row < rows;)
        {
            using var transaction = connection.BeginTransaction(deferred: false);
            insert.Transaction = transaction;
            for (var end = Math.Min(rows, row + batchRows); row < end; row++)
            {
                insert.Parameters[0].Value = run.ToByteArray(bigEndian: true);
                insert.Parameters[1].Value = row;
                insert.Parameters[2].Value = run.ToByteArray(bigEndian: true);
                insert.Parameters[3].Value = run.ToByteArray(bigEndian: true);
                insert.Parameters[4].Value = s_payload;
                insert.ExecuteNonQuery();
            }

            transaction.Commit();
        }

        return watch.Elapsed;
    }

    private static async Task<TimeSpan> PostgresAsync(Database database, int rows, int batchRows = BatchRows)
    {
        // The role that a server works as may make no tables.
        await using var owner = NpgsqlDataSource.Create(PostgresCluster.OwnerOf(database.Postgres.ConnectionString));
        await using (var create = owner.CreateCommand("""
            CREATE TABLE IF NOT EXISTS raw_events (
                run_id uuid NOT NULL, seq integer NOT NULL, tenant_id uuid NOT NULL, epoch integer NOT NULL,
                kind smallint NOT NULL, event_id uuid NOT NULL, payload text NOT NULL, at timestamptz NOT NULL,
                PRIMARY KEY (run_id, seq))
            """))
        {
            await create.ExecuteNonQueryAsync();
        }

        var run = NewId();
        await using var first = await owner.OpenConnectionAsync();
        await using var second = await owner.OpenConnectionAsync();
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(HalfAsync(0, first), HalfAsync(1, second));
        return watch.Elapsed;

        async Task HalfAsync(int half, NpgsqlConnection connection)
        {
            await using var insert = new NpgsqlCommand("""
                INSERT INTO raw_events SELECT $1, s, $1, 1, 3, $1, p, now()
                FROM unnest($2::int[], $3::text[]) AS t (s, p)
                """, connection);
            insert.Parameters.Add(new() { Value = run });
            insert.Parameters.Add(new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
            insert.Parameters.Add(new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
            for (var row = half * rows / 2; row < (half + 1) * rows / 2; row += batchRows)
            {
                var count = Math.Min(batchRows, ((half + 1) * rows / 2) - row);
                insert.Parameters[1].Value = Enumerable.Range(row, count).ToArray();
                insert.Parameters[2].Value = Enumerable.Repeat(s_payload, count).ToArray();
                await insert.ExecuteNonQueryAsync();
            }
        }
    }

    private static Guid NewId() => TenantId.New(TimeProvider.System).Value;
}
