using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Runs.Contracts;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Runs;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Runs;

/// <summary>The same done to many runs, on both databases, through the real server.</summary>
public abstract class BulkTests(Func<Task<string?>> database)
{
    private const int RunsCount = 220;
    private const string SmallBatches = "Runs:BulkBatchMax=50";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Hundreds_of_runs_are_paused_resumed_and_cancelled_and_no_others()
    {
        await using var engine = await EngineHarness.StartAsync(await database(), Token, SmallBatches);
        engine.Keyed.Hold("a");
        await StartManyAsync(engine, RunsCount, "One of many");
        var other = await StartAsync(engine, "Another");

        var preview = await PreviewAsync(engine, "pause", new { title = "of many" });
        var paused = await EndAsync(engine, await BulkAsync(engine, "pause", new { title = "of many" }));

        preview.GetProperty("count").GetInt32().ShouldBe(RunsCount);
        preview.GetProperty("ids").GetArrayLength().ShouldBe(100);
        paused.Output.ShouldBe($"{RunsCount} runs matched: {RunsCount} done, 0 failed");
        paused.Progress.ShouldNotBeNull();
        paused.StepsCount.ShouldBe(10);
        // A step that is being performed ends by itself, and then the run is paused.
        engine.Keyed.Hold("a").SetResult();
        (await engine.EndAsync(other, Token)).Status.ShouldBe(RunStatus.Completed);
        await CountBecomesAsync(engine, "resume", new { title = "of many" }, RunsCount);

        engine.Keyed.Hold("b");
        var resumed = await EndAsync(engine, await BulkAsync(engine, "resume", new { status = "paused" }));
        resumed.Output.ShouldBe($"{RunsCount} runs matched: {RunsCount} done, 0 failed");
        await engine.Keyed.BegunAsync("b", Token);

        var cancelled = await EndAsync(engine, await BulkAsync(engine, "cancel", new { kind = "list" }));
        cancelled.Output.ShouldBe($"{RunsCount} runs matched: {RunsCount} done, 0 failed");
        await CountBecomesAsync(engine, "retry", new { status = "cancelled", subject = "a-list" }, RunsCount);
    }

    [Fact]
    public async Task Runs_that_failed_are_tried_again_once_each_even_if_the_server_dies_in_between()
    {
        await using var engine = await EngineHarness.StartAsync(await database(), Token, "Runs:BulkBatchMax=20");
        engine.Keyed.Hold("a");
        var runs = await StartManyAsync(engine, 60, "One of many");
        (await EndAsync(engine, await BulkAsync(engine, "cancel", new { title = "of many" }))).Output!.ShouldContain("60 done");
        foreach (var run in runs) (await engine.EndAsync(run, Token)).Status.ShouldBe(RunStatus.Cancelled);

        var bulk = await BulkAsync(engine, "retry", new { ids = runs }, key: "again");
        await engine.FollowAsync(bulk, happened => IsStarted(happened, "act.1"), Token);
        await engine.RestartAsync(Token);
        var ended = await EndAsync(engine, bulk);

        ended.Output.ShouldBe("60 runs matched: 60 done, 0 failed");
        (await BulkAsync(engine, "retry", new { ids = runs }, key: "again")).ShouldBe(bulk);
        foreach (var run in runs)
        {
            (await engine.EndAsync(run, Token)).Status.ShouldBe(RunStatus.Completed);
            var events = await engine.FollowAsync(run, _ => false, Token);
            events.Count(happened => happened.GetProperty("kind").GetString() == "run.retried").ShouldBe(1);
        }
    }

    [Fact]
    public async Task What_cannot_be_done_is_counted_and_named()
    {
        await using var engine = await EngineHarness.StartAsync(await database(), Token, SmallBatches);
        engine.Keyed.Hold("a");
        var runs = await StartManyAsync(engine, 3, "One of many");

        var ended = await EndAsync(engine, await BulkAsync(engine, "upgrade", new { ids = runs }));

        ended.Status.ShouldBe(RunStatus.Completed);
        ended.Output.ShouldBe("3 runs matched: 0 done, 3 failed");
        var events = await engine.FollowAsync(ended.Id, _ => false, Token);
        var failures = events[^1].GetProperty("data").GetProperty("output").GetProperty("failures");
        failures.EnumerateArray().Select(failure => failure.GetProperty("run").GetString()!)
            .ShouldBe(runs.Select(run => run.ToString()), ignoreOrder: true);
        failures[0].GetProperty("code").GetString().ShouldBe("runs.not_upgradable");
    }

    [Fact]
    public async Task A_bulk_run_is_never_its_own_target()
    {
        await using var engine = await EngineHarness.StartAsync(await database(), Token);
        engine.Keyed.Hold("a");
        await StartManyAsync(engine, 3, "One of many");

        var ended = await EndAsync(engine, await BulkAsync(engine, "pause", new { createdAfter = DateTimeOffset.UnixEpoch }));

        ended.Output.ShouldBe("3 runs matched: 3 done, 0 failed");
    }

