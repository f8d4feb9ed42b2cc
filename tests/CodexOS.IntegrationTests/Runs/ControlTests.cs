using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Runs.Contracts;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Runs;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Runs;

/// <summary>What people may want of a run while it lives, on both databases, through the real server.</summary>
public abstract class ControlTests(Func<Task<string?>> database)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<EngineHarness> StartAsync(params string[] settings) =>
        await EngineHarness.StartAsync(await database(), Token, settings);

    [Fact]
    public async Task A_paused_run_ends_its_step_and_begins_no_other_until_it_is_resumed_even_after_a_restart()
    {
        await using var engine = await StartAsync();
        var held = engine.Keyed.Hold("a");
        var run = await engine.StartRunAsync(ListProgram.Steps("test.keyed", "a", "b"), Token);
        await engine.Keyed.BegunAsync("a", Token);

        (await engine.PostAsync(run.Id, "pause", new { reason = "Lunch." }, Token)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        held.SetResult();
        await engine.UntilAsync(run.Id, now => now.Status is RunStatus.Paused, Token);
        engine.Keyed.Performed.ShouldBe([$"{run.Id}:a:1"]);

        await engine.RestartAsync(Token);
        (await engine.GetAsync(run.Id, Token)).Status.ShouldBe(RunStatus.Paused);
        (await engine.PostAsync(run.Id, "resume", null, Token)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await engine.EndAsync(run.Id, Token)).Output.ShouldBe("a=completed b=completed");
        engine.Keyed.Performed.ShouldBe([$"{run.Id}:b:1"]);
    }

    [Fact]
    public async Task What_a_run_is_told_reaches_its_program_and_an_ended_run_takes_nothing_in()
    {
        await using var engine = await StartAsync();
        var held = engine.Keyed.Hold("a");
        var run = await engine.StartRunAsync(ListProgram.Steps("test.keyed", "a"), Token);
        await engine.Keyed.BegunAsync("a", Token);

        (await engine.PostAsync(run.Id, "steer", new { message = "Hurry." }, Token)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await engine.PostAsync(run.Id, "steer", new { message = "" }, Token)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        held.SetResult();
        (await engine.EndAsync(run.Id, Token)).Output.ShouldBe("a=completed said=Hurry.");

        var late = await engine.PostAsync(run.Id, "steer", new { message = "Late." }, Token);
        (late.StatusCode, await CodeOfAsync(late)).ShouldBe((HttpStatusCode.Conflict, "runs.already_ended"));
        var signal = await engine.PostAsync(run.Id, "signals/go", null, Token);
        (signal.StatusCode, await CodeOfAsync(signal)).ShouldBe((HttpStatusCode.Conflict, "runs.already_ended"));
    }

    [Fact]
    public async Task A_signal_is_delivered_once_whether_it_comes_before_the_wait_or_after_it()
    {
        await using var engine = await StartAsync();
        var held = engine.Keyed.Hold("a");
        var run = await engine.StartRunAsync(
            ListProgram.Batches("""
                [[{"step":"a","effect":"test.keyed"}],[{"step":"first","signal":"go"}],[{"step":"second","signal":"go"}]]
                """),
            Token);
        await engine.Keyed.BegunAsync("a", Token);
        await engine.PostAsync(run.Id, "signals/go", new { payload = 1 }, Token, key: "k1");
        await engine.PostAsync(run.Id, "signals/go", new { payload = 1 }, Token, key: "k1");
        held.SetResult();
        await engine.UntilAsync(run.Id, now => now.Status is RunStatus.Waiting, Token);

        await engine.RestartAsync(Token);
        await engine.PostAsync(run.Id, "signals/go", new { payload = 2 }, Token, key: "k2");
        (await engine.EndAsync(run.Id, Token)).Output.ShouldBe("a=completed first=1 second=2");
    }

    [Fact]
    public async Task A_signal_that_does_not_come_in_time_lets_the_run_go_on_without_it()
    {
        await using var engine = await StartAsync();
        var due = TimeProvider.System.GetUtcNow().AddMilliseconds(300).ToString("O");
        var run = await engine.StartRunAsync(
            ListProgram.Batches($$"""[[{"step":"w","signal":"go","until":"{{due}}"}],[{"step":"s","until":"{{due}}"}]]"""), Token);
        (await engine.EndAsync(run.Id, Token)).Output.ShouldBe("s=fired w=fired");
    }

    [Fact]
    public async Task A_run_waits_for_the_runs_that_it_starts_and_their_use_counts_as_its_own()
    {
        await using var engine = await StartAsync();
        var run = await engine.StartRunAsync(
            ListProgram.Batches("""
                [[{"step":"x","child":[[{"step":"a","effect":"test.keyed"}]]},
                  {"step":"y","child":[[{"step":"go","signal":"go"}]]}]]
                """),
            Token);
        var parent = await engine.UntilAsync(run.Id, now => now.Status is RunStatus.Waiting, Token);
        var children = (await engine.ListAsync("?kind=list&status=waiting", Token)).Where(one => one.ParentId == run.Id).ToList();
        parent.ParentId.ShouldBeNull();

        await engine.RestartAsync(Token);
        await engine.PostAsync(children.Single().Id, "signals/go", new { payload = "now" }, Token);
        var ended = await engine.EndAsync(run.Id, Token);
        ended.Output.ShouldBe("x=[a=completed] y=[go=\"now\"]");
        (ended.TokensIn, ended.TokensOut).ShouldBe((10, 5));
    }

    [Fact]
    public async Task Cancelling_a_run_cancels_the_runs_that_it_waits_for()
    {
        await using var engine = await StartAsync();
        var run = await engine.StartRunAsync(
            ListProgram.Batches("""[[{"step":"x","child":[[{"step":"go","signal":"never"}]]}]]"""), Token);
        await engine.UntilAsync(run.Id, now => now.Status is RunStatus.Waiting, Token);
        var child = (await engine.ListAsync("?status=waiting", Token)).Single(one => one.ParentId == run.Id);

        await engine.PostAsync(run.Id, "cancel", null, Token);
        (await engine.EndAsync(run.Id, Token)).Status.ShouldBe(RunStatus.Cancelled);
        (await engine.EndAsync(child.Id, Token)).Status.ShouldBe(RunStatus.Cancelled);
    }

    [Fact]
    public async Task A_child_may_have_no_more_than_its_parent()
    {
        await using var engine = await StartAsync("Runs:DepthMax=2");
        var deep = """{"step":"d","child":[[{"step":"d","child":[[{"step":"d","child":[[]]}]]}]]}""";
        var run = await engine.StartRunAsync(
            ListProgram.Batches($$"""
                [[{"step":"wide","grant":{"all":true},"child":[]},{"step":"rich","tokensMax":2000000,"child":[]}],[{{deep}}]]
                """),
            Token);
        (await engine.EndAsync(run.Id, Token)).Output
            .ShouldBe("d=[d=[d=runs.depth_limit]] rich=[] wide=runs.child_grant");
    }

    [Fact]
    public async Task Steps_side_by_side_cannot_exceed_a_budget_together()
    {
        await using var engine = await StartAsync();
        engine.Keyed.Reserve = new EffectUsage(60, 0, 0);
        var run = await engine.StartRunAsync(
            ListProgram.Batches("""[[{"step":"a","effect":"test.keyed"},{"step":"b","effect":"test.keyed"}]]"""),
            Token,
            limits: new RunLimits(10, TimeSpan.FromHours(1), 100, 0));
        (await engine.EndAsync(run.Id, Token)).Output.ShouldBe("a=completed b=runs.token_limit");
    }

    [Fact]
    public async Task A_run_that_waits_ends_when_its_time_is_up()
    {
        await using var engine = await StartAsync();
        var deadline = TimeProvider.System.GetUtcNow().AddMilliseconds(500);
        var waiting = await engine.StartRunAsync(
            ListProgram.Batches("""[[{"step":"w","signal":"never"}]]"""), Token, deadline: deadline);
        engine.Keyed.Hold("long");
        var working = await engine.StartRunAsync(ListProgram.Steps("test.keyed", "long"), Token, deadline: deadline);

        (await engine.EndAsync(waiting.Id, Token)).Fault!.Code.ShouldBe("runs.deadline");
        (await engine.EndAsync(working.Id, Token)).Status.ShouldBe(RunStatus.Completed);
        (await engine.GetAsync(working.Id, Token)).Output.ShouldBe("long=runs.step_cancelled");
    }

    [Fact]
    public async Task A_person_can_say_that_a_step_in_doubt_took_place_or_have_it_undone()
    {
        await using var engine = await StartAsync();
        engine.Payment.Throws.Add("p");
        engine.Payment.Throws.Add("q");
        var paid = await engine.StartRunAsync(ListProgram.Steps("test.payment", "p"), Token);
        var undone = await engine.StartRunAsync(ListProgram.Steps("test.payment", "q"), Token);
        await engine.UntilAsync(paid.Id, now => now.Status is RunStatus.InDoubt, Token);
        await engine.UntilAsync(undone.Id, now => now.Status is RunStatus.InDoubt, Token);

        var without = await engine.PostAsync(paid.Id, "steps/p/resolve", new { occurrence = 1, outcome = "tookPlace" }, Token);
        (await CodeOfAsync(without)).ShouldBe("runs.output_missing");
        await engine.PostAsync(
            paid.Id, "steps/p/resolve", new { occurrence = 1, outcome = "tookPlace", output = new { text = "receipt" } }, Token);
        (await engine.EndAsync(paid.Id, Token)).Output.ShouldBe("p=[receipt]");
        await engine.PostAsync(undone.Id, "steps/q/resolve", new { occurrence = 1, outcome = "compensate" }, Token);
        (await engine.EndAsync(undone.Id, Token)).Output.ShouldBe("q=runs.compensated");
        engine.Undo.Performed.ShouldBe([$"{undone.Id}:undo.q.1:1"]);
        engine.Payment.Performed.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_hard_cancellation_does_not_wait_for_a_step_and_leaves_nothing_to_approve()
    {
        await using var engine = await StartAsync();
        var asking = await engine.StartRunAsync(ListProgram.Steps("test.asks", "a"), Token);
        await engine.UntilAsync(asking.Id, now => now.PendingApprovals.Count == 1, Token);
        await engine.PostAsync(asking.Id, "cancel", new { hard = true }, Token);
        (await engine.EndAsync(asking.Id, Token)).Status.ShouldBe(RunStatus.Cancelled);
        (await engine.GetAsync(asking.Id, Token)).PendingApprovals.ShouldBeEmpty();
        var approvals = await engine.Client.GetFromJsonAsync<JsonElement>("/api/v1/approvals?state=withdrawn", Token);
        approvals.GetProperty("items").GetArrayLength().ShouldBe(1);
    }

    private static async Task<string?> CodeOfAsync(HttpResponseMessage answer) =>
        (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("code").GetString();
}

/// <summary>On SQLite.</summary>
public sealed class ControlOnSqliteTests() : ControlTests(() => Task.FromResult<string?>(null));

/// <summary>On PostgreSQL.</summary>
public sealed class ControlOnPostgresTests(PostgresCluster postgres)
    : ControlTests(async () => await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken));
