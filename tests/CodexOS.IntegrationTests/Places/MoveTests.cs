using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Moves;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Runs;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Places;

/// <summary>A tenant moves to another database while it works, whole or not at all.</summary>
public sealed class MoveTests(PostgresCluster postgres)
{
    private static readonly string[] s_tables =
        ["agents.agents", "agents.agent_versions", "runs.runs", "runs.run_events", "runs.approvals", "tools.standing_approvals"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_tenant_moves_with_all_its_rows_and_back_and_works_on_in_both_places()
    {
        await using var sharded = await ShardedServer.StartAsync(postgres, Token);
        await ShardedServer.MakeAgentAsync(sharded.Bob, "his", Token);
        await ShardedServer.MakeAgentAsync(sharded.Ada, "hers", Token);
        var before = await DoneAsync(sharded);
        var rows = await CountAsync(sharded, inEast: false);

        var moved = await sharded.MoveAsync("east", Token);

        moved.Status.ShouldBe(RunStatus.Completed, moved.Fault?.ToString());
        (await CountAsync(sharded, inEast: true)).ShouldBe(rows);
        (await CountAsync(sharded, inEast: false)).Values.ShouldAllBe(count => count == 0);
        (await sharded.HomeAsync<long>("SELECT count(*) FROM agents.agents WHERE name = 'hers'", Token)).ShouldBe(1);
        sharded.Places.Of(sharded.His).Name.ShouldBe("east");
        await WorksAsync(sharded, before);
        var log = await sharded.Ada.GetFromJsonAsync<JsonElement>("/api/v1/audit?action=tenants.finish_move", Token);
        log.GetProperty("items").EnumerateArray().ShouldHaveSingleItem()
            .GetProperty("details").GetProperty("to").GetString().ShouldBe("east");
        moved.Output.ShouldNotBeNull().ShouldContain("lie in east now, counted and compared");

        var back = await sharded.MoveAsync("home", Token);

        back.Status.ShouldBe(RunStatus.Completed, back.Fault?.ToString());
        sharded.Places.Of(sharded.His).Name.ShouldBe("home");
        (await CountAsync(sharded, inEast: true)).Values.ShouldAllBe(count => count == 0);
        await WorksAsync(sharded, before);
        // The place that it has left refuses its rows for good, and the one that it lies in gives them.
        (await sharded.EastAsync<long>("SELECT count(*) FROM platform.closed_tenants", Token)).ShouldBe(1);
        (await sharded.HomeAsync<long>("SELECT count(*) FROM platform.closed_tenants", Token)).ShouldBe(0);
    }

    [Fact]
    public async Task A_run_goes_on_where_its_tenant_arrives_and_nothing_that_was_finished_is_done_again()
    {
        await using var sharded = await ShardedServer.StartAsync(postgres, Token);
        var steps = Enumerable.Range(0, 400).Select(i => $"s{i}").ToArray();
        var runs = new List<RunId>();
        for (var i = 0; i < 4; i++)
            runs.Add(await sharded.StartRunAsync(sharded.His, ListProgram.Steps("test.unsafe", steps), Token));
        var held = sharded.Keyed.Hold("held");
        var holding = await sharded.StartRunAsync(sharded.His, ListProgram.Steps("test.keyed", "first", "held", "last"), Token);
        await sharded.Keyed.BegunAsync("held", Token);
        // A run that waits for something from outside is not driven by anybody.
        var waiting = await sharded.StartRunAsync(
            sharded.His, ListProgram.Batches("""[[{ "step": "w", "signal": "go" }], [{ "step": "after", "effect": "test.keyed" }]]"""),
            Token);
        var answers = new ConcurrentDictionary<HttpStatusCode, int>();
        using var writing = new CancellationTokenSource();
        var writes = WriteAsync(sharded, answers, writing.Token);

        var moving = await sharded.StartMoveAsync("east", Token);
        // The step that is under way may end while the tenant is closed.
        await UntilAsync(() => sharded.Places.IsMoving(sharded.His));
        held.SetResult();
        var moved = await sharded.EndAsync(sharded.Hers, moving, Token);

        moved.Status.ShouldBe(RunStatus.Completed, moved.Fault?.ToString());
        foreach (var run in runs)
            (await sharded.EndAsync(sharded.His, run, Token)).Status.ShouldBe(RunStatus.Completed);
        (await sharded.EndAsync(sharded.His, holding, Token)).Status.ShouldBe(RunStatus.Completed);
        using var signal = await sharded.Bob.PostAsJsonAsync(
            $"/api/v1/runs/{waiting}/signals/go", new { payload = new { } }, Token);
        signal.IsSuccessStatusCode.ShouldBeTrue(await signal.Content.ReadAsStringAsync(Token));
        (await sharded.EndAsync(sharded.His, waiting, Token)).Status.ShouldBe(RunStatus.Completed);
        await writing.CancelAsync();
        await writes;

        sharded.Unsafe.Performed.Count.ShouldBe(4 * steps.Length);
        sharded.Unsafe.Performed.Distinct().Count().ShouldBe(4 * steps.Length, "An effect with a finished side effect was repeated.");
        sharded.Keyed.Performed.Count(key => key.Contains("first", StringComparison.Ordinal)).ShouldBe(1);
        // What was answered is there, and what was not was told to come back.
        answers.Keys.ShouldBeSubsetOf([HttpStatusCode.OK, HttpStatusCode.Created, HttpStatusCode.ServiceUnavailable]);
        answers.ShouldContainKey(HttpStatusCode.ServiceUnavailable);
        var written = answers.Where(one => one.Key != HttpStatusCode.ServiceUnavailable).Sum(one => one.Value);
        (await sharded.EastAsync<long>("SELECT count(*) FROM agents.agents WHERE name LIKE 'load-%'", Token)).ShouldBe(written);
        (await sharded.HomeAsync<long>($"SELECT count(*) FROM runs.runs WHERE tenant_id = '{sharded.His.Value}'", Token)).ShouldBe(0);
    }

    [Fact]
    public async Task A_row_that_differs_stops_the_move_and_the_tenant_goes_on_where_it_was()
    {
        await using var sharded = await ShardedServer.StartAsync(postgres, Token);
        await ShardedServer.MakeAgentAsync(sharded.Bob, "his", Token);
        var before = await DoneAsync(sharded);
        // The target changes what it is given.
        await sharded.EastAsync<object>("""
            CREATE FUNCTION agents.spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.title := 'spoilt'; RETURN NEW; END $$;
            CREATE TRIGGER spoil BEFORE INSERT ON agents.agents FOR EACH ROW EXECUTE FUNCTION agents.spoil();
            SELECT 1::bigint AS done
            """, Token);

        var moved = await sharded.MoveAsync("east", Token);

        moved.Status.ShouldBe(RunStatus.Failed);
        moved.Fault!.Code.ShouldBe("tenants.rows_differ");
        moved.Fault.Message.ShouldContain("agents.agents");
        sharded.Places.Of(sharded.His).Name.ShouldBe("home");
        sharded.Places.IsMoving(sharded.His).ShouldBeFalse();
        await WorksAsync(sharded, before);

        // What the try has left is removed by the next one.
        await sharded.EastAsync<object>("DROP TRIGGER spoil ON agents.agents; SELECT 1::bigint AS done", Token);
        (await sharded.MoveAsync("east", Token)).Status.ShouldBe(RunStatus.Completed);
        await WorksAsync(sharded, before);
    }

    [Fact]
    public async Task A_move_that_is_refused_says_why()
    {
        await using var sharded = await ShardedServer.StartAsync(postgres, Token);

        (await RefusedAsync(sharded, sharded.His, "west")).ShouldBe((HttpStatusCode.NotFound, "tenants.no_such_shard"));
        (await RefusedAsync(sharded, sharded.His, "home")).ShouldBe((HttpStatusCode.Conflict, "tenants.is_there"));
        (await RefusedAsync(sharded, sharded.Hers, "east")).ShouldBe((HttpStatusCode.Conflict, "tenants.home_stays"));
        (await RefusedAsync(sharded, TenantId.New(TimeProvider.System), "east"))
            .ShouldBe((HttpStatusCode.NotFound, "identity.tenant_not_found"));
        using var his = await sharded.Bob.PostAsJsonAsync($"/api/v1/tenants/{sharded.His}/move", new { to = "east" }, Token);
        his.StatusCode.ShouldBe(HttpStatusCode.Forbidden);

        var shards = await sharded.Ada.GetFromJsonAsync<JsonElement>("/api/v1/shards", Token);
        shards.GetProperty("items").EnumerateArray().Select(one => one.GetProperty("name").GetString()).ShouldBe(["home", "east"]);
        shards.GetProperty("items")[0].GetProperty("tenants").GetInt32().ShouldBe(2);
    }

    [Fact]
    public async Task One_move_of_a_tenant_at_a_time_and_one_that_is_cancelled_leaves_it_where_it_was()
    {
        await using var sharded = await ShardedServer.StartAsync(postgres, Token, "Runs:MoveDrainTimeout=00:05:00");
        await ShardedServer.MakeAgentAsync(sharded.Bob, "his", Token);
        var before = await DoneAsync(sharded);
        // A step that does not end keeps the move waiting, with the tenant closed.
        sharded.Keyed.Hold("held");
        await sharded.StartRunAsync(sharded.His, ListProgram.Steps("test.keyed", "held"), Token);
        await sharded.Keyed.BegunAsync("held", Token);
        var moving = await sharded.StartMoveAsync("east", Token);
        await UntilAsync(() => sharded.Places.IsMoving(sharded.His));

        using (var turnedAway = await sharded.Bob.GetAsync(new Uri("/api/v1/agents", UriKind.Relative), Token))
        {
            turnedAway.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            turnedAway.Headers.RetryAfter.ShouldNotBeNull();
            (await CodeOfAsync(turnedAway)).ShouldBe("platform.tenant_moving");
        }

        (await RefusedAsync(sharded, sharded.His, "east")).ShouldBe((HttpStatusCode.Conflict, "tenants.move_busy"));
        using (var cancelled = await sharded.Ada.PostAsJsonAsync($"/api/v1/runs/{moving}/cancel", new { }, Token))
            cancelled.IsSuccessStatusCode.ShouldBeTrue(await cancelled.Content.ReadAsStringAsync(Token));

        (await sharded.EndAsync(sharded.Hers, moving, Token)).Status.ShouldBe(RunStatus.Cancelled);
        await UntilAsync(() => !sharded.Places.IsMoving(sharded.His));
        sharded.Places.Of(sharded.His).Name.ShouldBe("home");
        sharded.Keyed.Hold("held").SetResult();
        await WorksAsync(sharded, before);
        // Its turn is given back.
        await UntilAsync(async () => await sharded.HomeAsync<long>(
            "SELECT count(*) FROM platform.tenant_places WHERE moved_by IS NOT NULL", Token) == 0);
        (await sharded.MoveAsync("east", Token)).Status.ShouldBe(RunStatus.Completed);
        await WorksAsync(sharded, before);
    }

    [Fact]
    public async Task A_step_that_does_not_end_in_time_is_cut_off_and_done_again_where_the_tenant_arrives()
    {
        await using var sharded = await ShardedServer.StartAsync(postgres, Token, "Runs:MoveDrainTimeout=00:00:00.5");
        var held = sharded.Keyed.Hold("held");
        var run = await sharded.StartRunAsync(sharded.His, ListProgram.Steps("test.keyed", "first", "held", "last"), Token);
        await sharded.Keyed.BegunAsync("held", Token);

        var moved = await sharded.MoveAsync("east", Token);
        moved.Status.ShouldBe(RunStatus.Completed, moved.Fault?.ToString());
        held.SetResult();

        (await sharded.EndAsync(sharded.His, run, Token)).Status.ShouldBe(RunStatus.Completed);
        sharded.Keyed.Performed.Count(key => key.Contains(":first:", StringComparison.Ordinal)).ShouldBe(1);
        sharded.Keyed.Performed.Count(key => key.Contains(":last:", StringComparison.Ordinal)).ShouldBe(1);
        (await sharded.EastAsync<long>(
            $"SELECT count(*) FROM runs.run_events WHERE run_id = '{run.Value}'", Token)).ShouldBeGreaterThan(6);
    }

    [Theory]
    [InlineData("copy")]
    [InlineData("switch")]
    public async Task A_move_whose_server_is_gone_goes_on_with_the_next_one(string at)
    {
        await using var sharded = await ShardedServer.StartAsync(postgres, Token, "Runs:MoveDrainTimeout=00:00:05");
        await ShardedServer.MakeAgentAsync(sharded.Bob, "his", Token);
        var before = await DoneAsync(sharded);
        RunId? run = null;
        if (at is "switch")
        {
            sharded.Keyed.Hold("held");
            run = await sharded.StartRunAsync(sharded.His, ListProgram.Steps("test.keyed", "first", "held"), Token);
            await sharded.Keyed.BegunAsync("held", Token);
        }

        var moving = await sharded.StartMoveAsync("east", Token);
        await UntilAsync(async () => at is "switch"
            ? sharded.Places.IsMoving(sharded.His)
            : await sharded.HomeAsync<long>("SELECT count(*) FROM platform.tenant_places WHERE moved_by IS NOT NULL", Token) == 1);
        await sharded.RestartAsync(Token);

        (await sharded.EndAsync(sharded.Hers, moving, Token)).Status.ShouldBe(RunStatus.Completed);
        sharded.Places.Of(sharded.His).Name.ShouldBe("east");
        (await CountAsync(sharded, inEast: false)).Values.ShouldAllBe(count => count == 0);
        await WorksAsync(sharded, before);
        if (run is { } cut) (await sharded.EndAsync(sharded.His, cut, Token)).Status.ShouldBe(RunStatus.Completed);
    }

    [Fact]
    public async Task What_was_deleted_renamed_or_changed_while_rows_were_copied_is_so_where_they_arrive()
    {
        await using var sharded = await ShardedServer.StartAsync(postgres, Token);
        await ShardedServer.MakeAgentAsync(sharded.Bob, "stays", Token);
        await ShardedServer.MakeAgentAsync(sharded.Bob, "goes", Token);
        var (home, east) = (sharded.Places.All[0], sharded.Places.All[1]);
        var rows = new TenantRows(sharded.His, home, east, await MovedTables.ReadAsync(home, Token));
        await PlaceChanges.FenceAsync(east, sharded.His, Token);
        var moment = await rows.MomentAsync(Token);
        foreach (var table in rows.Tables) await rows.CopyAsync(table, null, isClosed: false, static (_, _) => { }, Token);

        // The name goes over to another agent: the row that has it in the target has to go first.
        await sharded.HomeAsync<long>(
            "WITH gone AS (DELETE FROM agents.agents WHERE name = 'goes' RETURNING 1) SELECT count(*) FROM gone", Token);
        await ShardedServer.MakeAgentAsync(sharded.Bob, "goes", Token);
        await ShardedServer.MakeAgentAsync(sharded.Bob, "new", Token);
        var changed = 0L;
        foreach (var table in rows.Tables)
            changed += (await rows.CopyAsync(table, moment, isClosed: true, static (_, _) => { }, Token)).Rows;

        changed.ShouldBeInRange(4, 20, "Only what has changed is written once more.");
        foreach (var table in rows.Tables)
            (await rows.SumAsync(east, table, Token)).ShouldBe(await rows.SumAsync(home, table, Token));
    }

    private static async Task<RunId> DoneAsync(ShardedServer sharded)
    {
        var run = await sharded.StartRunAsync(sharded.His, ListProgram.Steps("test.keyed", "a", "b"), Token);
        (await sharded.EndAsync(sharded.His, run, Token)).Status.ShouldBe(RunStatus.Completed);
        return run;
    }

    /// <summary>What was there is there, and new work can be done.</summary>
    private static async Task WorksAsync(ShardedServer sharded, RunId before)
    {
        using var agents = await sharded.Bob.GetAsync(new Uri("/api/v1/agents", UriKind.Relative), Token);
        (await agents.Content.ReadAsStringAsync(Token)).ShouldContain("\"his\"");
        using var events = await sharded.Bob.GetAsync(new Uri($"/api/v1/runs/{before}", UriKind.Relative), Token);
        events.IsSuccessStatusCode.ShouldBeTrue(await events.Content.ReadAsStringAsync(Token));
        await DoneAsync(sharded);
    }

    private static async Task<Dictionary<string, long>> CountAsync(ShardedServer sharded, bool inEast)
    {
        var counts = new Dictionary<string, long>();
        foreach (var table in s_tables)
        {
            var sql = $"SELECT count(*) FROM {table} WHERE tenant_id = '{sharded.His.Value}'";
            counts[table] = inEast ? await sharded.EastAsync<long>(sql, Token) : await sharded.HomeAsync<long>(sql, Token);
        }

        return counts;
    }

    /// <summary>Makes one agent after the other, and counts how that was answered.</summary>
    private static async Task WriteAsync(
        ShardedServer sharded, ConcurrentDictionary<HttpStatusCode, int> answers, CancellationToken until)
    {
        for (var i = 0; !until.IsCancellationRequested; i++)
        {
            using var yaml = new StringContent(
                $"name: load-{i}\ninstructions: Help.\nmodel: scripted:repo-engineer\n", System.Text.Encoding.UTF8, "application/yaml");
            using var answer = await sharded.Bob.PutAsync(new Uri("/api/v1/agents", UriKind.Relative), yaml, Token);
            answers.AddOrUpdate(answer.StatusCode, 1, static (_, count) => count + 1);
            if (answer.StatusCode is HttpStatusCode.InternalServerError)
                throw new InvalidOperationException(await answer.Content.ReadAsStringAsync(Token));
        }
    }

    private static async Task<(HttpStatusCode Status, string? Code)> RefusedAsync(
        ShardedServer sharded, TenantId tenant, string to)
    {
        using var answer = await sharded.Ada.PostAsJsonAsync($"/api/v1/tenants/{tenant}/move", new { to }, Token);
        return (answer.StatusCode, await CodeOfAsync(answer));
    }

    private static async Task<string?> CodeOfAsync(HttpResponseMessage answer) =>
        JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Token)).RootElement.GetProperty("code").GetString();

    private static Task UntilAsync(Func<bool> holds) => UntilAsync(() => Task.FromResult(holds()));

    /// <summary>For what has no event to wait for: what a process believes, or a row.</summary>
    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        while (!await holds()) await tick.WaitForNextTickAsync(Token);
    }
}
