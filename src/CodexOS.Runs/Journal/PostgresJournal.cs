using System.Text.Json;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using CodexOS.Runs.Storage;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace CodexOS.Runs.Journal;

/// <summary>
/// The journal on PostgreSQL: two writers, one statement a batch. Events are inserted where nobody was faster and no newer
/// owner has claimed the run; appends whose rows did not come back were fenced. Projections change in the same statement.
/// Every statement tells PostgreSQL whose rows it may touch: a batch those of the tenants that it has events of, a read those of
/// the tenant it is for. The engine's own look at all runs, and a claim until it knows whose the run is, go by its name.
/// </summary>
internal sealed class PostgresJournal(
    Database database, TenantContext tenants, RunsOptions options, TimeProvider clock, ILogger<PostgresJournal> log)
    : BatchedJournal(2, options, clock, log)
{
    private static readonly JsonSerializerOptions SnakeCase = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    private static readonly RowScope s_engine = RowScope.Of(RunsWork.Engine);

    private readonly NpgsqlConnection?[] _connections = new NpgsqlConnection?[2];

    /// <summary>The present tenant; the engine, where it looks after runs of everybody.</summary>
    private RowScope Reader => tenants.Current is { } tenant ? RowScope.Of(tenant) : s_engine;

    public override async Task<ClaimedRun?> ClaimAsync(
        RunId run, string owner, DateTimeOffset at, CancellationToken cancellationToken)
    {
        TenantId tenant;
        int epoch;
        await using (var connection = await database.Postgres.OpenConnectionAsync(cancellationToken))
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await using (var raise = new ScopedStatement(connection, s_engine, """
                UPDATE runs.runs SET owner = $2, epoch = epoch + 1 WHERE run_id = $1 AND ended_at IS NULL
                RETURNING tenant_id, epoch
                """))
            {
                await using var row = await raise.With(run.Value).With(owner).ReadAsync(cancellationToken);
                if (!await row.ReadAsync(cancellationToken)) return null;
                (tenant, epoch) = (new TenantId(row.GetGuid(0)), row.GetInt32(1));
            }

            // A former owner's append that is under way makes the insert wait and then collide; the next place is free.
            while (await AppendClaimAsync(connection, run, tenant, owner, epoch, at, cancellationToken) == 0)
            {
            }

            await transaction.CommitAsync(cancellationToken);
        }

        using var entered = tenants.Enter(tenant);
        return new ClaimedRun(tenant, epoch, await ReadAsync(run, -1, int.MaxValue, cancellationToken));
    }

    private protected override async Task<IReadOnlyList<StoredEvent>> ReadOwnAsync(
        RunId run, int afterSeq, int limit, CancellationToken cancellationToken)
    {
        await using var statement = Statement(
            Reader, "SELECT seq, kind, payload, at FROM runs.run_events WHERE run_id = $1 AND seq > $2 ORDER BY seq LIMIT $3");
        var events = new List<StoredEvent>();
        await using var row = await statement.With(run.Value).With(afterSeq).With(limit).ReadAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken)) events.Add(EventOf(row));
        return events;
    }

    private protected override async Task<StoredEvent?> HeadOwnAsync(RunId run, CancellationToken cancellationToken)
    {
        await using var statement = Statement(
            Reader, "SELECT seq, kind, payload, at FROM runs.run_events WHERE run_id = $1 ORDER BY seq DESC LIMIT 1");
        await using var row = await statement.With(run.Value).ReadAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken) ? EventOf(row) : null;
    }

    private protected override async Task<(TenantId Tenant, EffectUsage Usage, long DurationMs)?> EndAsync(
        RunId run, CancellationToken cancellationToken)
    {
        await using var statement = Statement(Reader, """
            SELECT tenant_id, tokens_in, tokens_out, cost_micro_usd,
                (EXTRACT(EPOCH FROM ended_at - created_at) * 1000)::bigint
            FROM runs.runs WHERE run_id = $1 AND ended_at IS NOT NULL
            """);
        await using var row = await statement.With(run.Value).ReadAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken)
            ? (new TenantId(row.GetGuid(0)), new(row.GetInt64(1), row.GetInt64(2), row.GetInt64(3)), row.GetInt64(4))
            : null;
    }

    private protected override async Task<JournalPlace?> PlaceAsync(RunId run, CancellationToken cancellationToken)
    {
        await using var statement = Statement(Reader, """
            SELECT tenant_id, forked_from, COALESCE(fork_seq, -1), archive
            FROM runs.runs WHERE run_id = $1 AND (forked_from IS NOT NULL OR archive IS NOT NULL)
            """);
        await using var row = await statement.With(run.Value).ReadAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken)) return null;
        return new JournalPlace(
            new TenantId(row.GetGuid(0)),
            row.IsDBNull(1) ? null : new RunId(row.GetGuid(1)),
            row.GetInt32(2),
            row[3] as string);
    }

    public override Task<IReadOnlyList<RunId>> ParentsToWakeAsync(int limit, CancellationToken cancellationToken) =>
        RunsWhereAsync("""
            status = 2 AND EXISTS (
                SELECT 1 FROM runs.runs c WHERE c.parent_run = r.run_id AND c.ended_at IS NOT NULL AND c.status >= $1)
            LIMIT $2
            """, (short)RunStatus.Completed, limit, cancellationToken);

    public override Task<IReadOnlyList<RunId>> ForsakenAsync(int limit, CancellationToken cancellationToken) =>
        RunsWhereAsync("""
            ended_at IS NULL AND EXISTS (
                SELECT 1 FROM runs.runs p WHERE p.run_id = r.parent_run AND p.ended_at IS NOT NULL AND p.status >= $1)
            AND parent_run IS NOT NULL LIMIT $2
            """, (short)RunStatus.Completed, limit, cancellationToken);

    public override Task<IReadOnlyList<RunId>> OpenChildrenAsync(
        RunId parent, int limit, CancellationToken cancellationToken) =>
        RunsWhereAsync(
            "parent_run = $1 AND ended_at IS NULL ORDER BY run_id LIMIT $2", parent.Value, limit, cancellationToken);

    public override async Task<bool> StillOwnsAsync(RunId run, int epoch, CancellationToken cancellationToken)
    {
        await using var statement = Statement(Reader, "SELECT 1 FROM runs.runs WHERE run_id = $1 AND epoch = $2");
        return await statement.With(run.Value).With(epoch).ScalarAsync(cancellationToken) is not null;
    }

    /// <summary>
    /// Owners and members are compared in one statement: a node is a member before it owns a run, so with two statements
    /// one that joins in between would look dead.
    /// </summary>
    public override Task<IReadOnlyList<RunId>> OrphansAsync(
        string owner, int limit, CancellationToken cancellationToken) =>
        RunsWhereAsync(
            """
            status <= 1 AND owner <> $1
            AND owner NOT IN (SELECT silo FROM runs_cluster.members WHERE status < 6) ORDER BY created_at LIMIT $2
            """,
            owner,
            limit,
            cancellationToken);

    public override async Task<IReadOnlyList<(RunId Run, int Epoch)>> OwnedAsync(
        string owner, int limit, CancellationToken cancellationToken)
    {
        await using var statement = Statement(
            s_engine, "SELECT run_id, epoch FROM runs.runs WHERE status <= 1 AND owner = $1 LIMIT $2");
        var runs = new List<(RunId, int)>();
        await using var row = await statement.With(owner).With(limit).ReadAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken)) runs.Add((new RunId(row.GetGuid(0)), row.GetInt32(1)));
        return runs;
    }

    public override Task<IReadOnlyList<RunId>> DueAsync(
        DateTimeOffset now, int limit, CancellationToken cancellationToken) =>
        RunsWhereAsync("wake_at <= $1 ORDER BY wake_at LIMIT $2", now.ToUniversalTime(), limit, cancellationToken);

    private protected override async ValueTask CloseAsync()
    {
        foreach (var connection in _connections)
        {
            if (connection is not null) await connection.DisposeAsync();
        }
    }

    private protected override async ValueTask WriteAsync(
        int writer, List<Pending> batch, CancellationToken cancellationToken)
    {
        var connection = _connections[writer] ??= await database.Postgres.OpenConnectionAsync(cancellationToken);
        try
        {
            if (await TryWriteAsync(connection, batch, cancellationToken)) return;
            foreach (var pending in batch)
            {
                if (!await TryWriteAsync(connection, [pending], cancellationToken)) pending.Complete(false);
            }
        }
        catch (Exception error) when (error is NpgsqlException or IOException or TimeoutException)
        {
            _connections[writer] = null;
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writes appends in one statement, or none of them where one would be torn by a claim.</summary>
    private static async Task<bool> TryWriteAsync(
        NpgsqlConnection connection, List<Pending> batch, CancellationToken cancellationToken)
    {
        try
        {
            var allWritten = await InsertAsync(connection, batch, cancellationToken);
            foreach (var pending in batch)
            {
                // Rows that are missing are the exception: only then each group is asked for by its id.
                pending.Complete(
                    allWritten || await IsOwnAsync(connection, pending.Records[0], cancellationToken));
            }

            return true;
        }
        catch (PostgresException error) when (error.SqlState == AppendSql.Torn)
        {
            return false;
        }
    }

    /// <summary>Writes appends in one statement; whether all their events were inserted.</summary>
    private static async Task<bool> InsertAsync(
        NpgsqlConnection connection, List<Pending> batch, CancellationToken cancellationToken)
    {
        var records = batch.SelectMany(pending => pending.Records).ToArray();
        var parts = batch.SelectMany((pending, part) => Enumerable.Repeat(part, pending.Records.Length)).ToArray();
        var created = JsonOf(records, record => record.NewRun is not null, RowOf);
        var patched = JsonOf(records, record => record.Patch is not null, PatchOf);
        var asked = JsonOf(records, record => record.Approval is not null, ApprovalOf);
        var sql = AppendSql.For(created is not null, patched is not null, asked is not null);
        // Whose rows it writes goes ahead in the same message: those of any other tenant it neither sees nor changes.
        var owners = RowScope.Of(records.Select(record => record.Tenant).Distinct());
        await using var statement = new ScopedStatement(connection, owners, sql);
        Add(statement, NpgsqlDbType.Uuid, Array.ConvertAll(records, record => record.Run.Value));
        Add(statement, NpgsqlDbType.Integer, Array.ConvertAll(records, record => record.Seq));
        Add(statement, NpgsqlDbType.Uuid, Array.ConvertAll(records, record => record.Tenant.Value));
        Add(statement, NpgsqlDbType.Integer, Array.ConvertAll(records, record => record.Epoch));
        Add(statement, NpgsqlDbType.Smallint, Array.ConvertAll(records, record => record.Kind));
        Add(statement, NpgsqlDbType.Uuid, Array.ConvertAll(records, record => record.Id.Value));
        Add(statement, NpgsqlDbType.Text, Array.ConvertAll(records, record => record.Payload));
        Add(statement, NpgsqlDbType.TimestampTz, Array.ConvertAll(records, record => record.At.UtcDateTime));
        Add(statement, NpgsqlDbType.Integer, parts);
        foreach (var rows in (ReadOnlySpan<string?>)[created, patched, asked])
        {
            if (rows is not null) statement.With(NpgsqlDbType.Jsonb, rows);
        }

        return (long)(await statement.ScalarAsync(cancellationToken))! == records.Length;
    }

    private static StoredEvent EventOf(NpgsqlDataReader row) => new(
        row.GetInt32(0), row.GetInt16(1), row.GetString(2), row.GetFieldValue<DateTimeOffset>(3));

    private static object RowOf(JournalRecord record) => new
    {
        RunId = record.Run.Value,
        record.Seq,
        TenantId = record.Tenant.Value,
        record.NewRun!.Kind,
        record.NewRun.Subject,
        record.NewRun.SubjectVersion,
        record.NewRun.Title,
        CreatedBy = record.NewRun.By.Value,
        Status = (short)record.NewRun.Status,
        record.NewRun.Owner,
        record.Epoch,
        CreatedAt = record.At,
        record.NewRun.Labels.Model,
        record.NewRun.Labels.ModelIsReal,
        record.NewRun.Labels.Workspace,
        Priority = (short)record.NewRun.Priority,
        ParentRun = record.NewRun.Parent?.Value,
        ForkedFrom = record.NewRun.ForkedFrom?.Value,
        record.NewRun.ForkSeq,
        record.NewRun.WakeAt,
    };

    private static object PatchOf(JournalRecord record) => new
    {
        RunId = record.Run.Value,
        record.Seq,
        Status = (short)record.Patch!.Status,
        record.Patch.WakeAt,
        record.Patch.StartedAt,
        record.Patch.EndedAt,
        record.Patch.StepsCount,
        record.Patch.Usage.TokensIn,
        record.Patch.Usage.TokensOut,
        record.Patch.Usage.CostMicroUsd,
        record.Patch.Output,
        FaultCode = record.Patch.Fault?.Code,
        FaultKind = SqliteJournal.KindOf(record.Patch.Fault),
        FaultMessage = record.Patch.Fault?.Message,
        record.Patch.SubjectVersion,
        record.Patch.Progress,
        record.Patch.Owner,
        record.Patch.Epoch,
    };

    private static object ApprovalOf(JournalRecord record) => new
    {
        ApprovalId = record.Approval!.Id.Value,
        TenantId = record.Tenant.Value,
        RunId = record.Run.Value,
        record.Seq,
        State = (short)record.Approval.State,
        record.Approval.ExpiresAt,
    };

    private static void Add<T>(ScopedStatement statement, NpgsqlDbType type, T[] values) =>
        statement.With(NpgsqlDbType.Array | type, values);

    private static string? JsonOf(
        JournalRecord[] records, Func<JournalRecord, bool> which, Func<JournalRecord, object> row)
    {
        List<object>? rows = null;
        foreach (var record in records)
        {
            if (which(record)) (rows ??= []).Add(row(record));
        }

        return rows is null ? null : JsonSerializer.Serialize(rows, SnakeCase);
    }

    private static async Task<bool> IsOwnAsync(
        NpgsqlConnection connection, JournalRecord record, CancellationToken cancellationToken)
    {
        await using var statement = new ScopedStatement(
            connection,
            RowScope.Of(record.Tenant),
            "SELECT 1 FROM runs.run_events WHERE run_id = $1 AND seq = $2 AND event_id = $3");
        return await statement.With(record.Run.Value).With(record.Seq).With(record.Id.Value)
            .ScalarAsync(cancellationToken) is not null;
    }

    private async Task<int> AppendClaimAsync(
        NpgsqlConnection connection,
        RunId run,
        TenantId tenant,
        string owner,
        int epoch,
        DateTimeOffset at,
        CancellationToken cancellationToken)
    {
        await using var statement = new ScopedStatement(connection, RowScope.Of(tenant), """
            INSERT INTO runs.run_events (run_id, seq, tenant_id, epoch, kind, event_id, payload, at)
            SELECT $1, (SELECT MAX(seq) + 1 FROM runs.run_events WHERE run_id = $1), $2, $3, $4, $5, $6, $7
            ON CONFLICT DO NOTHING
            """);
        return await statement.With(run.Value).With(tenant.Value).With(epoch)
            .With(RunEventJson.KindOf(new RunClaimed(owner, epoch)))
            .With(AppendId.New(Clock).Value)
            .With(SqliteJournal.ClaimPayload(owner, epoch))
            .With(at.ToUniversalTime())
            .ExecuteAsync(cancellationToken);
    }

    private ScopedStatement Statement(RowScope scope, string sql) => new(database.Postgres, scope, sql);

    private async Task<IReadOnlyList<RunId>> RunsWhereAsync(
        string where, object value, int limit, CancellationToken cancellationToken)
    {
        await using var statement = Statement(s_engine, $"SELECT run_id FROM runs.runs r WHERE {where}");
        var runs = new List<RunId>();
        await using var row = await statement.With(value).With(limit).ReadAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken)) runs.Add(new RunId(row.GetGuid(0)));
        return runs;
    }
}
