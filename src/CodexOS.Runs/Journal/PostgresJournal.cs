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
/// The journal on PostgreSQL: two writers for each place, one statement a batch. Events are inserted where nobody was faster
/// and no newer owner has claimed the run; appends whose rows did not come back were fenced. Projections change in the same
/// statement. Every statement tells PostgreSQL whose rows it may touch: a batch those of the tenants that it has events of, a
/// read those of the tenant it is for. The engine's own look at all runs, and a claim until it knows whose the run is, go by its
/// name, and round all places. A place that refuses a tenant's events is one that the tenant has left.
/// </summary>
internal sealed class PostgresJournal(
    Database database, TenantPlaces places, TenantContext tenants, RunsOptions options, TimeProvider clock,
    ILogger<PostgresJournal> log)
    : BatchedJournal(WritersPerPlace, database.Places.Length, options, clock, log)
{
    private const int WritersPerPlace = 2;
    private const int OwnersMax = 10_000;

    private static readonly RowScope s_engine = RowScope.Of(RunsWork.Engine);

    private readonly NpgsqlConnection?[] _connections = new NpgsqlConnection?[WritersPerPlace * database.Places.Length];

    public override async Task<ClaimedRun?> ClaimAsync(
        RunId run, string owner, DateTimeOffset at, CancellationToken cancellationToken)
    {
        foreach (var place in database.Places)
        {
            if (await RaiseAsync(place, run, owner, at, cancellationToken) is not var (tenant, epoch)) continue;
            using var entered = tenants.Enter(tenant);
            return new ClaimedRun(tenant, epoch, await ReadAsync(run, -1, int.MaxValue, cancellationToken));
        }

        return null;
    }

    public override async Task LetGoAsync(
        RunId run, TenantId tenant, string owner, CancellationToken cancellationToken)
    {
        await using var statement = new ScopedStatement(
            places.Of(tenant).Postgres, RowScope.Of(tenant),
            "UPDATE runs.runs SET owner = '' WHERE run_id = $1 AND owner = $2 AND ended_at IS NULL");
        await statement.With(run.Value).With(owner).ExecuteAsync(cancellationToken);
    }

    private protected override int PlaceOf(TenantId tenant) =>
        database.HasShards ? database.Places.IndexOf(places.Of(tenant)) : 0;

    private protected override async Task<IReadOnlyList<StoredEvent>> ReadOwnAsync(
        RunId run, int afterSeq, int limit, CancellationToken cancellationToken)
    {
        await using var statement = await StatementAsync(
            run,
            "SELECT seq, kind, payload, at FROM runs.run_events WHERE run_id = $1 AND seq > $2 ORDER BY seq LIMIT $3",
            cancellationToken);
        var events = new List<StoredEvent>();
        await using var row = await statement.With(run.Value).With(afterSeq).With(limit).ReadAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken)) events.Add(EventOf(row));
        return events;
    }

    private protected override async Task<StoredEvent?> HeadOwnAsync(RunId run, CancellationToken cancellationToken)
    {
        await using var statement = await StatementAsync(
            run,
            "SELECT seq, kind, payload, at FROM runs.run_events WHERE run_id = $1 ORDER BY seq DESC LIMIT 1",
            cancellationToken);
        await using var row = await statement.With(run.Value).ReadAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken) ? EventOf(row) : null;
    }

    private protected override async Task<(TenantId Tenant, EffectUsage Usage, long DurationMs)?> EndAsync(
        RunId run, CancellationToken cancellationToken)
    {
        await using var statement = await StatementAsync(
            run,
            """
            SELECT tenant_id, tokens_in, tokens_out, cost_micro_usd,
                (EXTRACT(EPOCH FROM ended_at - created_at) * 1000)::bigint
            FROM runs.runs WHERE run_id = $1 AND ended_at IS NOT NULL
            """,
            cancellationToken);
        await using var row = await statement.With(run.Value).ReadAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken)
            ? (new TenantId(row.GetGuid(0)), new(row.GetInt64(1), row.GetInt64(2), row.GetInt64(3)), row.GetInt64(4))
            : null;
    }

    private protected override async Task<JournalPlace?> PlaceAsync(RunId run, CancellationToken cancellationToken)
    {
        await using var statement = await StatementAsync(
            run,
            """
            SELECT tenant_id, forked_from, COALESCE(fork_seq, -1), archive
            FROM runs.runs WHERE run_id = $1 AND (forked_from IS NOT NULL OR archive IS NOT NULL)
            """,
            cancellationToken);
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
        await using var statement = await StatementAsync(
            run, "SELECT 1 FROM runs.runs WHERE run_id = $1 AND epoch = $2", cancellationToken);
        return await statement.With(run.Value).With(epoch).ScalarAsync(cancellationToken) is not null;
    }

    /// <summary>
    /// Owners and members are compared in one statement: a node is a member before it owns a run, so with two statements
    /// one that joins in between would look dead. Members are listed in the home database only, so of a shard the owners are
    /// read first, and then the members: an owner that is not among them was dead before.
    /// </summary>
    public override async Task<IReadOnlyList<RunId>> OrphansAsync(
        string owner, int limit, CancellationToken cancellationToken)
    {
        var orphans = new List<RunId>();
        foreach (var place in database.Places)
        {
            if (orphans.Count >= limit) break;
            if (place.IsHome)
            {
                orphans.AddRange(await RunsWhereAsync(
                    place,
                    """
                    status <= 1 AND owner <> $1
                    AND owner NOT IN (SELECT silo FROM runs_cluster.members WHERE status < 6) ORDER BY created_at LIMIT $2
                    """,
                    owner, limit, cancellationToken));
            }
            else if (await GoneOwnersAsync(place, owner, cancellationToken) is { Length: > 0 } gone)
            {
                orphans.AddRange(await RunsWhereAsync(
                    place, "status <= 1 AND owner = ANY ($1) ORDER BY created_at LIMIT $2", gone, limit - orphans.Count,
                    cancellationToken));
            }
        }

        return orphans;
    }

    public override async Task<IReadOnlyList<(RunId Run, int Epoch)>> OwnedAsync(
        string owner, int limit, CancellationToken cancellationToken)
    {
        var runs = new List<(RunId, int)>();
        foreach (var place in database.Places)
        {
            await using var statement = new ScopedStatement(
                place.Postgres, s_engine, "SELECT run_id, epoch FROM runs.runs WHERE status <= 1 AND owner = $1 LIMIT $2");
            await using var row = await statement.With(owner).With(limit - runs.Count).ReadAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken)) runs.Add((new RunId(row.GetGuid(0)), row.GetInt32(1)));
        }

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
        var place = database.Places[PlaceOf(writer)];
        var connection = _connections[writer] ??= await place.Postgres.OpenConnectionAsync(cancellationToken);
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

    /// <summary>
    /// Writes appends in one statement, or none of them where one would be torn by a claim, or is of a tenant that has left the
    /// place; alone, that one fails.
    /// </summary>
    private async Task<bool> TryWriteAsync(
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
        catch (PostgresException error) when (database.HasShards && TenantMovingException.Caused(error))
        {
            places.LookAgain();
            if (batch.Count > 1) return false;
            batch[0].Fail(new TenantMovingException($"{batch[0].Records[0].Run} is refused where it was.", error));
            return true;
        }
    }

    /// <summary>Writes appends in one statement; whether all their events were inserted.</summary>
    private static async Task<bool> InsertAsync(
        NpgsqlConnection connection, List<Pending> batch, CancellationToken cancellationToken)
    {
        var records = batch.SelectMany(pending => pending.Records).ToArray();
        var parts = batch.SelectMany((pending, part) => Enumerable.Repeat(part, pending.Records.Length)).ToArray();
        var (created, patched, asked) = JournalRows.Of(records);
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

    private static void Add<T>(ScopedStatement statement, NpgsqlDbType type, T[] values) =>
        statement.With(NpgsqlDbType.Array | type, values);

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

    /// <summary>Takes a run over where it lies: whose it is, and its epoch from here on; null if it is not there.</summary>
    /// <exception cref="TenantMovingException">Its tenant is about to leave, or has just left.</exception>
    private async Task<(TenantId Tenant, int Epoch)?> RaiseAsync(
        Place place, RunId run, string owner, DateTimeOffset at, CancellationToken cancellationToken)
    {
        TenantId tenant;
        int epoch;
        await using var connection = await place.Postgres.OpenConnectionAsync(cancellationToken);
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

        if (database.HasShards && (places.IsMoving(tenant) || places.Of(tenant) != place)) throw new TenantMovingException();
        try
        {
            // A former owner's append that is under way makes the insert wait and then collide; the next place is free.
            while (await AppendClaimAsync(connection, run, tenant, owner, epoch, at, cancellationToken) == 0)
            {
            }
        }
        catch (PostgresException error) when (database.HasShards && TenantMovingException.Caused(error))
        {
            places.LookAgain();
            throw new TenantMovingException($"{run} is refused in {place}.", error);
        }

        await transaction.CommitAsync(cancellationToken);
        return (tenant, epoch);
    }

    /// <summary>The owners of open runs in a shard that are not members of the cluster.</summary>
    private async Task<string[]> GoneOwnersAsync(Place shard, string self, CancellationToken cancellationToken)
    {
        await using var owners = new ScopedStatement(
            shard.Postgres, s_engine, "SELECT DISTINCT owner FROM runs.runs WHERE status <= 1 AND owner <> $1 LIMIT $2");
        var found = await NamesAsync(owners.With(self).With(OwnersMax), cancellationToken);
        if (found.Length == 0) return found;
        await using var members = new ScopedStatement(
            database.Postgres, s_engine, "SELECT silo FROM runs_cluster.members WHERE status < 6 AND silo = ANY ($1)");
        return [.. found.Except(await NamesAsync(members.With(found), cancellationToken), StringComparer.Ordinal)];
    }

    private static async Task<string[]> NamesAsync(ScopedStatement statement, CancellationToken cancellationToken)
    {
        var names = new List<string>();
        await using var row = await statement.ReadAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken)) names.Add(row.GetString(0));
        return [.. names];
    }

    /// <summary>A statement about one run, for the present tenant; the engine's outside of one.</summary>
    private async ValueTask<ScopedStatement> StatementAsync(RunId run, string sql, CancellationToken cancellationToken) =>
        tenants.Current is { } tenant
            ? new ScopedStatement(
                places.Of(tenant).Postgres, RowScope.Of(tenant) with { IsPlaced = database.HasShards }, sql)
            : new ScopedStatement(await PoolOfAsync(run, cancellationToken), s_engine, sql);

    /// <summary>Where a run lies of which it is not known whose it is.</summary>
    private async ValueTask<NpgsqlDataSource> PoolOfAsync(RunId run, CancellationToken cancellationToken)
    {
        if (!database.HasShards) return database.Postgres;
        foreach (var place in database.Places)
        {
            await using var look = new ScopedStatement(
                place.Postgres, s_engine, "SELECT 1 FROM runs.runs WHERE run_id = $1");
            if (await look.With(run.Value).ScalarAsync(cancellationToken) is not null) return place.Postgres;
        }

        return database.Postgres;
    }

    private async Task<IReadOnlyList<RunId>> RunsWhereAsync(
        string where, object value, int limit, CancellationToken cancellationToken)
    {
        var runs = new List<RunId>();
        foreach (var place in database.Places)
        {
            if (runs.Count < limit)
                runs.AddRange(await RunsWhereAsync(place, where, value, limit - runs.Count, cancellationToken));
        }

        return runs;
    }

    private async Task<List<RunId>> RunsWhereAsync(
        Place place, string where, object value, int limit, CancellationToken cancellationToken)
    {
        // Runs of tenants that are about to leave are let go of, and not taken up.
        var moving = database.HasShards ? places.Moving : [];
        await using var statement = new ScopedStatement(
            place.Postgres,
            s_engine,
            $"SELECT run_id FROM runs.runs r WHERE {(moving.Count > 0 ? "tenant_id <> ALL ($3) AND " : "")}{where}");
        statement.With(value).With(limit);
        if (moving.Count > 0) statement.With(moving.Select(static tenant => tenant.Value).ToArray());
        var runs = new List<RunId>();
        await using var row = await statement.ReadAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken)) runs.Add(new RunId(row.GetGuid(0)));
        return runs;
    }
}
