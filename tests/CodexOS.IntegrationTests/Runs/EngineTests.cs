using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Runs.Contracts;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Runs;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Runs;

/// <summary>The life of a run, on both databases, through the real server.</summary>
public abstract class EngineTests(Func<Task<string?>> database)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<EngineHarness> StartAsync(params string[] settings) =>
        await EngineHarness.StartAsync(await database(), Token, settings);

    [Fact]
    public async Task A_run_performs_its_steps_once_each_and_completes()
    {
        await using var engine = await StartAsync();

        var started = await engine.StartRunAsync(ListProgram.Steps("test.keyed", "a", "b", "c"), Token);
        var run = await engine.EndAsync(started.Id, Token);

        run.Status.ShouldBe(RunStatus.Completed);
        run.Output.ShouldBe("a=completed b=completed c=completed");
        (run.StepsCount, run.TokensIn, run.TokensOut, run.CostMicroUsd).ShouldBe((3, 30, 15, 21));
        engine.Keyed.Performed.ShouldBe([$"{run.Id}:a:1", $"{run.Id}:b:1", $"{run.Id}:c:1"]);
        var events = await engine.FollowAsync(run.Id, _ => false, Token);
        events.Select(happened => happened.GetProperty("seq").GetInt32()).ShouldBe(Enumerable.Range(0, run.HeadSeq + 1));
        events[0].GetProperty("kind").GetString().ShouldBe("run.created");
        events[^1].GetProperty("kind").GetString().ShouldBe("run.completed");
    }

    [Fact]
    public async Task A_stopped_server_resumes_the_run_and_repeats_only_the_step_that_was_not_finished()
    {
        await using var engine = await StartAsync();
        engine.Keyed.Hold("b");
        var run = await engine.StartRunAsync(ListProgram.Steps("test.keyed", "a", "b", "c"), Token);
        await engine.Keyed.BegunAsync("b", Token);

        await engine.RestartAsync(Token);
        var ended = await engine.EndAsync(run.Id, Token);

        ended.Status.ShouldBe(RunStatus.Completed);
        engine.Keyed.Performed.ShouldBe([$"{run.Id}:b:1", $"{run.Id}:c:1"]);
        var claims = await engine.FollowAsync(run.Id, _ => false, Token);
        claims.Count(happened => happened.GetProperty("kind").GetString() == "run.claimed").ShouldBe(2);
    }

    [Fact]
    public async Task An_unsafe_step_is_never_repeated_unasked()
    {
        await using var engine = await StartAsync();
        engine.Unsafe.Hold("pay");
        var run = await engine.StartRunAsync(ListProgram.Steps("test.unsafe", "pay"), Token);
        await engine.Unsafe.BegunAsync("pay", Token);

        await engine.RestartAsync(Token);
        await engine.FollowAsync(run.Id, IsKind("step.in_doubt"), Token);

        (await engine.GetAsync(run.Id, Token)).Status.ShouldBe(RunStatus.InDoubt);
        engine.Unsafe.Performed.ShouldBeEmpty();
        using var resolved = await engine.Client.PostAsJsonAsync(
            $"/api/v1/runs/{run.Id}/steps/pay/resolve", new { occurrence = 1, outcome = "retry" }, Token);
        resolved.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await engine.EndAsync(run.Id, Token)).Output.ShouldBe("pay=completed");
        engine.Unsafe.Performed.ShouldBe([$"{run.Id}:pay:2"]);
    }

    [Fact]
    public async Task A_step_in_doubt_can_be_given_up()
    {
        await using var engine = await StartAsync();
        engine.Unsafe.Throws.Add("pay");
        var run = await engine.StartRunAsync(ListProgram.Steps("test.unsafe", "pay", "next"), Token);
        await engine.FollowAsync(run.Id, IsKind("step.in_doubt"), Token);

        using var resolved = await engine.Client.PostAsJsonAsync(
            $"/api/v1/runs/{run.Id}/steps/pay/resolve", new { occurrence = 1, outcome = "failed" }, Token);

        (await engine.EndAsync(run.Id, Token)).Output.ShouldBe("next=completed pay=runs.given_up");
        using var again = await engine.Client.PostAsJsonAsync(
            $"/api/v1/runs/{run.Id}/steps/pay/resolve", new { occurrence = 1, outcome = "failed" }, Token);
        again.StatusCode.ShouldBe(HttpStatusCode.Conflict);
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public async Task A_queryable_step_is_repeated_only_if_the_probe_says_that_it_did_not_take_place(
        bool tookPlace, int repeated)
    {
        await using var engine = await StartAsync();
        engine.Queryable.Probe = tookPlace
            ? new ProbeAnswer.TookPlace(new EffectOutput(JsonSerializer.SerializeToElement("found")))
            : new ProbeAnswer.DidNot();
        engine.Queryable.Hold("send");
        var run = await engine.StartRunAsync(ListProgram.Steps("test.queryable", "send"), Token);
        await engine.Queryable.BegunAsync("send", Token);

        await engine.RestartAsync(Token);

        (await engine.EndAsync(run.Id, Token)).Output.ShouldBe("send=completed");
        engine.Queryable.Performed.Count.ShouldBe(repeated);
    }

    [Fact]
    public async Task A_step_that_asks_waits_for_its_approval_across_a_restart()
    {
        await using var engine = await StartAsync();
        var run = await engine.StartRunAsync(ListProgram.Steps("test.asks", "commit"), Token);
        await engine.FollowAsync(run.Id, IsKind("approval.requested"), Token);
        await engine.RestartAsync(Token);

        var waiting = await engine.GetAsync(run.Id, Token);
        waiting.Status.ShouldBe(RunStatus.Waiting);
        engine.Asks.Performed.ShouldBeEmpty();
        var asked = waiting.PendingApprovals.ShouldHaveSingleItem();
        using var decided = await DecideAsync(engine, asked, approve: true);
        decided.StatusCode.ShouldBe(HttpStatusCode.OK);

        (await engine.EndAsync(run.Id, Token)).Output.ShouldBe("commit=completed");
        engine.Asks.Performed.ShouldBe([$"{run.Id}:commit:1"]);
        using var twice = await DecideAsync(engine, asked, approve: true);
        (await CodeOfAsync(twice)).ShouldBe("runs.approval_already_decided");
    }

    [Fact]
    public async Task A_denied_step_is_never_performed()
    {
        await using var engine = await StartAsync();
        var run = await engine.StartRunAsync(ListProgram.Steps("test.asks", "commit"), Token);
        await engine.FollowAsync(run.Id, IsKind("approval.requested"), Token);
        var asked = (await engine.GetAsync(run.Id, Token)).PendingApprovals.Single();

        using var changed = await DecideAsync(engine, asked with { ArgumentsHash = new string('b', 64) }, approve: true);
        (await CodeOfAsync(changed)).ShouldBe("runs.approval_changed");
        using var denied = await DecideAsync(engine, asked, approve: false);

        (await engine.EndAsync(run.Id, Token)).Output.ShouldBe("commit=test.denied");
        engine.Asks.Performed.ShouldBeEmpty();
    }

    [Fact]
    public async Task Cancelling_stops_what_is_being_performed()
    {
        await using var engine = await StartAsync();
        engine.Keyed.Hold("long");
        var run = await engine.StartRunAsync(ListProgram.Steps("test.keyed", "long", "never"), Token);
        await engine.Keyed.BegunAsync("long", Token);

        using var cancelled = await engine.Client.PostAsJsonAsync(
            $"/api/v1/runs/{run.Id}/cancel", new { reason = "Changed my mind." }, Token);

        cancelled.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var ended = await engine.EndAsync(run.Id, Token);
        ended.Status.ShouldBe(RunStatus.Cancelled);
        engine.Keyed.Performed.ShouldBe([$"{run.Id}:long:1"]);
        using var again = await engine.Client.PostAsJsonAsync($"/api/v1/runs/{run.Id}/cancel", new { }, Token);
        (await CodeOfAsync(again)).ShouldBe("runs.already_ended");
    }

    [Fact]
    public async Task A_waiting_run_can_be_cancelled_after_a_restart()
    {
        await using var engine = await StartAsync();
        var run = await engine.StartRunAsync(ListProgram.Steps("test.asks", "commit"), Token);
        await engine.FollowAsync(run.Id, IsKind("approval.requested"), Token);
        await engine.RestartAsync(Token);

        using var cancelled = await engine.Client.PostAsync($"/api/v1/runs/{run.Id}/cancel", null, Token);

        cancelled.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await engine.EndAsync(run.Id, Token)).Status.ShouldBe(RunStatus.Cancelled);
    }

    [Fact]
    public async Task The_step_limit_ends_the_run_before_the_step_that_exceeds_it()
    {
        await using var engine = await StartAsync();

        var run = await engine.StartRunAsync(ListProgram.Steps("test.keyed", "a", "b", "c"), Token, stepsMax: 2);

        var ended = await engine.EndAsync(run.Id, Token);
        ended.Status.ShouldBe(RunStatus.Failed);
        ended.Fault!.Code.ShouldBe("runs.step_limit");
        engine.Keyed.Performed.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Starting_twice_with_one_idempotency_key_starts_one_run()
    {
        await using var engine = await StartAsync();
        var steps = ListProgram.Steps("test.keyed", "a");

        var runs = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => engine.StartRunAsync(steps, Token, "once")));
        await engine.EndAsync(runs[0].Id, Token);

        runs.Select(run => run.Id).Distinct().ShouldHaveSingleItem();
        engine.Keyed.Performed.ShouldHaveSingleItem();
        var other = await engine.TryStartRunAsync(steps, Token, "once", title: "Another list");
        other.Fault.Code.ShouldBe("runs.idempotency_conflict");
    }

    [Fact]
    public async Task A_watcher_that_reconnects_misses_nothing_and_sees_nothing_twice()
    {
        await using var engine = await StartAsync();
        var held = engine.Keyed.Hold("b");
        var run = await engine.StartRunAsync(ListProgram.Steps("test.keyed", "a", "b"), Token);
        var before = await engine.FollowAsync(run.Id, IsKind("step.completed"), Token);
        var seen = before[^1].GetProperty("seq").GetInt32();

        var rest = engine.FollowAsync(run.Id, _ => false, Token, seen);
        held.SetResult();

        (await rest)[0].GetProperty("seq").GetInt32().ShouldBe(seen + 1);
        (await rest)[^1].GetProperty("kind").GetString().ShouldBe("run.completed");
    }

    [Fact]
    public async Task Lists_page_through_all_runs_newest_first()
    {
        await using var engine = await StartAsync();
        var started = new List<RunId>();
        for (var i = 0; i < 7; i++)
        {
            var run = await engine.StartRunAsync(ListProgram.Steps("test.keyed", "a"), Token);
            await engine.EndAsync(run.Id, Token);
            started.Add(run.Id);
        }

        var listed = new List<RunId>();
        string? cursor = null;
        do
        {
            var url = $"/api/v1/runs?limit=3&status=completed&subject=a-list{(cursor is null ? "" : $"&cursor={cursor}")}";
            var page = JsonDocument.Parse(await engine.Client.GetStringAsync(url, Token)).RootElement;
            listed.AddRange(page.GetProperty("items").EnumerateArray()
                .Select(run => RunId.Parse(run.GetProperty("id").GetString()!, null)));
            cursor = page.GetProperty("nextCursor").GetString();
        }
        while (cursor is not null);

        listed.Order().ShouldBe(started.Order());
        listed.ShouldBe(listed.OrderDescending());
    }

    [Fact]
    public async Task A_large_payload_is_kept_beside_the_journal_and_read_back_whole()
    {
        await using var engine = await StartAsync();
        var text = new string('x', 100_000);
        var input = JsonSerializer.SerializeToElement(
            new { batches = new[] { new[] { new { step = "big", effect = "test.keyed", text } } } });

        var run = await engine.StartRunAsync(input, Token);
        await engine.EndAsync(run.Id, Token);

        var events = await engine.FollowAsync(run.Id, _ => false, Token);
        var begun = events.Single(happened => IsKind("step.started")(happened));
        begun.GetProperty("data").GetProperty("input").GetProperty("text").GetString().ShouldBe(text);
    }

    private static Func<JsonElement, bool> IsKind(string kind) =>
        happened => happened.GetProperty("kind").GetString() == kind;

    private static Task<HttpResponseMessage> DecideAsync(EngineHarness engine, Approval asked, bool approve) =>
        engine.Client.PostAsJsonAsync(
            $"/api/v1/runs/{asked.RunId}/approvals/{asked.Id}",
            new { approve, argumentsHash = asked.ArgumentsHash, note = "Because." },
            Token);

    private static async Task<string?> CodeOfAsync(HttpResponseMessage answer) =>
        (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("code").GetString();
}

/// <summary>On SQLite.</summary>
public sealed class EngineOnSqliteTests() : EngineTests(() => Task.FromResult<string?>(null));

/// <summary>On PostgreSQL.</summary>
public sealed class EngineOnPostgresTests(PostgresCluster postgres)
    : EngineTests(async () => await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken));
