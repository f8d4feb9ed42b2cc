using System.Text.Json;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace CodexOS.Runs.Journal;

/// <summary>
/// The journal on PostgreSQL: two writers, one statement a batch. Events are inserted where nobody was faster and no newer
/// owner has claimed the run; rows that did not come back were fenced. Projections change in the same statement.
/// </summary>
internal sealed class PostgresJournal(
    Database database, RunsOptions options, TimeProvider clock, ILogger<PostgresJournal> log)
    : BatchedJournal(2, options, clock, log)
{
    // A group is written as a whole because its rows share one epoch and only its owner writes beyond the head: if the
    // first row is free, so are the others.
    private const string AppendSql = """
        WITH given AS (
            SELECT * FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::int[], $5::smallint[], $6::uuid[], $7::text[],
                $8::timestamptz[]) AS t (run_id, seq, tenant_id, epoch, kind, event_id, payload, at)),
        inserted AS (
            INSERT INTO runs.run_events (run_id, seq, tenant_id, epoch, kind, event_id, payload, at)
            SELECT g.run_id, g.seq, g.tenant_id, g.epoch, g.kind, g.event_id, g.payload, g.at FROM given g
            WHERE NOT EXISTS (SELECT 1 FROM runs.runs r WHERE r.run_id = g.run_id AND r.epoch > g.epoch)
            ON CONFLICT DO NOTHING
            RETURNING run_id, seq),
        created AS (
            INSERT INTO runs.runs (run_id, tenant_id, kind, subject, subject_version, title, created_by, status, owner,
                epoch, created_at, steps_count, tokens_in, tokens_out, cost_micro_usd, model, model_is_real, workspace)
            SELECT n.run_id, n.tenant_id, n.kind, n.subject, n.subject_version, n.title, n.created_by, n.status, n.owner,
                n.epoch, n.created_at, 0, 0, 0, 0, n.model, n.model_is_real, n.workspace
            FROM jsonb_to_recordset($9::jsonb) AS n (run_id uuid, seq int, tenant_id uuid, kind text, subject text,
                subject_version int, title text, created_by uuid, status smallint, owner text, epoch int,
                created_at timestamptz, model text, model_is_real boolean, workspace text)
            JOIN inserted USING (run_id, seq)
            ON CONFLICT DO NOTHING),
        patched AS (
            UPDATE runs.runs r SET status = p.status, wake_at = p.wake_at, started_at = p.started_at,
                ended_at = p.ended_at, steps_count = p.steps_count, tokens_in = p.tokens_in, tokens_out = p.tokens_out,
                cost_micro_usd = p.cost_micro_usd, output = p.output, fault_code = p.fault_code,
                fault_kind = p.fault_kind, fault_message = p.fault_message
            FROM (
                SELECT DISTINCT ON (q.run_id) q.* FROM jsonb_to_recordset($10::jsonb) AS q (run_id uuid, seq int,
                    status smallint, wake_at timestamptz, started_at timestamptz, ended_at timestamptz, steps_count int,
                    tokens_in bigint, tokens_out bigint, cost_micro_usd bigint, output text, fault_code text,
                    fault_kind text, fault_message text)
                JOIN inserted USING (run_id, seq) ORDER BY q.run_id, q.seq DESC) p
            WHERE r.run_id = p.run_id),
        asked AS (
            INSERT INTO runs.approvals (approval_id, tenant_id, run_id, seq, state, expires_at)
            SELECT a.approval_id, a.tenant_id, a.run_id, a.seq, a.state, a.expires_at
            FROM jsonb_to_recordset($11::jsonb) AS a (approval_id uuid, tenant_id uuid, run_id uuid, seq int,
                state smallint, expires_at timestamptz)
            JOIN inserted USING (run_id, seq)
            ON CONFLICT (approval_id) DO UPDATE SET state = excluded.state)
        SELECT run_id, seq FROM inserted
        """;

    private static readonly JsonSerializerOptions SnakeCase = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    private readonly NpgsqlConnection?[] _connections = new NpgsqlConnection?[2];

    public override async Task<ClaimedRun?> ClaimAsync(
        RunId run, string owner, DateTimeOffset at, CancellationToken cancellationToken)
    {
        TenantId tenant;
        int epoch;
        await using (var connection = await database.Postgres.OpenConnectionAsync(cancellationToken))
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await using (var raise = new NpgsqlCommand("""
                UPDATE runs.runs SET owner = $2, epoch = epoch + 1 WHERE run_id = $1 AND status <= 3
                RETURNING tenant_id, epoch
                """, connection, transaction))
            {
                raise.Parameters.Add(new() { Value = run.Value });
                raise.Parameters.Add(new() { Value = owner });
                await using var row = await raise.ExecuteReaderAsync(cancellationToken);
                if (!await row.ReadAsync(cancellationToken)) return null;
                (tenant, epoch) = (new TenantId(row.GetGuid(0)), row.GetInt32(1));
            }

            // A former owner's append that is under way makes the insert wait and then collide; the next place is free.
            while (await AppendClaimAsync(connection, transaction, run, tenant, owner, epoch, at, cancellationToken) == 0)
            {
            }

            await transaction.CommitAsync(cancellationToken);
        }

        return new ClaimedRun(tenant, epoch, await ReadAsync(run, -1, int.MaxValue, cancellationToken));
    }

    public override async Task<IReadOnlyList<StoredEvent>> ReadAsync(
        RunId run, int afterSeq, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.Postgres.CreateCommand(
            "SELECT seq, kind, payload, at FROM runs.run_events WHERE run_id = $1 AND seq > $2 ORDER BY seq LIMIT $3");
        command.Parameters.Add(new() { Value = run.Value });
        command.Parameters.Add(new() { Value = afterSeq });
        command.Parameters.Add(new() { Value = limit });
        var events = new List<StoredEvent>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            events.Add(new StoredEvent(
                row.GetInt32(0), row.GetInt16(1), row.GetString(2), row.GetFieldValue<DateTimeOffset>(3)));
        }

        return events;
    }

    public override async Task<bool> StillOwnsAsync(RunId run, int epoch, CancellationToken cancellationToken)
    {
        await using var command = database.Postgres.CreateCommand(
            "SELECT 1 FROM runs.runs WHERE run_id = $1 AND epoch = $2");
        command.Parameters.Add(new() { Value = run.Value });
        command.Parameters.Add(new() { Value = epoch });
        return await command.ExecuteScalarAsync(cancellationToken) is not null;
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

    public override Task<IReadOnlyList<RunId>> DueAsync(
        DateTimeOffset now, int limit, CancellationToken cancellationToken) =>
        RunsWhereAsync("wake_at <= $1 ORDER BY wake_at LIMIT $2", now.ToUniversalTime(), limit, cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
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
            var inserted = await InsertAsync(connection, batch, cancellationToken);
            foreach (var pending in batch)
            {
                var first = pending.Records[0];
                var written = inserted.Contains((first.Run.Value, first.Seq))
                    || await IsOwnAsync(connection, first, cancellationToken);
                pending.Outcome.TrySetResult(written);
            }
        }
        catch (Exception error) when (error is NpgsqlException or IOException or TimeoutException)
        {
            _connections[writer] = null;
            await connection.DisposeAsync();
            throw;
        }
    }

    private static async Task<HashSet<(Guid, int)>> InsertAsync(
        NpgsqlConnection connection, List<Pending> batch, CancellationToken cancellationToken)
    {
        var records = batch.SelectMany(pending => pending.Records).ToArray();
        await using var command = new NpgsqlCommand(AppendSql, connection);
        Add(command, NpgsqlDbType.Uuid, Array.ConvertAll(records, record => record.Run.Value));
        Add(command, NpgsqlDbType.Integer, Array.ConvertAll(records, record => record.Seq));
        Add(command, NpgsqlDbType.Uuid, Array.ConvertAll(records, record => record.Tenant.Value));
        Add(command, NpgsqlDbType.Integer, Array.ConvertAll(records, record => record.Epoch));
        Add(command, NpgsqlDbType.Smallint, Array.ConvertAll(records, record => record.Kind));
        Add(command, NpgsqlDbType.Uuid, Array.ConvertAll(records, record => record.Id.Value));
        Add(command, NpgsqlDbType.Text, Array.ConvertAll(records, record => record.Payload));
        Add(command, NpgsqlDbType.TimestampTz, Array.ConvertAll(records, record => record.At.UtcDateTime));
        AddJson(command, records.Where(record => record.NewRun is not null).Select(RowOf));
        AddJson(command, records.Where(record => record.Patch is not null).Select(PatchOf));
        AddJson(command, records.Where(record => record.Approval is not null).Select(ApprovalOf));
        var inserted = new HashSet<(Guid, int)>(records.Length);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken)) inserted.Add((row.GetGuid(0), row.GetInt32(1)));
        return inserted;
    }

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
        Status = (short)RunStatus.Running,
        record.NewRun.Owner,
        record.Epoch,
        CreatedAt = record.At,
        record.NewRun.Labels.Model,
        record.NewRun.Labels.ModelIsReal,
        record.NewRun.Labels.Workspace,
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

    private static void Add<T>(NpgsqlCommand command, NpgsqlDbType type, T[] values) =>
        command.Parameters.Add(new() { NpgsqlDbType = NpgsqlDbType.Array | type, Value = values });

    private static void AddJson(NpgsqlCommand command, IEnumerable<object> rows)
    {
        var list = rows.ToList();
        command.Parameters.Add(new()
        {
            NpgsqlDbType = NpgsqlDbType.Jsonb,
            Value = list.Count == 0 ? "[]" : JsonSerializer.Serialize(list, SnakeCase),
        });
    }

    private static async Task<bool> IsOwnAsync(
        NpgsqlConnection connection, JournalRecord record, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "SELECT 1 FROM runs.run_events WHERE run_id = $1 AND seq = $2 AND event_id = $3", connection);
        command.Parameters.Add(new() { Value = record.Run.Value });
        command.Parameters.Add(new() { Value = record.Seq });
        command.Parameters.Add(new() { Value = record.Id.Value });
        return await command.ExecuteScalarAsync(cancellationToken) is not null;
    }

    private async Task<int> AppendClaimAsync(
        NpgsqlConnection connection,
        NpgsqlTransaction transaction,
        RunId run,
        TenantId tenant,
        string owner,
        int epoch,
        DateTimeOffset at,
        CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            INSERT INTO runs.run_events (run_id, seq, tenant_id, epoch, kind, event_id, payload, at)
            SELECT $1, (SELECT MAX(seq) + 1 FROM runs.run_events WHERE run_id = $1), $2, $3, $4, $5, $6, $7
            ON CONFLICT DO NOTHING
            """, connection, transaction);
        command.Parameters.Add(new() { Value = run.Value });
        command.Parameters.Add(new() { Value = tenant.Value });
        command.Parameters.Add(new() { Value = epoch });
        command.Parameters.Add(new() { Value = RunEventJson.KindOf(new RunClaimed(owner, epoch)) });
        command.Parameters.Add(new() { Value = AppendId.New(Clock).Value });
        command.Parameters.Add(new() { Value = SqliteJournal.ClaimPayload(owner, epoch) });
        command.Parameters.Add(new() { Value = at.ToUniversalTime() });
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<IReadOnlyList<RunId>> RunsWhereAsync(
        string where, object value, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.Postgres.CreateCommand($"SELECT run_id FROM runs.runs WHERE {where}");
        command.Parameters.Add(new() { Value = value });
        command.Parameters.Add(new() { Value = limit });
        var runs = new List<RunId>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken)) runs.Add(new RunId(row.GetGuid(0)));
        return runs;
    }
}
