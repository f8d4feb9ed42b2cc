using System.Data.Common;
using System.Net;
using System.Net.Http.Json;
using CodexOS.Platform.Storage;
using CodexOS.Runs;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Execution;
using CodexOS.Runs.Retention;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Runs;
using DbUp;
using DbUp.Engine;
using DbUp.Postgresql;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Runs;

/// <summary>Runs that an earlier version left go on under the present one, on both databases.</summary>
public abstract class SchemaChangeTests(Func<Task<string?>> database)
{
    private const string Columns =
        "run_id, tenant_id, kind, subject, subject_version, title, created_by, status, owner, epoch, wake_at, created_at, "
        + "started_at, ended_at, steps_count, tokens_in, tokens_out, cost_micro_usd, model, model_is_real, workspace, output, "
        + "fault_code, fault_kind, fault_message, priority, progress, parent_run, forked_from, fork_seq";

    private const string EventColumns = "run_id, seq, tenant_id, epoch, kind, event_id, payload, at";

    private const string ApprovalColumns = "approval_id, tenant_id, run_id, seq, state, expires_at";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Runs_that_waited_or_were_under_way_on_the_second_schema_go_on()
    {
        var postgres = await database();
        await using var engine = await EngineHarness.StartAsync(postgres, Token);
        var ended = await engine.StartRunAsync(ListProgram.Steps("test.keyed", "a"), Token);
        await engine.EndAsync(ended.Id, Token);
        var waiting = await engine.StartRunAsync(ListProgram.Steps("test.asks", "commit"), Token);
        await engine.FollowAsync(waiting.Id, happened => IsKind(happened, "approval.requested"), Token);
        engine.Keyed.Hold("b");
        var running = await engine.StartRunAsync(ListProgram.Steps("test.keyed", "b", "c"), Token, key: "of old");
        await engine.Keyed.BegunAsync("b", Token);
        // In those days a key's hash was the run's id.
        var former = RunKeys.FormerIdOf(engine.Tenant, "of old");

        await engine.RestartAsync(Token, () => GoBackAsync(postgres, engine.DataPath, running.Id, former));

        (await engine.EndAsync(former, Token)).Status.ShouldBe(RunStatus.Completed);
        engine.Keyed.Performed.ShouldBe([$"{former}:b:1", $"{former}:c:1"]);
        (await engine.StartRunAsync(ListProgram.Steps("test.keyed", "b", "c"), Token, key: "of old")).Id.ShouldBe(former);
        var asked = (await engine.GetAsync(waiting.Id, Token)).PendingApprovals.ShouldHaveSingleItem();
        using var decided = await engine.Client.PostAsJsonAsync(
            $"/api/v1/runs/{waiting.Id}/approvals/{asked.Id}", new { approve = true, argumentsHash = asked.ArgumentsHash }, Token);
        decided.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await engine.EndAsync(waiting.Id, Token)).Status.ShouldBe(RunStatus.Completed);
        (await engine.FollowAsync(ended.Id, _ => false, Token)).Count.ShouldBe(ended.HeadSeq + 4);
    }

    /// <summary>Makes the schema as it was after its second migration, with the same runs in it.</summary>
    private static async Task GoBackAsync(string? server, string dataPath, RunId now, RunId former)
    {
        var postgres = server is null ? null : PostgresCluster.AdministratorOf(server);
        var sqlite = $"Data Source={Path.Combine(dataPath, "codexos.db")}";
        await using DbConnection connection = postgres is null ? new SqliteConnection(sqlite) : new NpgsqlConnection(postgres);
        await connection.OpenAsync(Token);
        var of = postgres is null ? "" : "runs.";
        var (before, after) = postgres is null
            ? ($"x'{Hex(now)}'", $"x'{Hex(former)}'")
            : ($"'{now.Value}'", $"'{former.Value}'");
        await ExecuteAsync(connection, $"""
            CREATE TABLE keep_runs AS SELECT {Columns} FROM {of}runs;
            CREATE TABLE keep_events AS SELECT {EventColumns} FROM {of}run_events;
            CREATE TABLE keep_approvals AS SELECT {ApprovalColumns} FROM {of}approvals;
            UPDATE keep_runs SET run_id = {after} WHERE run_id = {before};
            UPDATE keep_events SET run_id = {after} WHERE run_id = {before};
            """);
        await ExecuteAsync(connection, postgres is null
            ? """
              DROP TABLE approvals; DROP TABLE run_events; DROP TABLE runs; DROP TABLE run_keys; DROP TABLE run_blobs;
              DROP TABLE blob_trash; DROP TABLE runs_schema_versions
              """
            : "DROP SCHEMA runs CASCADE; DROP SCHEMA runs_cluster CASCADE; CREATE SCHEMA runs AUTHORIZATION codexos_owner");

        var folder = postgres is null ? "sqlite/" : "postgres/";
        var assembly = typeof(RunsModule).Assembly;
        var scripts = new[] { "0001_runs.sql", "0002_control.sql" }.Select(name => SqlScript.FromStream(
            name, assembly.GetManifestResourceStream(folder + name)!, System.Text.Encoding.UTF8));
        await using var source = server is null ? null : NpgsqlDataSource.Create(PostgresCluster.OwnerOf(server));
        var builder = postgres is null
            ? DeployChanges.To.SqliteDatabase(sqlite).JournalToSqliteTable("runs_schema_versions")
            : DeployChanges.To.PostgresqlDatabase(new PostgresqlConnectionManager(source!))
                .JournalToPostgresqlTable("runs", "schema_versions");
        var made = builder.WithScripts(scripts).WithTransactionPerScript().WithVariablesDisabled().Build().PerformUpgrade();
        made.Successful.ShouldBeTrue(made.Error?.Message);

        await ExecuteAsync(connection, $"""
            INSERT INTO {of}runs ({Columns}) SELECT {Columns} FROM keep_runs;
            INSERT INTO {of}run_events ({EventColumns}) SELECT {EventColumns} FROM keep_events;
            INSERT INTO {of}approvals ({ApprovalColumns}) SELECT {ApprovalColumns} FROM keep_approvals;
            DROP TABLE keep_runs; DROP TABLE keep_events; DROP TABLE keep_approvals;
            """);
        if (connection is SqliteConnection pooled) SqliteConnection.ClearPool(pooled);
    }

    private static string Hex(RunId run) => Convert.ToHexString(run.Value.ToByteArray(bigEndian: true));

    private static async Task ExecuteAsync(DbConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(Token);
    }

    private static bool IsKind(System.Text.Json.JsonElement happened, string kind) =>
        happened.GetProperty("kind").GetString() == kind;
}

