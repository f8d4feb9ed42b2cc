using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;
using CodexOS.Testing.Runs;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Runs;

/// <summary>Who gets a place, and who is let in, through the real server.</summary>
public sealed class SchedulingTests
{
    private const int PoolSize = 2;
    private static readonly TenantId s_other = TenantId.New(TimeProvider.System);
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_run_beside_ten_thousand_of_another_tenant_begins_within_a_round()
    {
        await using var engine = await StartAsync($"Runs:Pools:test.keyed={PoolSize}");
        var many = engine.Keyed.Hold("many");
        await Task.WhenAll(Enumerable.Range(0, 10_000).Select(_ =>
            engine.StartRunAsync(ListProgram.Steps("test.keyed", "many"), Token)));
        await engine.WaitingAsync(engine.Tenant, 10_000 - PoolSize, Token);
        var one = await engine.StartRunAsync(ListProgram.Steps("test.keyed", "one"), Token, tenant: s_other);
        await engine.WaitingAsync(s_other, 1, Token);

        many.SetResult();
        await engine.Keyed.BegunAsync("one", Token);

        // Before it: those who had the places, one whose turn it was, and whoever overtook it on the way to the handler.
        engine.Keyed.Performed.ToList().IndexOf($"{one.Id}:one:1").ShouldBeLessThanOrEqualTo((2 * PoolSize) + 1);
    }

    [Fact]
    public async Task A_run_is_queued_until_its_first_step_has_a_place()
    {
        await using var engine = await StartAsync("Runs:Pools:test.keyed=1");
        var hold = engine.Keyed.Hold("a");
        await engine.StartRunAsync(ListProgram.Steps("test.keyed", "a"), Token);
        await engine.Keyed.BegunAsync("a", Token);

        var second = await engine.StartRunAsync(ListProgram.Steps("test.keyed", "b", "c"), Token);
        await engine.WaitingAsync(engine.Tenant, 1, Token);

        second.Status.ShouldBe(RunStatus.Queued);
        (await engine.GetAsync(second.Id, Token)).Status.ShouldBe(RunStatus.Queued);
        hold.SetResult();
        (await engine.EndAsync(second.Id, Token)).Status.ShouldBe(RunStatus.Completed);
    }

    [Fact]
    public async Task A_run_that_is_cancelled_while_it_waits_for_a_place_ends_and_takes_none()
    {
        await using var engine = await StartAsync("Runs:Pools:test.keyed=1");
        var hold = engine.Keyed.Hold("a");
        var first = await engine.StartRunAsync(ListProgram.Steps("test.keyed", "a"), Token);
        await engine.Keyed.BegunAsync("a", Token);
        var second = await engine.StartRunAsync(ListProgram.Steps("test.keyed", "b"), Token);
        await engine.WaitingAsync(engine.Tenant, 1, Token);

        using var answer = await engine.Client.PostAsJsonAsync($"/api/v1/runs/{second.Id}/cancel", new { }, Token);

        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await engine.EndAsync(second.Id, Token)).Status.ShouldBe(RunStatus.Cancelled);
        await engine.WaitingAsync(engine.Tenant, 0, Token);
        hold.SetResult();
        await engine.EndAsync(first.Id, Token);
        engine.Keyed.Performed.ShouldBe([$"{first.Id}:a:1"]);
        (await PoolAsync(engine, "test.keyed")).GetProperty("inUse").GetInt32().ShouldBe(0);
    }

    [Fact]
    public async Task A_tenant_at_its_limit_is_told_when_to_come_back_and_others_are_let_in()
    {
        await using var engine = await StartAsync("Runs:ActiveRunsPerTenantMax=2");
        var hold = engine.Keyed.Hold("a");
        var steps = ListProgram.Steps("test.keyed", "a");
        var run = await engine.StartRunAsync(steps, Token);
        await engine.StartRunAsync(steps, Token);

        var refused = (await engine.TryStartRunAsync(steps, Token)).Fault;

        (refused.Code, refused.Kind).ShouldBe(("runs.too_many_of_tenant", FaultKind.Throttled));
        refused.RetryAfter!.Value.ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(1));
        await engine.StartRunAsync(steps, Token, tenant: s_other);
        hold.SetResult();
        await engine.EndAsync(run.Id, Token);
        await engine.ActiveAsync(engine.Tenant, 0, Token);
        await engine.StartRunAsync(steps, Token);
    }

    [Fact]
    public async Task A_process_at_its_limit_refuses_and_a_run_that_is_in_already_is_found_by_its_key()
    {
        await using var engine = await StartAsync("Runs:ActiveRunsMax=1");
        engine.Keyed.Hold("a");
        var run = await engine.StartRunAsync(ListProgram.Steps("test.keyed", "a"), Token, key: "mine");

        (await engine.TryStartRunAsync(ListProgram.Steps("test.keyed", "a"), Token)).Fault.Code
            .ShouldBe("runs.too_many_active");
        (await engine.TryStartRunAsync(ListProgram.Steps("test.keyed", "a"), Token, key: "mine")).Value.Id
            .ShouldBe(run.Id);
    }

    [Fact]
    public async Task Nobody_is_let_in_while_too_many_steps_of_theirs_wait()
    {
        await using var engine = await StartAsync("Runs:Pools:test.keyed=1", "Runs:StepsWaitingPerTenantMax=1");
        engine.Keyed.Hold("a");
        var steps = ListProgram.Steps("test.keyed", "a");
        await engine.StartRunAsync(steps, Token);
        await engine.Keyed.BegunAsync("a", Token);
        await engine.StartRunAsync(steps, Token);
        await engine.WaitingAsync(engine.Tenant, 1, Token);

        (await engine.TryStartRunAsync(steps, Token)).Fault.Code.ShouldBe("runs.queue_full");
    }

    [Fact]
    public async Task The_load_shows_the_pools_and_only_the_tenants_own_runs()
    {
        await using var engine = await StartAsync("Runs:Pools:test.keyed=2");
        engine.Keyed.Hold("a");
        var steps = ListProgram.Steps("test.keyed", "a");
        await engine.StartRunAsync(steps, Token, tenant: s_other);
        await engine.Keyed.BegunAsync("a", Token);
        for (var i = 0; i < 2; i++) await engine.StartRunAsync(steps, Token);
        await engine.WaitingAsync(engine.Tenant, 1, Token);

        var load = await LoadAsync(engine);

        load.GetProperty("activeRuns").GetInt32().ShouldBe(2);
        load.GetProperty("runs").EnumerateArray().Sum(one => one.GetProperty("count").GetInt32()).ShouldBe(2);
        var pool = await PoolAsync(engine, "test.keyed");
        pool.GetProperty("size").GetInt32().ShouldBe(2);
        pool.GetProperty("inUse").GetInt32().ShouldBe(2);
        pool.GetProperty("ownInUse").GetInt32().ShouldBe(1);
        pool.GetProperty("ownWaiting").GetInt32().ShouldBe(1);
    }

    private static Task<EngineHarness> StartAsync(params string[] settings) =>
        EngineHarness.StartAsync(null, Token, settings);

    private static Task<JsonElement> LoadAsync(EngineHarness engine) =>
        engine.Client.GetFromJsonAsync<JsonElement>("/api/v1/runs/load", Token);

    private static async Task<JsonElement> PoolAsync(EngineHarness engine, string name) =>
        (await LoadAsync(engine)).GetProperty("pools").EnumerateArray()
            .Single(pool => pool.GetProperty("name").GetString() == name);
}
