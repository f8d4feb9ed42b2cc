using System.Collections.Frozen;
using System.Data.Common;
using CodexOS.Platform.Installation;
using CodexOS.Platform.Storage;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CodexOS.Runs.Cluster;

/// <summary>
/// The list of nodes that work on the database: who they are, and which of them are about to leave. With SQLite there is
/// one node, and no list. Registered before the silo, so that a node is listed before it can be given a run.
/// </summary>
internal sealed partial class Nodes(
    Database database, Node self, ClusterBus bus, TimeProvider clock, ILogger<Nodes> log) : BackgroundService
{
    /// <summary>What the bus carries when the list has changed.</summary>
    public const string Changed = "nodes";

    private static readonly TimeSpan s_refreshInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_deadKept = TimeSpan.FromHours(1);
    private readonly SemaphoreSlim _changed = new(0);
    private volatile FrozenSet<string> _draining = FrozenSet<string>.Empty;
    private volatile bool _selfDrains;

    /// <summary>Whether there is a node that is about to leave.</summary>
    public bool AnyDrains => _selfDrains || _draining.Count > 0;

    /// <summary>Whether this node is about to leave.</summary>
    public bool SelfDrains => _selfDrains;

    /// <summary>Whether a node is about to leave.</summary>
    public bool IsDraining(SiloAddress silo) =>
        silo.Equals(self.Address) ? _selfDrains : _draining.Contains(Node.NameOf(silo));

    /// <summary>Puts this node on the list, and declares dead whoever was in its place before.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (database.Dialect is SqlDialect.Sqlite) return;
        await using var connection = await database.Postgres.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var dead = await ExecuteAsync("""
            UPDATE runs_cluster.orleansmembershiptable m SET status = 6
            FROM runs.nodes n
            WHERE n.place = $1 AND n.silo = m.address || ':' || m.port || '@' || m.generation AND m.status <> 6
            """, self.Place);
        if (dead > 0)
        {
            LogPredecessor();
            await ExecuteAsync(
                "UPDATE runs_cluster.orleansmembershipversiontable SET version = version + 1 WHERE deploymentid = $1",
                NodeSilo.ClusterName);
        }

        await ExecuteAsync("DELETE FROM runs.nodes WHERE place = $1", self.Place);
        await ExecuteAsync(
            "INSERT INTO runs.nodes (silo, place, name, roles, version, started_at) VALUES ($1, $2, $3, $4, $5, $6)",
            self.Silo, self.Place, self.Name, self.Roles.Names, VersionFact.Version, self.StartedAt);
        await transaction.CommitAsync(cancellationToken);
        bus.Listen(Hear, LookAgain);
        await base.StartAsync(cancellationToken);

        async Task<int> ExecuteAsync(string sql, params object[] values)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            foreach (var value in values) command.Parameters.Add(new() { Value = value });
            return await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>Takes this node off the list; the silo has left before.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (database.Dialect is SqlDialect.Sqlite) return;
        try
        {
            // If the silo could not leave in order, the row tells the next process in this place whom to declare dead.
            await WriteAsync(
                """
                DELETE FROM runs.nodes WHERE silo = $1
                AND NOT EXISTS (SELECT 1 FROM runs_cluster.members WHERE silo = $1 AND status < 6)
                """,
                cancellationToken,
                self.Silo);
        }
        catch (Exception error) when (error is DbException or OperationCanceledException)
        {
            // The next process in this place does it.
            LogDatabaseDown(error);
        }
    }

    /// <summary>Says where this node listens, once it does.</summary>
    public Task SayUrlAsync(string url, CancellationToken cancellationToken) =>
        WriteAsync("UPDATE runs.nodes SET url = $2 WHERE silo = $1", cancellationToken, self.Silo, url);

    /// <summary>Says that this node is about to leave: from now on nothing is placed on it.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        _selfDrains = true;
        try
        {
            await WriteAsync("UPDATE runs.nodes SET draining = true WHERE silo = $1", cancellationToken, self.Silo);
            await bus.SendAsync([Changed], cancellationToken);
        }
        catch (DbException error)
        {
            // The others place runs here until the silo leaves; each is turned away and placed anew.
            LogDatabaseDown(error);
        }
    }

    /// <summary>Forgets nodes that have been dead for long.</summary>
    public Task ForgetDeadAsync(CancellationToken cancellationToken) => WriteAsync(
        """
        DELETE FROM runs.nodes n WHERE started_at < $1 AND NOT EXISTS (
            SELECT 1 FROM runs_cluster.members m WHERE m.silo = n.silo AND (m.status < 6 OR m.alive_at > $1))
        """,
        cancellationToken,
        clock.GetUtcNow() - s_deadKept);

    /// <summary>The list, for people.</summary>
    public async Task<IReadOnlyList<ClusterNode>> ListAsync(SiloAddress? leader, CancellationToken cancellationToken)
    {
        if (database.Dialect is SqlDialect.Sqlite) return [await AloneAsync(cancellationToken)];
        await using var statement = new ScopedStatement(database.Postgres, RowScope.Of(RunsWork.Engine), """
            SELECT n.name, n.roles, n.silo, n.url, n.version, n.draining, n.started_at, m.status, m.alive_at,
                (SELECT count(*) FROM runs.runs r WHERE r.owner = n.silo AND r.status <= 1)
            FROM runs.nodes n LEFT JOIN runs_cluster.members m USING (silo) ORDER BY n.name, n.started_at LIMIT 1000
            """);
        var elsewhere = await CountElsewhereAsync(cancellationToken);
        var leads = leader is null ? null : Node.NameOf(leader);
        var list = new List<ClusterNode>();
        await using var row = await statement.ReadAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            var silo = row.GetString(2);
            var state = StateOf(row.IsDBNull(7) ? 0 : row.GetInt32(7), row.GetBoolean(5));
            list.Add(new ClusterNode(
                row.GetString(0), row.GetString(1), state, silo, row.IsDBNull(3) ? null : row.GetString(3),
                row.GetString(4), row.GetFieldValue<DateTimeOffset>(6),
                row.IsDBNull(8) ? null : row.GetFieldValue<DateTimeOffset>(8),
                row.GetInt64(9) + elsewhere.GetValueOrDefault(silo),
                silo == leads, silo == self.Silo));
        }

        return list;
    }

    /// <summary>How many open runs in shards each owner has.</summary>
    private async Task<Dictionary<string, long>> CountElsewhereAsync(CancellationToken cancellationToken)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var shard in database.Places.Skip(1))
        {
            await using var statement = new ScopedStatement(
                shard.Postgres, RowScope.Of(RunsWork.Engine),
                "SELECT owner, count(*) FROM runs.runs WHERE status <= 1 GROUP BY owner LIMIT 1000");
            await using var row = await statement.ReadAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken))
                counts[row.GetString(0)] = counts.GetValueOrDefault(row.GetString(0)) + row.GetInt64(1);
        }

        return counts;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var draining = new HashSet<string>(StringComparer.Ordinal);
                await using var command =
                    database.Postgres.CreateCommand("SELECT silo FROM runs.nodes WHERE draining LIMIT 1000");
                await using var row = await command.ExecuteReaderAsync(stoppingToken);
                while (await row.ReadAsync(stoppingToken)) draining.Add(row.GetString(0));
                if (!_draining.SetEquals(draining)) _draining = draining.ToFrozenSet(StringComparer.Ordinal);
            }
            catch (Exception error) when (error is DbException or IOException or TimeoutException)
            {
                LogDatabaseDown(error);
            }

            using var pause = new CancellationTokenSource(s_refreshInterval, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(pause.Token, stoppingToken);
            await _changed.WaitAsync(either.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    public override void Dispose()
    {
        _changed.Dispose();
        base.Dispose();
    }

    private static ClusterNodeState StateOf(int status, bool draining) => status switch
    {
        1 or 2 => ClusterNodeState.Joining,
        3 => draining ? ClusterNodeState.Draining : ClusterNodeState.Active,
        4 or 5 => ClusterNodeState.Draining,
        _ => ClusterNodeState.Dead,
    };

    private void Hear(string message)
    {
        if (message == Changed) LookAgain();
    }

    private void LookAgain()
    {
        if (_changed.CurrentCount == 0) _changed.Release();
    }

    private async Task<ClusterNode> AloneAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM runs WHERE status <= 1";
        var runs = (long)(await command.ExecuteScalarAsync(cancellationToken))!;
        return new ClusterNode(
            self.Name, self.Roles.Names, _selfDrains ? ClusterNodeState.Draining : ClusterNodeState.Active, self.Silo,
            null, VersionFact.Version, self.StartedAt, clock.GetUtcNow(), runs, Leads: true, Self: true);
    }

    private async Task WriteAsync(string sql, CancellationToken cancellationToken, params object[] values)
    {
        if (database.Dialect is SqlDialect.Sqlite) return;
        await using var command = database.Postgres.CreateCommand(sql);
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The process that worked in this data directory before did not leave; it is declared dead.")]
    private partial void LogPredecessor();

    [LoggerMessage(Level = LogLevel.Warning, Message = "The list of nodes could not be read or written.")]
    private partial void LogDatabaseDown(Exception error);
}
