using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Runs.Contracts;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Runs;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Runs;

/// <summary>Going back in a run and beginning anew from it, on both databases, through the real server.</summary>
public abstract class TimeTravelTests(Func<Task<string?>> database)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<EngineHarness> StartAsync() => await EngineHarness.StartAsync(await database(), Token);

    [Fact]
    public async Task A_rollback_undoes_newest_first_and_the_run_goes_on_from_there_with_new_keys()
    {
        await using var engine = await StartAsync();
        var run = await engine.StartRunAsync(ListProgram.Steps("test.reversible", "a", "b", "c"), Token);
        await engine.EndAsync(run.Id, Token);
        var afterA = await engine.SeqOfAsync(run.Id, "step.completed", "a", Token);

        var plan = await engine.PostJsonAsync(run.Id, "rollback", new { toSeq = afterA, dryRun = true }, Token);
        plan.GetProperty("undo").EnumerateArray().Select(undo => undo.GetProperty("step").GetString()).ShouldBe(["c", "b"]);
        engine.Undo.Performed.ShouldBeEmpty();
        await engine.PostAsync(run.Id, "rollback", new { toSeq = afterA, note = "Wrong way." }, Token);
        await engine.UntilAsync(run.Id, now => now.Status is RunStatus.Paused, Token);
        engine.Undo.Performed.ShouldBe([$"{run.Id}:undo.c.1:1", $"{run.Id}:undo.b.1:1"]);

        await engine.RestartAsync(Token);
        var state = await engine.Client.GetFromJsonAsync<JsonElement>($"/api/v1/runs/{run.Id}/state", Token);
        state.GetProperty("program").GetProperty("Next").GetInt32().ShouldBe(1);
        await engine.PostAsync(run.Id, "resume", null, Token);
        (await engine.EndAsync(run.Id, Token)).Status.ShouldBe(RunStatus.Completed);
        engine.Reversible.Performed.ShouldBe(
            [$"{run.Id}:a:1", $"{run.Id}:b:1", $"{run.Id}:c:1", $"{run.Id}:b:2", $"{run.Id}:c:2"]);
        (await engine.GetAsync(run.Id, Token)).StepsCount.ShouldBe(7);
    }

    [Fact]
    public async Task What_cannot_be_undone_stops_a_rollback_before_it_begins_unless_it_may_stay()
    {
        await using var engine = await StartAsync();
        var run = await engine.StartRunAsync(
            ListProgram.Batches("""
                [[{"step":"a","effect":"test.reversible"}],[{"step":"b","effect":"test.unsafe"}],[{"step":"w","signal":"go"}]]
                """),
            Token);
        await engine.UntilAsync(run.Id, now => now.Status is RunStatus.Waiting, Token);

        var refused = await engine.PostAsync(run.Id, "rollback", new { toSeq = 1 }, Token);
        (refused.StatusCode, await CodeOfAsync(refused)).ShouldBe((HttpStatusCode.Conflict, "runs.irreversible"));
        (await engine.GetAsync(run.Id, Token)).Status.ShouldBe(RunStatus.Waiting);
        var beyond = await engine.PostAsync(run.Id, "rollback", new { toSeq = 10_000 }, Token);
        (await CodeOfAsync(beyond)).ShouldBe("runs.beyond_head");
        await engine.PostAsync(run.Id, "rollback", new { toSeq = 1, leaveIrreversible = true, goOn = true }, Token);
        await engine.UntilAsync(run.Id, now => now.Status is RunStatus.Waiting && now.StepsCount == 5, Token);
        engine.Undo.Performed.ShouldBe([$"{run.Id}:undo.a.1:1"]);
        engine.Unsafe.Performed.ShouldBe([$"{run.Id}:b:1", $"{run.Id}:b:2"]);
    }

    [Fact]
    public async Task A_compensation_that_fails_pauses_the_run_and_can_be_tried_again()
    {
        await using var engine = await StartAsync();
        engine.Undo.Fails.Add("undo.a.1");
        var run = await engine.StartRunAsync(ListProgram.Steps("test.reversible", "a", "b"), Token);
        await engine.EndAsync(run.Id, Token);

        await engine.PostAsync(run.Id, "rollback", new { toSeq = 1 }, Token);
        await engine.UntilAsync(run.Id, now => now.Status is RunStatus.Paused, Token);
        var events = await engine.EventsAsync(run.Id, Token);
        events.ShouldContain(happened => happened.GetProperty("kind").GetString() == "run.rollback_failed");
        engine.Undo.Performed.ShouldBe([$"{run.Id}:undo.b.1:1", $"{run.Id}:undo.a.1:1"]);

        engine.Undo.Fails.Clear();
        await engine.PostAsync(run.Id, "rollback", new { toSeq = 1 }, Token);
        await engine.UntilAsync(run.Id, now => now.Status is RunStatus.Paused && now.HeadSeq > events.Count, Token);
        engine.Undo.Performed.ShouldBe([$"{run.Id}:undo.b.1:1", $"{run.Id}:undo.a.1:1", $"{run.Id}:undo.a.1:2"]);
        (await engine.EventsAsync(run.Id, Token))
            .ShouldContain(happened => happened.GetProperty("kind").GetString() == "run.rolled_back");
    }

    [Fact]
    public async Task A_retry_repeats_the_failed_step_and_nothing_that_was_complete()
    {
        await using var engine = await StartAsync();
        engine.Keyed.Fails.Add("b");
        var run = await engine.StartRunAsync(
            ListProgram.Batches("""
                [[{"step":"a","effect":"test.keyed"}],[{"step":"b","effect":"test.keyed"},{"step":"c","effect":"test.keyed"}]]
                """, failOnError: true),
            Token);
        (await engine.EndAsync(run.Id, Token)).Fault!.Code.ShouldBe("list.step_failed");

        engine.Keyed.Fails.Clear();
        (await engine.PostAsync(run.Id, "retry", new { note = "Mended." }, Token)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await engine.UntilAsync(run.Id, now => now.Status is RunStatus.Completed, Token);
        var ended = await engine.GetAsync(run.Id, Token);
        ended.Output.ShouldBe("a=completed b=completed c=completed");
        ended.Fault.ShouldBeNull();
        engine.Keyed.Performed.Count(key => key == $"{run.Id}:c:1").ShouldBe(1);
        engine.Keyed.Performed.Last().ShouldBe($"{run.Id}:b:2");

        var again = await engine.PostAsync(run.Id, "retry", null, Token);
        (again.StatusCode, await CodeOfAsync(again)).ShouldBe((HttpStatusCode.Conflict, "runs.not_failed"));
    }

    [Fact]
    public async Task A_run_that_reached_a_limit_goes_on_when_it_is_tried_again_with_a_higher_one()
    {
        await using var engine = await StartAsync();
        var run = await engine.StartRunAsync(ListProgram.Steps("test.keyed", "a", "b"), Token, stepsMax: 1);
        (await engine.EndAsync(run.Id, Token)).Fault!.Code.ShouldBe("runs.step_limit");

        var same = await engine.PostAsync(run.Id, "retry", null, Token);
        (await CodeOfAsync(same)).ShouldBe("runs.limit_stands");
        await engine.PostAsync(run.Id, "retry", new { limits = new { stepsMax = 5 } }, Token);
        await engine.UntilAsync(run.Id, now => now.Status is RunStatus.Completed, Token);
        engine.Keyed.Performed.ShouldBe([$"{run.Id}:a:1", $"{run.Id}:b:1"]);
    }

    [Fact]
    public async Task A_fork_shares_the_past_and_goes_its_own_way_with_an_edited_outcome()
    {
        await using var engine = await StartAsync();
        var run = await engine.StartRunAsync(ListProgram.Steps("test.keyed", "a", "b", "c"), Token);
        await engine.EndAsync(run.Id, Token);
        var afterB = await engine.SeqOfAsync(run.Id, "step.completed", "b", Token);

        var forked = await engine.PostJsonAsync(
            run.Id, "fork", new { seq = afterB, output = new { text = "edited" }, message = "Look again." }, Token, key: "f");
        var fork = RunId.Parse(forked.GetProperty("id").GetString()!, null);
        var ended = await engine.EndAsync(fork, Token);
        ended.Output.ShouldBe("a=completed b=[edited] c=completed said=Look again.");
        (ended.ForkedFrom, ended.ForkSeq).ShouldBe((run.Id, afterB - 1));
        engine.Keyed.Performed.ShouldBe([$"{run.Id}:a:1", $"{run.Id}:b:1", $"{run.Id}:c:1", $"{fork}:c:1"]);
        var events = await engine.EventsAsync(fork, Token);
        events.Select(happened => happened.GetProperty("seq").GetInt32()).ShouldBe(Enumerable.Range(0, ended.HeadSeq + 1));

        var same = await engine.PostJsonAsync(
            run.Id, "fork", new { seq = afterB, output = new { text = "edited" }, message = "Look again." }, Token, key: "f");
        same.GetProperty("id").GetString().ShouldBe($"{fork}");
        await engine.RestartAsync(Token);
        var ofFork = await engine.PostJsonAsync(fork, "fork", new { seq = 0 }, Token);
        var rerun = RunId.Parse(ofFork.GetProperty("id").GetString()!, null);
        (await engine.EndAsync(rerun, Token)).Output.ShouldBe("a=completed b=completed c=completed");
    }

    [Fact]
    public async Task The_state_at_any_event_can_be_looked_at_and_checkpoints_are_where_nothing_was_under_way()
    {
        await using var engine = await StartAsync();
        var run = await engine.StartRunAsync(ListProgram.Steps("test.keyed", "a", "b"), Token);
        await engine.EndAsync(run.Id, Token);
        var beganB = await engine.SeqOfAsync(run.Id, "step.started", "b", Token);

        var state = await engine.Client.GetFromJsonAsync<JsonElement>($"/api/v1/runs/{run.Id}/state?seq={beganB}", Token);
        state.GetProperty("status").GetString().ShouldBe("running");
        state.GetProperty("stepsCount").GetInt32().ShouldBe(2);
        var page = await engine.Client.GetFromJsonAsync<JsonElement>($"/api/v1/runs/{run.Id}/checkpoints?limit=2", Token);
        page.GetProperty("items").EnumerateArray().Select(one => one.GetProperty("step").GetString()).ShouldBe(["b", "a"]);
        var next = await engine.Client.GetFromJsonAsync<JsonElement>(
            $"/api/v1/runs/{run.Id}/checkpoints?cursor={Uri.EscapeDataString(page.GetProperty("nextCursor").GetString()!)}", Token);
        next.GetProperty("items").EnumerateArray().Single().GetProperty("seq").GetInt32().ShouldBe(0);
        using var bad = await engine.Client.GetAsync($"/api/v1/runs/{run.Id}/state?seq=99", Token);
        (await CodeOfAsync(bad)).ShouldBe("runs.beyond_head");
    }

    private static async Task<string?> CodeOfAsync(HttpResponseMessage answer) =>
        (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("code").GetString();
}

/// <summary>On SQLite.</summary>
public sealed class TimeTravelOnSqliteTests() : TimeTravelTests(() => Task.FromResult<string?>(null));

/// <summary>On PostgreSQL.</summary>
public sealed class TimeTravelOnPostgresTests(PostgresCluster postgres)
    : TimeTravelTests(async () => await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken));
