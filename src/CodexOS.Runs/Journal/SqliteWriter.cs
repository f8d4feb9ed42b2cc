using System.Collections.Immutable;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using Microsoft.Data.Sqlite;

namespace CodexOS.Runs.Journal;

/// <summary>The prepared statements of the SQLite writer, used by one thread only.</summary>
internal sealed class SqliteWriter : IAsyncDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _event;
    private readonly SqliteCommand _own;
    private readonly SqliteCommand _run;
    private readonly SqliteCommand _patch;
    private readonly SqliteCommand _approval;
    private SqliteTransaction? _transaction;

    public SqliteWriter(SqliteConnection connection)
    {
        _connection = connection;
        _event = Prepare("""
            INSERT INTO run_events (run_id, seq, tenant_id, epoch, kind, event_id, payload, at)
            SELECT $p0, $p1, $p2, $p3, $p4, $p5, $p6, $p7
            WHERE NOT EXISTS (SELECT 1 FROM runs WHERE run_id = $p0 AND epoch > $p3)
            ON CONFLICT DO NOTHING
            """, 8);
        _own = Prepare("SELECT 1 FROM run_events WHERE run_id = $p0 AND seq = $p1 AND event_id = $p2", 3);
        _run = Prepare("""
            INSERT INTO runs (run_id, tenant_id, kind, subject, subject_version, title, created_by, status, owner, epoch,
                created_at, steps_count, tokens_in, tokens_out, cost_micro_usd, model, model_is_real, workspace, priority,
                parent_run, forked_from, fork_seq)
            VALUES ($p0, $p1, $p2, $p3, $p4, $p5, $p6, $p7, $p8, $p9, $p10, 0, 0, 0, 0, $p11, $p12, $p13, $p14, $p15,
                $p16, $p17)
            ON CONFLICT DO NOTHING
            """, 18);
        _patch = Prepare("""
            UPDATE runs SET status = $p1, wake_at = $p2, started_at = $p3, ended_at = $p4, steps_count = $p5,
                tokens_in = $p6, tokens_out = $p7, cost_micro_usd = $p8, output = $p9,
                fault_code = $p10, fault_kind = $p11, fault_message = $p12, subject_version = $p13, progress = $p14,
                owner = COALESCE($p15, owner), epoch = COALESCE($p16, epoch)
            WHERE run_id = $p0
            """, 17);
        _approval = Prepare("""
            INSERT INTO approvals (approval_id, tenant_id, run_id, seq, state, expires_at)
            VALUES ($p0, $p1, $p2, $p3, $p4, $p5)
            ON CONFLICT (approval_id) DO UPDATE SET state = excluded.state
            """, 6);
    }

    public void Begin()
    {
        _transaction = _connection.BeginTransaction(deferred: false);
        foreach (var command in (ReadOnlySpan<SqliteCommand>)[_event, _own, _run, _patch, _approval])
            command.Transaction = _transaction;
    }

    public void Commit()
    {
        _transaction!.Commit();
        _transaction.Dispose();
        _transaction = null;
    }

    /// <summary>Appends a group; false if another owner was faster. The first record decides for the whole group.</summary>
    public bool Append(ImmutableArray<JournalRecord> records)
    {
        foreach (var record in records)
        {
            if (Execute(
                _event,
                SqliteJournal.Bytes(record.Run),
                record.Seq,
                SqliteJournal.Bytes(record.Tenant),
                record.Epoch,
                record.Kind,
                SqliteJournal.Bytes(record.Id),
                record.Payload,
                record.At.ToUnixTimeMilliseconds()) == 0)
            {
                return IsOwn(record);
            }

            if (record.NewRun is { } created) Insert(record, created);
            if (record.Patch is { } patch) Update(record, patch);
            if (record.Approval is { } approval)
            {
                Execute(
                    _approval,
                    SqliteJournal.Bytes(approval.Id),
                    SqliteJournal.Bytes(record.Tenant),
                    SqliteJournal.Bytes(record.Run),
                    record.Seq,
                    (int)approval.State,
                    approval.ExpiresAt.ToUnixTimeMilliseconds());
            }
        }

        return true;
    }

    /// <summary>Raises the epoch and appends the claim; null if there is no such run or it has ended.</summary>
    public (TenantId Tenant, int Epoch)? Claim(RunId run, string owner, DateTimeOffset at, AppendId id)
    {
        using var transaction = _connection.BeginTransaction(deferred: false);
        using var raise = _connection.CreateCommand();
        raise.Transaction = transaction;
        raise.CommandText = """
            UPDATE runs SET owner = $owner, epoch = epoch + 1
            WHERE run_id = $run AND ended_at IS NULL
            RETURNING tenant_id, epoch, (SELECT MAX(seq) FROM run_events WHERE run_id = $run)
            """;
        raise.Parameters.AddWithValue("$owner", owner);
        raise.Parameters.AddWithValue("$run", SqliteJournal.Bytes(run));
        TenantId tenant;
        int epoch, head;
        using (var row = raise.ExecuteReader())
        {
            if (!row.Read()) return null;
            tenant = new TenantId(new Guid((byte[])row[0], bigEndian: true));
            (epoch, head) = (row.GetInt32(1), row.GetInt32(2));
        }

        _event.Transaction = transaction;
        Execute(
            _event,
            SqliteJournal.Bytes(run),
            head + 1,
            SqliteJournal.Bytes(tenant),
            epoch,
            RunEventJson.KindOf(new RunClaimed(owner, epoch)),
            SqliteJournal.Bytes(id),
            SqliteJournal.ClaimPayload(owner, epoch),
            at.ToUnixTimeMilliseconds());
        transaction.Commit();
        return (tenant, epoch);
    }

    public async ValueTask DisposeAsync()
    {
        if (_transaction is not null) await _transaction.DisposeAsync();
        foreach (var command in (SqliteCommand[])[_event, _own, _run, _patch, _approval]) await command.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private bool IsOwn(JournalRecord record)
    {
        Set(_own, SqliteJournal.Bytes(record.Run), record.Seq, SqliteJournal.Bytes(record.Id));
        return _own.ExecuteScalar() is not null;
    }

    private void Insert(JournalRecord record, NewRun run) => Execute(
        _run,
        SqliteJournal.Bytes(record.Run),
        SqliteJournal.Bytes(record.Tenant),
        run.Kind,
        run.Subject,
        run.SubjectVersion,
        run.Title,
        SqliteJournal.Bytes(run.By),
        (int)RunStatus.Queued,
        run.Owner,
        record.Epoch,
        record.At.ToUnixTimeMilliseconds(),
        run.Labels.Model,
        run.Labels.ModelIsReal,
        run.Labels.Workspace,
        run.Priority,
        BytesOrNull(run.Parent),
        BytesOrNull(run.ForkedFrom),
        run.ForkSeq);

    private void Update(JournalRecord record, RunPatch patch) => Execute(
        _patch,
        SqliteJournal.Bytes(record.Run),
        (int)patch.Status,
        patch.WakeAt?.ToUnixTimeMilliseconds(),
        patch.StartedAt?.ToUnixTimeMilliseconds(),
        patch.EndedAt?.ToUnixTimeMilliseconds(),
        patch.StepsCount,
        patch.Usage.TokensIn,
        patch.Usage.TokensOut,
        patch.Usage.CostMicroUsd,
        patch.Output,
        patch.Fault?.Code,
        SqliteJournal.KindOf(patch.Fault),
        patch.Fault?.Message,
        patch.SubjectVersion,
        patch.Progress,
        patch.Owner,
        patch.Epoch);

    private static byte[]? BytesOrNull(RunId? run) => run is { } known ? SqliteJournal.Bytes(known) : null;

    private SqliteCommand Prepare(string sql, int parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 0; i < parameters; i++) command.Parameters.Add(new SqliteParameter($"$p{i}", null));
        return command;
    }

    private static int Execute(SqliteCommand command, params ReadOnlySpan<object?> values)
    {
        Set(command, values);
        return command.ExecuteNonQuery();
    }

    private static void Set(SqliteCommand command, params ReadOnlySpan<object?> values)
    {
        for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i] ?? DBNull.Value;
    }
}