/// <summary>On SQLite.</summary>
public sealed class SchemaChangeOnSqliteTests() : SchemaChangeTests(() => Task.FromResult<string?>(null));

/// <summary>On PostgreSQL, with its partitions.</summary>
public sealed class SchemaChangeOnPostgresTests(PostgresCluster postgres)
    : SchemaChangeTests(async () => await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken))
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Events_lie_in_the_partition_of_their_runs_month_and_empty_months_go()
    {
        var connectionString = await postgres.CreateDatabaseAsync(Token);
        await using var engine = await EngineHarness.StartAsync(connectionString, Token);
        var database = engine.Services.GetRequiredService<Database>();
        await using var rows = NpgsqlDataSource.Create(PostgresCluster.AdministratorOf(connectionString));
        var options = engine.Services.GetRequiredService<RunsOptions>();
        await engine.Services.GetRequiredService<Partitions>().MakeAsync(Token);
        var run = await engine.StartRunAsync(ListProgram.Steps("test.keyed", "a"), Token, key: "by key");
        await engine.EndAsync(run.Id, Token);

        var now = TimeProvider.System.GetUtcNow();
        (await ListAsync(rows, $"SELECT DISTINCT tableoid::regclass::text FROM runs.run_events WHERE run_id = '{run.Id.Value}'"))
            .ShouldBe([$"runs.run_events_{now:yyyyMM}"]);

        // Months that are over: one in which a run still has events, two that are empty.
        var past = new Partitions(
            database, options,
            new StoppedClock(now.AddMonths(-options.PartitionsAheadMonths - 1)), NullLogger<Partitions>.Instance);
        (await past.MakeAsync(Token)).ShouldBe(options.PartitionsAheadMonths + 1);
        var old = Partitions.FirstIdOf(now.AddMonths(-2).UtcDateTime);
        await ListAsync(rows, $"""
            INSERT INTO runs.run_events SELECT '{old}', seq, tenant_id, epoch, kind, event_id, payload, at
            FROM runs.run_events WHERE run_id = '{run.Id.Value}'
            """);
        (await engine.Services.GetRequiredService<Partitions>().DropAsync(Token)).ShouldBe(options.PartitionsAheadMonths);
        (await ListAsync(rows, $"SELECT tableoid::regclass::text FROM runs.run_events WHERE run_id = '{old}' LIMIT 1"))
            .ShouldBe([$"runs.run_events_{now.AddMonths(-2):yyyyMM}"]);

        // What lies in no month is taken in all the same, and moves when its month is made.
        var ahead = Partitions.FirstIdOf(now.AddMonths(options.PartitionsAheadMonths + 2).UtcDateTime);
        await ListAsync(rows, $"""
            INSERT INTO runs.run_events SELECT '{ahead}', seq, tenant_id, epoch, kind, event_id, payload, at
            FROM runs.run_events WHERE run_id = '{run.Id.Value}'
            """);
        var where = $"SELECT DISTINCT tableoid::regclass::text FROM runs.run_events WHERE run_id = '{ahead}'";
        (await ListAsync(rows, where)).ShouldBe(["runs.run_events_default"]);
        var later = new Partitions(database, options, new StoppedClock(now.AddMonths(2)), NullLogger<Partitions>.Instance);
        (await later.MakeAsync(Token)).ShouldBe(2);
        (await ListAsync(rows, where)).ShouldBe([$"runs.run_events_{now.AddMonths(options.PartitionsAheadMonths + 2):yyyyMM}"]);
    }

    private static async Task<List<string?>> ListAsync(NpgsqlDataSource rows, string sql)
    {
        await using var command = rows.CreateCommand(sql);
        await using var row = await command.ExecuteReaderAsync(Token);
        var values = new List<string?>();
        while (await row.ReadAsync(Token)) values.Add(row.IsDBNull(0) ? null : row.GetValue(0).ToString());
        return values;
    }

    private sealed class StoppedClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
