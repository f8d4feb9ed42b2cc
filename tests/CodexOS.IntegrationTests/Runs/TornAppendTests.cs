using System.Collections.Immutable;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using CodexOS.Runs.Journal;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Runs;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Runs;

/// <summary>A former owner writes while a new one claims its run, on PostgreSQL.</summary>
public sealed class TornAppendTests(PostgresCluster postgres)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_claim_that_takes_the_first_place_of_an_append_takes_all_of_it_and_spares_its_neighbours()
    {
        var database = await postgres.CreateDatabaseAsync(Token);
        await using var engine = await EngineHarness.StartAsync(database, Token);
        var lost = await PausedAsync(engine);
        var kept = await PausedAsync(engine);
        var journal = engine.Services.GetRequiredService<IJournal>();
        await using var connection = new NpgsqlConnection(PostgresCluster.AdministratorOf(database));
        await connection.OpenAsync(Token);
        var transaction = await connection.BeginTransactionAsync(Token);
        await ClaimAsync(connection, lost);

        var former = journal.AppendAsync(Two(engine, lost), Token);
        await WaitsForTheClaimAsync(database);
        // The run's hash decides which writer has it: on the same writer or not, its append is not hurt.
        var neighbour = journal.AppendAsync(Two(engine, kept), Token);
        await transaction.CommitAsync(Token);

        (await former).ShouldBeFalse();
        (await neighbour).ShouldBeTrue();
        (await KindsAfterAsync(journal, lost)).ShouldBe([RunEventJson.KindOf(new RunClaimed("", 0))]);
        (await KindsAfterAsync(journal, kept)).Length.ShouldBe(2);
    }

    private static async Task<Run> PausedAsync(EngineHarness engine)
    {
        var run = await engine.StartRunAsync(ListProgram.Steps("test.asks", "a"), Token);
        await engine.UntilAsync(run.Id, now => now.PendingApprovals.Count == 1, Token);
        return await engine.GetAsync(run.Id, Token);
    }

    private static ImmutableArray<JournalRecord> Two(EngineHarness engine, Run run) =>
    [
        .. Enumerable.Range(1, 2).Select(offset => new JournalRecord(
            run.Id,
            engine.Tenant,
            run.HeadSeq + offset,
            1,
            AppendId.New(TimeProvider.System),
            RunEventJson.KindOf(new RunClaimed("", 0)),
            SqliteJournal.ClaimPayload("a former owner", 1),
            TimeProvider.System.GetUtcNow())),
    ];

    private static async Task ClaimAsync(NpgsqlConnection connection, Run run)
    {
        await using var command = new NpgsqlCommand(
            """
            WITH raised AS (
                UPDATE runs.runs SET epoch = epoch + 1 WHERE run_id = $1 RETURNING tenant_id, epoch)
            INSERT INTO runs.run_events (run_id, seq, tenant_id, epoch, kind, event_id, payload, at)
            SELECT $1, $2, tenant_id, epoch, $3, gen_random_uuid(), $4, now() FROM raised
            """,
            connection);
        command.Parameters.Add(new() { Value = run.Id.Value });
        command.Parameters.Add(new() { Value = run.HeadSeq + 1 });
        command.Parameters.Add(new() { Value = RunEventJson.KindOf(new RunClaimed("", 0)) });
        command.Parameters.Add(new() { Value = SqliteJournal.ClaimPayload("a new owner", 2) });
        (await command.ExecuteNonQueryAsync(Token)).ShouldBe(1);
    }

    private static async Task WaitsForTheClaimAsync(string database)
    {
        await using var connection = new NpgsqlConnection(PostgresCluster.AdministratorOf(database));
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'", connection);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        while ((long)(await command.ExecuteScalarAsync(Token))! == 0) await tick.WaitForNextTickAsync(Token);
    }

    private static async Task<short[]> KindsAfterAsync(IJournal journal, Run run) =>
        [.. (await journal.ReadAsync(run.Id, run.HeadSeq, 10, Token)).Select(stored => stored.Kind)];
}
