using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Journal;
using CodexOS.Runs.Storage;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Runs;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Runs;

/// <summary>Archives, deletion and damage, on both databases, through the real server.</summary>
public abstract class RetentionTests(Func<Task<string?>> database)
{
    // A millisecond after its end a run is old; a batch is three runs, and rows go two at a time.
    private static readonly string[] s_atOnce =
    [
        "Runs:ArchiveAfter=00:00:00.001", "Runs:RetentionBatchMax=3", "Runs:RetentionRowsMax=2", "Runs:PayloadInlineBytesMax=1024",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<EngineHarness> StartAsync(params string[] settings) =>
        await EngineHarness.StartAsync(await database(), Token, [.. s_atOnce, .. settings]);

    [Fact]
    public async Task An_archived_run_is_read_as_before_and_can_be_forked_and_not_be_changed()
    {
        await using var engine = await StartAsync();
        var runs = new List<RunId>();
        for (var i = 0; i < 7; i++) runs.Add((await EndAsync(engine, i == 0 ? Large : "")).Id);
        var before = await LookAsync(engine, runs[0]);

        var retention = await RetainAsync(engine);

        retention.Output.ShouldBe("7 archived, 0 deleted, 0 skipped");
        (await RowsAsync(engine, runs)).ShouldBe(0);
        (await LookAsync(engine, runs[0])).ShouldBe(before);
        using var page = await engine.Client.GetAsync($"/api/v1/runs/{runs[0]}/events?after=2&limit=3", Token);
        (await page.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("items").EnumerateArray()
            .Select(one => one.GetProperty("seq").GetInt32()).ShouldBe([3, 4, 5]);

        foreach (var wish in new[] { "retry", "rollback" })
        {
            using var refused = await engine.Client.PostAsJsonAsync($"/api/v1/runs/{runs[1]}/{wish}", new { toSeq = 2 }, Token);
            (await CodeOfAsync(refused)).ShouldBe("runs.archived", wish);
        }

        using var forked = await engine.Client.PostAsJsonAsync($"/api/v1/runs/{runs[0]}/fork", new { seq = 3 }, Token);
        var fork = (await forked.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("id").Deserialize<RunId>();
        (await engine.EndAsync(fork, Token)).Status.ShouldBe(RunStatus.Completed);
        var events = await engine.FollowAsync(fork, _ => false, Token);
        events.Select(one => one.GetProperty("seq").GetInt32()).ShouldBe(Enumerable.Range(0, events.Count));
        // A fork is archived as well, and is still read through the run that it came from.
        (await RetainAsync(engine)).Output.ShouldNotBeNull();
        (await engine.FollowAsync(fork, _ => false, Token)).Select(one => one.ToString())
            .ShouldBe(events.Select(one => one.ToString()));
    }

    [Fact]
    public async Task A_crash_between_marking_a_run_and_deleting_its_rows_loses_nothing()
    {
        await using var engine = await StartAsync();
        var run = (await EndAsync(engine)).Id;
        var before = await LookAsync(engine, run);
        await RetainAsync(engine);
        // As after a crash: some rows are there still, and nobody has noted that the last of them is gone.
        await using (var db = await ContextAsync(engine))
        {
            var row = await db.Runs.IgnoreQueryFilters().SingleAsync(one => one.RunId == run, Token);
            db.Add(new RunEventRow
            {
                RunId = run,
                Seq = row.ArchivedHead!.Value,
                TenantId = row.TenantId,
                Epoch = 1,
                Kind = 12,
                EventId = AppendId.New(TimeProvider.System),
                Payload = "{\"output\":{\"text\":\"a=completed b=completed\"}}",
                At = row.EndedAt!.Value,
            });
            await db.SaveChangesAsync(Token);
            await db.Runs.IgnoreQueryFilters().Where(one => one.RunId == run)
                .ExecuteUpdateAsync(one => one.SetProperty(x => x.ArchivedAt, (DateTimeOffset?)null), Token);
        }

        (await LookAsync(engine, run)).ShouldBe(before);
        await RetainAsync(engine);

        (await RowsAsync(engine, [run])).ShouldBe(0);
        (await LookAsync(engine, run)).ShouldBe(before);
    }

    [Fact]
    public async Task Deletion_takes_payloads_that_nobody_else_has_and_spares_what_a_fork_reads()
    {
        await using var engine = await StartAsync(
            "Runs:DeleteAfter=00:00:00.001", "Runs:BlobGrace=00:00:00");
        var kept = (await EndAsync(engine, Large)).Id;
        using var forked = await engine.Client.PostAsJsonAsync($"/api/v1/runs/{kept}/fork", new { seq = 1 }, Token);
        var fork = (await forked.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("id").Deserialize<RunId>();
        engine.Keyed.Hold("held");
        var open = await engine.StartRunAsync(ListProgram.Steps("test.keyed", "held"), Token);
        var alone = (await EndAsync(engine, Other)).Id;
        await engine.EndAsync(fork, Token);
        engine.Blobs().ShouldBeGreaterThanOrEqualTo(2);

        await RetainAsync(engine);
        await RetainAsync(engine);

        using var gone = await engine.Client.GetAsync($"/api/v1/runs/{alone}", Token);
        gone.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await engine.GetAsync(open.Id, Token)).Status.ShouldBe(RunStatus.Running);
        // The fork went first, and with the next pass the run that it came from; then no payload is named any more.
        await RetainAsync(engine);
        using var origin = await engine.Client.GetAsync($"/api/v1/runs/{kept}", Token);
        origin.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await RetainAsync(engine);
        engine.BlobsWith(Large).ShouldBe(0);
        engine.BlobsWith(Other).ShouldBe(0);
    }

    [Fact]
    public async Task A_damaged_row_or_payload_is_said_clearly_and_harms_nobody_else()
    {
        await using var engine = await StartAsync();
        var lost = (await EndAsync(engine, Large)).Id;
        var damaged = (await EndAsync(engine)).Id;
        var whole = (await EndAsync(engine)).Id;
        await using (var db = await ContextAsync(engine))
        {
            await db.Events.IgnoreQueryFilters().Where(row => row.RunId == damaged && row.Seq == 2)
                .ExecuteUpdateAsync(row => row.SetProperty(one => one.Payload, "{\"step\":"), Token);
        }

        foreach (var blob in engine.BlobFiles()) File.Delete(blob);

        foreach (var run in new[] { lost, damaged })
        {
            foreach (var what in new[] { "events", "state", "checkpoints" })
            {
                using var answer = await engine.Client.GetAsync($"/api/v1/runs/{run}/{what}", Token);
                (await CodeOfAsync(answer)).ShouldBe("runs.journal_damaged", $"{run} {what}");
            }

            using var forked = await engine.Client.PostAsJsonAsync($"/api/v1/runs/{run}/fork", new { seq = 3 }, Token);
            (await CodeOfAsync(forked)).ShouldBe("runs.journal_damaged");
            (await engine.GetAsync(run, Token)).Status.ShouldBe(RunStatus.Completed);
        }

        (await RetainAsync(engine)).Output.ShouldStartWith("1 archived, 0 deleted, 2 skipped");
        (await LookAsync(engine, whole)).ShouldNotBeEmpty();
        (await EndAsync(engine)).Status.ShouldBe(RunStatus.Completed);
        using var list = await engine.Client.GetAsync("/api/v1/runs", Token);
        list.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_same_key_starts_one_run_whose_id_begins_with_the_time()
    {
        await using var engine = await StartAsync();
        var input = ListProgram.Steps("test.keyed", "a");
        var started = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(_ => engine.StartRunAsync(input, Token, key: "once")));

        started.Select(run => run.Id).Distinct().ShouldHaveSingleItem().Value.Version.ShouldBe(7);
        await engine.EndAsync(started[0].Id, Token);
        engine.Keyed.Performed.Count.ShouldBe(1);
        // Not even when its events are elsewhere.
        await RetainAsync(engine);
        (await engine.StartRunAsync(input, Token, key: "once")).Id.ShouldBe(started[0].Id);
        (await engine.GetAsync(started[0].Id, Token)).Status.ShouldBe(RunStatus.Completed);
        engine.Keyed.Performed.Count.ShouldBe(1);
    }

    private static string Large { get; } = new('l', 5_000);

    private static string Other { get; } = new('o', 5_000);

    private static async Task<Run> EndAsync(EngineHarness engine, string ballast = "")
    {
        var input = JsonSerializer.SerializeToElement(new
        {
            batches = new[]
            {
                new[] { new { step = "a", effect = "test.keyed", ballast } }, [new { step = "b", effect = "test.keyed", ballast = "" }],
            },
        });
        var run = await engine.StartRunAsync(input, Token);
        return await engine.EndAsync(run.Id, Token);
    }

    /// <summary>Everything that is shown of a run.</summary>
    private static async Task<string> LookAsync(EngineHarness engine, RunId run)
    {
        var events = await engine.FollowAsync(run, _ => false, Token);
        var state = await engine.Client.GetStringAsync($"/api/v1/runs/{run}/state", Token);
        var checkpoints = await engine.Client.GetStringAsync($"/api/v1/runs/{run}/checkpoints", Token);
        var shown = await engine.Client.GetStringAsync($"/api/v1/runs/{run}", Token);
        return string.Join('\n', [.. events.Select(one => one.ToString()), state, checkpoints, shown]);
    }

    private static async Task<Run> RetainAsync(EngineHarness engine)
    {
        using var answer = await engine.Client.PostAsync(new Uri("/api/v1/runs/retention", UriKind.Relative), null, Token);
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync(Token));
        var run = (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("id").Deserialize<RunId>();
        var ended = await engine.EndAsync(run, Token);
        ended.Status.ShouldBe(RunStatus.Completed, ended.Fault?.Message);
        return ended;
    }

    private static async Task<int> RowsAsync(EngineHarness engine, IReadOnlyList<RunId> runs)
    {
        await using var db = await ContextAsync(engine);
        return await db.Events.IgnoreQueryFilters().CountAsync(row => runs.Contains(row.RunId), Token);
    }

    /// <summary>Rows are seen in their tenant only, so the caller's method goes on in it.</summary>
    internal static Task<RunsDbContext> ContextAsync(EngineHarness engine)
    {
        _ = engine.Services.GetRequiredService<TenantContext>().Enter(engine.Tenant);
        return engine.Services.GetRequiredService<IDbContextFactory<RunsDbContext>>().CreateDbContextAsync(Token);
    }

    private static async Task<string?> CodeOfAsync(HttpResponseMessage answer) =>
        (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("code").GetString();
}

/// <summary>On SQLite.</summary>
public sealed class RetentionOnSqliteTests() : RetentionTests(() => Task.FromResult<string?>(null));

/// <summary>On PostgreSQL.</summary>
public sealed class RetentionOnPostgresTests(PostgresCluster postgres)
    : RetentionTests(async () => await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken));

/// <summary>What the tests look for on the server's disk.</summary>
internal static class BlobsOnDisk
{
    public static string[] BlobFiles(this EngineHarness engine)
    {
        var folder = Path.Combine(engine.DataPath, "blobs");
        return Directory.Exists(folder) ? Directory.GetFiles(folder, "*", SearchOption.AllDirectories) : [];
    }

    public static int Blobs(this EngineHarness engine) => engine.BlobFiles().Length;

    public static int BlobsWith(this EngineHarness engine, string text) =>
        engine.BlobFiles().Count(file => File.ReadAllText(file).Contains(text, StringComparison.Ordinal));
}