    [Fact]
    public async Task A_bulk_run_waits_while_the_server_is_busy_and_can_be_cancelled()
    {
        await using var engine = await EngineHarness.StartAsync(await database(), Token, "Runs:ActiveRunsMax=4");
        engine.Keyed.Hold("a");
        var tried = await StartAsync(engine, "To be tried again");
        using var ending = await engine.Client.PostAsJsonAsync($"/api/v1/runs/{tried}/cancel", new { }, Token);
        (await engine.EndAsync(tried, Token)).Status.ShouldBe(RunStatus.Cancelled);
        await StartManyAsync(engine, 3, "One of many");

        // Three runs that are held and the bulk run are as many as there may be, so it waits for room.
        var waiting = await BulkAsync(engine, "retry", new { ids = new[] { tried } });
        await engine.FollowAsync(waiting, happened => IsStarted(happened, "act.1"), Token);
        using var cancelled = await engine.Client.PostAsJsonAsync($"/api/v1/runs/{waiting}/cancel", new { }, Token);

        (await EndAsync(engine, waiting)).Status.ShouldBe(RunStatus.Cancelled);
        (await engine.GetAsync(tried, Token)).Status.ShouldBe(RunStatus.Cancelled);
    }

    [Fact]
    public async Task A_bad_wish_is_refused_with_what_to_do()
    {
        await using var engine = await EngineHarness.StartAsync(await database(), Token, "Runs:BulkRunsMax=1");
        engine.Keyed.Hold("a");
        await StartManyAsync(engine, 2, "One of many");
        (await RefusedAsync(engine, new { operation = "pause", filter = new { } })).ShouldBe((400, "runs.bulk_no_filter"));
        (await RefusedAsync(engine, new { operation = "pause", filter = new { ids = Array.Empty<string>() } }))
            .ShouldBe((400, "runs.bulk_no_filter"));
        (await RefusedAsync(engine, new { operation = "pause", filter = new { kind = "list" } }))
            .Code.ShouldBe("runs.bulk_too_many");
        (await RefusedAsync(engine, new { operation = "explode", filter = new { kind = "list" } })).Status.ShouldBe(400);
        (await RefusedAsync(engine, new { filter = new { kind = "list" } })).Status.ShouldBe(400);
        (await RefusedAsync(engine, new { operation = "pause" })).Status.ShouldBe(400);
        (await RefusedAsync(engine, new { operation = "pause", filter = new { subjectVersion = 0 } })).Status.ShouldBe(400);
        var many = Enumerable.Range(0, 1_001).Select(_ => RunId.New(TimeProvider.System));
        (await RefusedAsync(engine, new { operation = "pause", filter = new { ids = many } })).Status.ShouldBe(400);
    }

    private static async Task<RunId> StartAsync(EngineHarness engine, string title) => (await engine.TryStartRunAsync(
        ListProgram.Steps("test.keyed", "a", "b"), Token, title: title)).Value.Id;

    private static async Task<List<RunId>> StartManyAsync(EngineHarness engine, int count, string title)
    {
        var runs = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => StartAsync(engine, title)));
        return [.. runs];
    }

    private static async Task<JsonElement> PreviewAsync(EngineHarness engine, string operation, object filter)
    {
        using var answer = await engine.Client.PostAsJsonAsync(
            "/api/v1/runs/bulk", new { operation, filter, dryRun = true }, Token);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(Token));
        return await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
    }

    private static async Task<RunId> BulkAsync(EngineHarness engine, string operation, object filter, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/runs/bulk")
        {
            Content = JsonContent.Create(new { operation, filter, reason = "The test wants it." }),
        };
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        using var answer = await engine.Client.SendAsync(request, Token);
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync(Token));
        return (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("id").Deserialize<RunId>();
    }

    private static async Task<(int Status, string Code)> RefusedAsync(EngineHarness engine, object body)
    {
        using var answer = await engine.Client.PostAsJsonAsync("/api/v1/runs/bulk", body, Token);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
        return ((int)answer.StatusCode, problem.TryGetProperty("code", out var code) ? code.GetString()! : "");
    }

    /// <summary>Follows the runs that are under way until so many match.</summary>
    private static async Task CountBecomesAsync(EngineHarness engine, string operation, object filter, int count)
    {
        while ((await PreviewAsync(engine, operation, filter)).GetProperty("count").GetInt32() != count)
            await Task.Yield();
    }

    private static Task<Run> EndAsync(EngineHarness engine, RunId run) => engine.EndAsync(run, Token);

    private static bool IsStarted(JsonElement happened, string step) =>
        happened.GetProperty("kind").GetString() == "step.started"
        && happened.GetProperty("data").GetProperty("step").GetString() == step;
}

/// <summary>Bulk operations on SQLite.</summary>
public sealed class BulkOnSqliteTests() : BulkTests(() => Task.FromResult<string?>(null));

/// <summary>Bulk operations on PostgreSQL.</summary>
public sealed class BulkOnPostgresTests(PostgresCluster cluster)
    : BulkTests(async () => await cluster.CreateDatabaseAsync(TestContext.Current.CancellationToken));
