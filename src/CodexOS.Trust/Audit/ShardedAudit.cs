using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace CodexOS.Trust.Audit;

/// <summary>
/// Brings home what was recorded by transactions in shards, where it had to be written to be a part of them: (1) read a batch,
/// (2) write it at home, where an entry that is there already is left out, and commit, (3) delete it in the shard. A crash
/// between the last two brings the same batch once more, and nothing of it is written twice: an entry that has its place in the
/// log by then is not pending any more, but its id is known.
/// </summary>
internal sealed partial class ShardedAudit(
    Database database, TenantPlaces places, IOptions<AuditOptions> options, ILogger<ShardedAudit> log)
{
    private const int LogsMax = 100_000;

    private const string Entries = """
        SELECT entry_id, at, action, outcome, actor_kind, actor_id, resource_type, resource_id, details, commitments
        FROM trust.audit_pending WHERE tenant_id = $1 ORDER BY pending_id LIMIT $2
        """;

    private const string Facts =
        "SELECT entry_id, field, subject, fact FROM trust.audit_personal WHERE tenant_id = $1 AND entry_id = ANY ($2)";

    private const string WriteEntries = """
        INSERT INTO trust.audit_pending (
            tenant_id, entry_id, at, action, outcome, actor_kind, actor_id, resource_type, resource_id, details, commitments)
        SELECT $1, e.entry_id, e.at, e.action, e.outcome, e.actor_kind, e.actor_id, e.resource_type, e.resource_id, e.details,
            e.commitments
        FROM unnest($2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
            $9::text[], $10::text[], $11::text[]) WITH ORDINALITY AS e (
                entry_id, at, action, outcome, actor_kind, actor_id, resource_type, resource_id, details, commitments, place)
        WHERE NOT EXISTS (SELECT 1 FROM trust.audit_entries k WHERE k.entry_id = e.entry_id)
        ORDER BY e.place
        ON CONFLICT (entry_id) DO NOTHING
        """;

    private const string WriteFacts = """
        INSERT INTO trust.audit_personal (tenant_id, entry_id, field, subject, fact)
        SELECT $1, f.* FROM unnest($2::uuid[], $3::text[], $4::text[], $5::bytea[]) AS f (entry_id, field, subject, fact)
        ON CONFLICT (entry_id, field) DO NOTHING
        """;

    /// <summary>Brings home what all shards have of all logs. One that does not answer keeps its entries until it does.</summary>
    public async Task DrainAllAsync(CancellationToken cancellationToken)
    {
        foreach (var shard in database.Places.Skip(1))
        {
            try
            {
                foreach (var tenant in await LogsAsync(shard, cancellationToken))
                    await DrainAsync(shard, tenant, cancellationToken);
            }
            catch (Exception error) when (StorageFaults.IsDatabaseSilent(error))
            {
                LogSilent(error, shard);
            }
        }
    }

    /// <summary>
    /// Brings home what all shards have of one log, wherever its tenant lies: an entry is where it was written. If the tenant's
    /// own shard does not answer, this fails (<see cref="StorageFaults.DatabaseSilent"/>), because something that was done would
    /// be missing.
    /// </summary>
    public async Task DrainAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        foreach (var shard in database.Places.Skip(1))
        {
            try
            {
                await DrainAsync(shard, tenant, cancellationToken);
            }
            catch (Exception error) when (StorageFaults.IsDatabaseSilent(error) && places.Of(tenant) != shard)
            {
                LogSilent(error, shard);
            }
        }
    }

    private static async Task<List<TenantId>> LogsAsync(Place shard, CancellationToken cancellationToken)
    {
        await using var statement = new ScopedStatement(
            shard.Postgres, RowScope.Of(TrustWork.Audit), "SELECT DISTINCT tenant_id FROM trust.audit_pending LIMIT $1");
        var found = new List<TenantId>();
        await using var row = await statement.With(LogsMax).ReadAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken)) found.Add(new TenantId(row.GetGuid(0)));
        return found;
    }

    private async Task DrainAsync(Place shard, TenantId tenant, CancellationToken cancellationToken)
    {
        while (await DrainBatchAsync(shard, tenant, cancellationToken) == options.Value.SequenceBatchMax)
        {
            // There may be more.
        }
    }

    private async Task<int> DrainBatchAsync(Place shard, TenantId tenant, CancellationToken cancellationToken)
    {
        var scope = RowScope.Of(tenant);

        // 1. Read
        var entries = await ReadAsync(
            shard, scope, Entries, 10, [tenant.Value, options.Value.SequenceBatchMax], cancellationToken);
        if (entries.Count == 0) return 0;
        var ids = entries.ConvertAll(static entry => (Guid)entry[0]!).ToArray();
        var facts = await ReadAsync(shard, scope, Facts, 4, [tenant.Value, ids], cancellationToken);

        // 2. Write
        await using (var home = await database.Postgres.OpenConnectionAsync(cancellationToken))
        {
            await using var transaction = await home.BeginTransactionAsync(cancellationToken);
            // Two servers may bring the same batch. The second waits here, and then finds where the first one's entries are.
            await using (var turn = new NpgsqlCommand("SELECT pg_advisory_xact_lock(4859212909928076612)", home, transaction))
                await turn.ExecuteNonQueryAsync(cancellationToken);
            await using (var write = new ScopedStatement(home, scope, WriteEntries))
            {
                write.With(tenant.Value).With(ids).With(Column<DateTime>(entries, 1));
                for (var i = 2; i < 10; i++) write.With(NpgsqlDbType.Array | NpgsqlDbType.Text, Column<string?>(entries, i));
                await write.ExecuteAsync(cancellationToken);
            }

            await using (var write = new ScopedStatement(home, scope, WriteFacts))
            {
                write.With(tenant.Value).With(Column<Guid>(facts, 0)).With(Column<string>(facts, 1))
                    .With(Column<string>(facts, 2)).With(Column<byte[]>(facts, 3));
                await write.ExecuteAsync(cancellationToken);
            }

            await transaction.CommitAsync(cancellationToken);
        }

        // 3. Delete
        await using var connection = await shard.Postgres.OpenConnectionAsync(cancellationToken);
        await using var gone = await connection.BeginTransactionAsync(cancellationToken);
        foreach (var table in (string[])["trust.audit_personal", "trust.audit_pending"])
        {
            await using var delete = new ScopedStatement(
                connection, scope, $"DELETE FROM {table} WHERE tenant_id = $1 AND entry_id = ANY ($2)");
            await delete.With(tenant.Value).With(ids).ExecuteAsync(cancellationToken);
        }

        await gone.CommitAsync(cancellationToken);
        return entries.Count;
    }

    private static async Task<List<object?[]>> ReadAsync(
        Place shard, RowScope scope, string sql, int columns, object[] values, CancellationToken cancellationToken)
    {
        await using var statement = new ScopedStatement(shard.Postgres, scope, sql);
        foreach (var value in values) statement.With(value);
        var rows = new List<object?[]>();
        await using var row = await statement.ReadAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
            rows.Add([.. Enumerable.Range(0, columns).Select(i => row.IsDBNull(i) ? null : row.GetValue(i))]);
        return rows;
    }

    private static T[] Column<T>(List<object?[]> rows, int column) => [.. rows.Select(row => (T)row[column]!)];

    [LoggerMessage(Level = LogLevel.Warning, Message = "The shard {Shard} does not answer; its audit entries stay there until it does.")]
    private partial void LogSilent(Exception error, Place shard);
}
