using System.Collections.Immutable;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace CodexOS.Runs.Journal;

/// <summary>The prepared statements of the SQLite writer, used by one thread only.</summary>
internal sealed class SqliteWriter : IAsyncDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private readonly SqliteStatement _rollback;
    private readonly SqliteStatement _event;
    private readonly SqliteStatement _own;
    private readonly SqliteStatement _run;
    private readonly SqliteStatement _patch;
    private readonly SqliteStatement _approval;

    public SqliteWriter(SqliteConnection connection)
    {
        _connection = connection;
        _begin = new SqliteStatement(connection, "BEGIN IMMEDIATE");
        _commit = new SqliteStatement(connection, "COMMIT");
        _rollback = new SqliteStatement(connection, "ROLLBACK");
        _event = new SqliteStatement(connection, """
            INSERT INTO run_events (run_id, seq, tenant_id, epoch, kind, event_id, payload, at)
            SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
            WHERE NOT EXISTS (SELECT 1 FROM runs WHERE run_id = ?1 AND epoch > ?4)
            ON CONFLICT DO NOTHING
            """);
        _own = new SqliteStatement(
            connection, "SELECT 1 FROM run_events WHERE run_id = ?1 AND seq = ?2 AND event_id = ?3");
        _run = new SqliteStatement(connection, """
            INSERT INTO runs (run_id, tenant_id, kind, subject, subject_version, title, created_by, status, owner, epoch,
                created_at, steps_count, tokens_in, tokens_out, cost_micro_usd, model, model_is_real, workspace, priority,
                parent_run, forked_from, fork_seq, wake_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0, 0, 0, 0, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)
            ON CONFLICT DO NOTHING
            """);
        _patch = new SqliteStatement(connection, """
            UPDATE runs SET status = ?1, wake_at = ?2, started_at = ?3, ended_at = ?4, steps_count = ?5,
                tokens_in = ?6, tokens_out = ?7, cost_micro_usd = ?8, output = ?9,
                fault_code = ?10, fault_kind = ?11, fault_message = ?12, subject_version = ?13, progress = ?14,
                owner = COALESCE(?15, owner), epoch = COALESCE(?16, epoch)
            WHERE run_id = ?17
            """);
        _approval = new SqliteStatement(connection, """
            INSERT INTO approvals (approval_id, tenant_id, run_id, seq, state, expires_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT (approval_id) DO UPDATE SET state = excluded.state
            """);
    }

    public void Begin() => _begin.Run();

    public void Commit() => _commit.Run();

    /// <summary>Appends a group; false if another owner was faster. The first record decides for the whole group.</summary>
    public bool Append(ImmutableArray<JournalRecord> records)
    {
        foreach (var record in records)
        {
            if (Insert(record) == 0) return IsOwn(record);
            if (record.NewRun is { } created) Insert(record, created);
            if (record.Patch is { } patch) Update(record, patch);
            if (record.Approval is { } approval)
            {
                _approval.Bind(approval.Id).Bind(record.Tenant).Bind(record.Run).Bind(record.Seq)
                    .Bind((int)approval.State).Bind(approval.ExpiresAt)
                    .Run();
            }
        }

        return true;
    }

    /// <summary>Raises the epoch and appends the claim; null if there is no such run or it has ended.</summary>
    public (TenantId Tenant, int Epoch)? Claim(RunId run, string owner, DateTimeOffset at, AppendId id)
    {
        Begin();
        try
        {
            if (Raise(run, owner) is not var (tenant, epoch, head))
            {
                _rollback.Run();
                return null;
            }

            Insert(new JournalRecord(
                run, tenant, head + 1, epoch, id, RunEventJson.KindOf(new RunClaimed(owner, epoch)),
                SqliteJournal.ClaimPayload(owner, epoch), at));
            Commit();
            return (tenant, epoch);
        }
        catch (SqliteException)
        {
            // SQLite may have rolled back by itself; the error that led here is the one to tell.
            if (raw.sqlite3_get_autocommit(_connection.Handle) == 0) _rollback.Run();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var statement in (SqliteStatement[])
            [_begin, _commit, _rollback, _event, _own, _run, _patch, _approval])
        {
            statement.Dispose();
        }

        if (raw.sqlite3_get_autocommit(_connection.Handle) == 0)
        {
            await using var rollback = _connection.CreateCommand();
            rollback.CommandText = "ROLLBACK";
            await rollback.ExecuteNonQueryAsync();
        }

        await _connection.DisposeAsync();
    }

    private (TenantId Tenant, int Epoch, int Head)? Raise(RunId run, string owner)
    {
        using var raise = _connection.CreateCommand();
        raise.CommandText = """
            UPDATE runs SET owner = $owner, epoch = epoch + 1
            WHERE run_id = $run AND ended_at IS NULL
            RETURNING tenant_id, epoch, (SELECT MAX(seq) FROM run_events WHERE run_id = $run)
            """;
        raise.Parameters.AddWithValue("$owner", owner);
        raise.Parameters.AddWithValue("$run", SqliteJournal.Bytes(run));
        using var row = raise.ExecuteReader();
        return row.Read()
            ? (new TenantId(new Guid((byte[])row[0], bigEndian: true)), row.GetInt32(1), row.GetInt32(2))
            : null;
    }

    private bool IsOwn(JournalRecord record) => _own.Bind(record.Run).Bind(record.Seq).Bind(record.Id).Any();

    private int Insert(JournalRecord record) => _event
        .Bind(record.Run).Bind(record.Seq).Bind(record.Tenant).Bind(record.Epoch).Bind(record.Kind).Bind(record.Id)
        .Bind(record.Payload).Bind(record.At)
        .Run();

    private void Insert(JournalRecord record, NewRun run) => _run
        .Bind(record.Run).Bind(record.Tenant).Bind(run.Kind).Bind(run.Subject).Bind(run.SubjectVersion).Bind(run.Title)
        .Bind(run.By).Bind((int)run.Status).Bind(run.Owner).Bind(record.Epoch).Bind(record.At)
        .Bind(run.Labels.Model).Bind(run.Labels.ModelIsReal ? 1 : 0).Bind(run.Labels.Workspace)
        .Bind(run.Priority).Bind(run.Parent).Bind(run.ForkedFrom).Bind(run.ForkSeq)
        .Bind(run.WakeAt)
        .Run();

    private void Update(JournalRecord record, RunPatch patch) => _patch
        .Bind((int)patch.Status).Bind(patch.WakeAt).Bind(patch.StartedAt).Bind(patch.EndedAt).Bind(patch.StepsCount)
        .Bind(patch.Usage.TokensIn).Bind(patch.Usage.TokensOut).Bind(patch.Usage.CostMicroUsd).Bind(patch.Output)
        .Bind(patch.Fault?.Code).Bind(SqliteJournal.KindOf(patch.Fault)).Bind(patch.Fault?.Message)
        .Bind(patch.SubjectVersion).Bind(patch.Progress).Bind(patch.Owner).Bind(patch.Epoch).Bind(record.Run)
        .Run();
}
