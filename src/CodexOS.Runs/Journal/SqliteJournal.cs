using System.Text.Json;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace CodexOS.Runs.Journal;

/// <summary>
/// The journal on SQLite: one writer with a thread and a connection of its own, prepared statements, write-ahead log with
/// full synchronisation. A claim goes through the same thread, so nothing ever waits for a database lock.
/// </summary>
internal sealed class SqliteJournal(
    Database database, RunsOptions options, TimeProvider clock, ILogger<SqliteJournal> log)
    : BatchedJournal(1, 1, options, clock, log)
{
    private readonly SingleThreadScheduler _thread = new("codexos-journal");
    private SqliteWriter? _writer;

    public override async Task<ClaimedRun?> ClaimAsync(
        RunId run, string owner, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var id = AppendId.New(Clock);
        var claimed = await Task.Factory.StartNew(
            async () => (await WriterAsync()).Claim(run, owner, at, id),
            cancellationToken,
            TaskCreationOptions.None,
            _thread).Unwrap();
        if (claimed is not var (tenant, epoch)) return null;
        return new ClaimedRun(tenant, epoch, await ReadAsync(run, -1, int.MaxValue, cancellationToken));
    }

    private protected override async Task<IReadOnlyList<StoredEvent>> ReadOwnAsync(
        RunId run, int afterSeq, int limit, CancellationToken cancellationToken)
    {
        await using var connection = (SqliteConnection)await database.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText =
            "SELECT seq, kind, payload, at FROM run_events WHERE run_id = $run AND seq > $after ORDER BY seq LIMIT $limit";
        command.Parameters.AddWithValue("$run", Bytes(run));
        command.Parameters.AddWithValue("$after", afterSeq);
        command.Parameters.AddWithValue("$limit", limit);
        var events = new List<StoredEvent>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            events.Add(EventOf(row));
        }

        return events;
    }

    private protected override async Task<StoredEvent?> HeadOwnAsync(RunId run, CancellationToken cancellationToken)
    {
        await using var connection = (SqliteConnection)await database.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText =
            "SELECT seq, kind, payload, at FROM run_events WHERE run_id = $run ORDER BY seq DESC LIMIT 1";
        command.Parameters.AddWithValue("$run", Bytes(run));
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken) ? EventOf(row) : null;
    }

    private protected override async Task<(TenantId Tenant, EffectUsage Usage, long DurationMs)?> EndAsync(
        RunId run, CancellationToken cancellationToken)
    {
        await using var connection = (SqliteConnection)await database.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = """
            SELECT tenant_id, tokens_in, tokens_out, cost_micro_usd, ended_at - created_at
            FROM runs WHERE run_id = $run AND ended_at IS NOT NULL
            """;
        command.Parameters.AddWithValue("$run", Bytes(run));
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken)) return null;
        var tenant = new TenantId(new Guid((byte[])row[0], bigEndian: true));
        return (tenant, new(row.GetInt64(1), row.GetInt64(2), row.GetInt64(3)), row.GetInt64(4));
    }

    private protected override async Task<JournalPlace?> PlaceAsync(RunId run, CancellationToken cancellationToken)
    {
        await using var connection = (SqliteConnection)await database.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = """
            SELECT tenant_id, forked_from, COALESCE(fork_seq, -1), archive
            FROM runs WHERE run_id = $run AND (forked_from IS NOT NULL OR archive IS NOT NULL)
            """;
        command.Parameters.AddWithValue("$run", Bytes(run));
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken)) return null;
        return new JournalPlace(
            new TenantId(new Guid((byte[])row[0], bigEndian: true)),
            row[1] is byte[] from ? new RunId(new Guid(from, bigEndian: true)) : null,
            row.GetInt32(2),
            row[3] as string);
    }

    public override Task<IReadOnlyList<RunId>> ParentsToWakeAsync(int limit, CancellationToken cancellationToken) =>
        RunsWhereAsync("""
            status = 2 AND EXISTS (
                SELECT 1 FROM runs c WHERE c.parent_run = runs.run_id AND c.ended_at IS NOT NULL AND c.status >= $value)
            LIMIT $limit
            """, (int)RunStatus.Completed, limit, cancellationToken);

    public override Task<IReadOnlyList<RunId>> ForsakenAsync(int limit, CancellationToken cancellationToken) =>
        RunsWhereAsync("""
            ended_at IS NULL AND EXISTS (
                SELECT 1 FROM runs p WHERE p.run_id = runs.parent_run AND p.ended_at IS NOT NULL AND p.status >= $value)
            AND parent_run IS NOT NULL LIMIT $limit
            """, (int)RunStatus.Completed, limit, cancellationToken);

    public override Task<IReadOnlyList<RunId>> OpenChildrenAsync(
        RunId parent, int limit, CancellationToken cancellationToken) =>
        RunsWhereAsync(
            "parent_run = $value AND ended_at IS NULL ORDER BY run_id LIMIT $limit", Bytes(parent), limit, cancellationToken);

    public override async Task<bool> StillOwnsAsync(RunId run, int epoch, CancellationToken cancellationToken)
    {
        await using var connection = (SqliteConnection)await database.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT 1 FROM runs WHERE run_id = $run AND epoch = $epoch";
        command.Parameters.AddWithValue("$run", Bytes(run));
        command.Parameters.AddWithValue("$epoch", epoch);
        return await command.ExecuteScalarAsync(cancellationToken) is not null;
    }

    public override Task<IReadOnlyList<RunId>> OrphansAsync(
        string owner, int limit, CancellationToken cancellationToken) =>
        RunsWhereAsync(
            "status <= 1 AND owner <> $value ORDER BY created_at LIMIT $limit", owner, limit, cancellationToken);

    public override async Task<IReadOnlyList<(RunId Run, int Epoch)>> OwnedAsync(
        string owner, int limit, CancellationToken cancellationToken)
    {
        await using var connection = (SqliteConnection)await database.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT run_id, epoch FROM runs WHERE status <= 1 AND owner = $owner LIMIT $limit";
        command.Parameters.AddWithValue("$owner", owner);
        command.Parameters.AddWithValue("$limit", limit);
        var runs = new List<(RunId, int)>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
            runs.Add((new RunId(new Guid((byte[])row[0], bigEndian: true)), row.GetInt32(1)));
        return runs;
    }

    public override Task<IReadOnlyList<RunId>> DueAsync(
        DateTimeOffset now, int limit, CancellationToken cancellationToken) =>
        RunsWhereAsync(
            "wake_at <= $value ORDER BY wake_at LIMIT $limit", now.ToUnixTimeMilliseconds(), limit, cancellationToken);

    private protected override async ValueTask CloseAsync()
    {
        _thread.Dispose();
        if (_writer is not null) await _writer.DisposeAsync();
    }

    internal static byte[] Bytes<TId>(TId id)
        where TId : struct, ITypedId<TId> => id.Value.ToByteArray(bigEndian: true);

    private protected override Task RunWriter(int writer) => Task.Factory.StartNew(
        () => LoopAsync(writer), CancellationToken.None, TaskCreationOptions.None, _thread).Unwrap();

    private protected override async ValueTask WriteAsync(
        int writer, List<Pending> batch, CancellationToken cancellationToken)
    {
        var sqlite = await WriterAsync();
        var written = new bool[batch.Count];
        try
        {
            sqlite.Begin();
            for (var i = 0; i < batch.Count; i++) written[i] = sqlite.Append(batch[i].Records);
            sqlite.Commit();
        }
        catch (SqliteException)
        {
            // The connection is given up: the next attempt starts from a clean one.
            _writer = null;
            await sqlite.DisposeAsync();
            throw;
        }

        for (var i = 0; i < batch.Count; i++) batch[i].Complete(written[i]);
    }

    private async ValueTask<SqliteWriter> WriterAsync()
    {
        if (_writer is not null) return _writer;
        var connection = (SqliteConnection)await database.OpenAsync(CancellationToken.None);
        await using (var tune = connection.CreateCommand())
        {
            // The writer alone copies the log back, every 16 MB, and keeps the pages it writes to in 16 MB of memory.
            tune.CommandText = "PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -16384;";
            await tune.ExecuteNonQueryAsync();
        }

        return _writer = new SqliteWriter(connection);
    }

    private async Task<IReadOnlyList<RunId>> RunsWhereAsync(
        string where, object value, int limit, CancellationToken cancellationToken)
    {
        await using var connection = (SqliteConnection)await database.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT run_id FROM runs WHERE {where}";
        command.Parameters.AddWithValue("$value", value);
        command.Parameters.AddWithValue("$limit", limit);
        var runs = new List<RunId>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken)) runs.Add(new RunId(new Guid((byte[])row[0], bigEndian: true)));
        return runs;
    }

    private static StoredEvent EventOf(SqliteDataReader row) => new(
        row.GetInt32(0),
        row.GetInt16(1),
        row.GetString(2),
        DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3)));

    /// <summary>The claim's payload, which is small and always inline.</summary>
    internal static string ClaimPayload(string owner, int epoch) =>
        RunEventJson.Write(new RunClaimed(owner, epoch));

    /// <summary>The kind of a fault as it is stored.</summary>
    internal static string? KindOf(Platform.Faults.Fault? fault) =>
        fault is null ? null : JsonNamingPolicy.CamelCase.ConvertName(fault.Kind.ToString());
}
