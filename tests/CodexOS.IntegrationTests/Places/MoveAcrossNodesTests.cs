using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Platform.Ids;
using CodexOS.Testing.Nodes;
using CodexOS.Testing.Postgres;
using Npgsql;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Places;

/// <summary>Several real processes, of which some are killed or stand still while a tenant that they work for is moved.</summary>
public sealed class MoveAcrossNodesTests(PostgresCluster postgres)
{
    private static readonly string[] s_settings =
    [
        "Cluster:ProbeTimeout=00:00:01", "Cluster:ProbesMissedMax=3", "Cluster:TableRefreshInterval=00:00:02",
        "Runs:SweepInterval=00:00:02", "Runs:MoveDrainTimeout=00:00:10",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nodes_that_are_killed_at_every_stage_of_a_move_lose_nothing_and_repeat_nothing_that_was_finished()
    {
        var (home, east) = (await postgres.CreateDatabaseAsync(Token), await postgres.CreateDatabaseAsync(Token));
        await using var cluster = await NodeCluster.StartAsync(
            home, ["all", "worker"], Token, [.. s_settings, .. ShardedServer.Shard("east", east)]);
        await using var rows = NpgsqlDataSource.Create(PostgresCluster.AdministratorOf(east));
        var tenant = await MakeTenantAsync(cluster);
        const int runs = 12;
        await cluster.StartRunsAsync(0, runs, NodeCluster.Steps("node.keyed", 40, ms: 200), Token, tenant.ToString());

        var place = $"SELECT count(*) FROM platform.tenant_places WHERE tenant_id = '{tenant.Value}'";
        await StartMoveAsync(cluster, tenant);
        // While rows are copied: the other node goes on with it
        await cluster.UntilAsync($"{place} AND moved_by IS NOT NULL", 1, Token);
        await cluster.Node(0).KillAsync();
        // While the tenant is closed: nobody is left to go on with it
        await cluster.UntilAsync($"{place} AND is_closing", 1, Token);
        await cluster.Node(1).KillAsync();
        await Task.WhenAll(cluster.StartNodeAsync(0, Token), cluster.StartNodeAsync(1, Token));
        // When it has arrived, and some rows may be left behind
        await cluster.UntilAsync($"{place} AND place = 'east'", 1, Token);
        await cluster.Node(0).KillAsync();
        await cluster.StartNodeAsync(0, Token);

        while (await NumberAsync(rows, "SELECT count(*) FROM runs.runs WHERE status = 4") != runs)
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Token);
        await cluster.UntilAsync($"{place} AND place = 'east' AND moved_by IS NULL AND NOT is_closing", 1, Token);
        await NothingIsRepeatedAsync(cluster, rows);
        await NothingIsLeftAsync(cluster, tenant);
    }

    [Fact]
    public async Task A_node_that_stood_still_meanwhile_is_refused_by_the_database_that_the_tenant_has_left()
    {
        var (home, east) = (await postgres.CreateDatabaseAsync(Token), await postgres.CreateDatabaseAsync(Token));
        await using var cluster = await NodeCluster.StartAsync(
            home, ["all", "worker"], Token, [.. s_settings, .. ShardedServer.Shard("east", east)]);
        await using var rows = NpgsqlDataSource.Create(PostgresCluster.AdministratorOf(east));
        var tenant = await MakeTenantAsync(cluster);
        const int runs = 12;
        await cluster.StartRunsAsync(0, runs, NodeCluster.Steps("node.keyed", 40, ms: 200), Token, tenant.ToString());
        var silo = await cluster.SiloOfAsync(1, Token);
        (await cluster.NumberAsync($"SELECT count(*) FROM runs.runs WHERE owner = '{silo}'", Token))
            .ShouldBeGreaterThan(0, "Runs are spread over the nodes.");

        await StandStillAsync(cluster, 1);
        await StartMoveAsync(cluster, tenant);
        var place = $"SELECT count(*) FROM platform.tenant_places WHERE tenant_id = '{tenant.Value}'";
        await cluster.UntilAsync($"{place} AND place = 'east' AND moved_by IS NULL", 1, Token);
        await cluster.Node(1).SignalAsync("CONT");

        while (await NumberAsync(rows, "SELECT count(*) FROM runs.runs WHERE status = 4") != runs)
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Token);
        await NothingIsRepeatedAsync(cluster, rows);
        await NothingIsLeftAsync(cluster, tenant);
    }

    private static async Task<TenantId> MakeTenantAsync(NodeCluster cluster)
    {
        using var client = cluster.Client(0);
        using var made = await client.PostAsJsonAsync("/api/v1/tenants", new { name = "bob" }, Token);
        made.EnsureSuccessStatusCode();
        var tenant = (await made.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("tenant").GetProperty("id").GetString()!;
        return TenantId.Parse(tenant, null);
    }

    /// <summary>
    /// Lets a node stand still where it has no transaction open. One that it had would keep the tenant where it is
    /// (<c>tenants.still_written</c>), which is not what this is about.
    /// </summary>
    private static async Task StandStillAsync(NodeCluster cluster, int node)
    {
        const int looksMax = 40;
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        while (true)
        {
            await cluster.Node(node).SignalAsync("STOP");
            // Those of the other node come and go; one that stays is the still one's.
            HashSet<string>? open = null;
            for (var look = 0; look < looksMax && open is not { Count: 0 }; look++)
            {
                await tick.WaitForNextTickAsync(Token);
                var now = await cluster.TransactionsAsync(Token);
                if (open is null) open = now;
                else open.IntersectWith(now);
            }

            if (open is { Count: 0 }) return;
            await cluster.Node(node).SignalAsync("CONT");
            await tick.WaitForNextTickAsync(Token);
        }
    }

    private static async Task StartMoveAsync(NodeCluster cluster, TenantId tenant)
    {
        using var client = cluster.Client(0);
        using var answer = await client.PostAsJsonAsync($"/api/v1/tenants/{tenant}/move", new { to = "east" }, Token);
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync(Token));
    }

    /// <summary>Every step was completed once; a step is begun anew only where a takeover cut it off.</summary>
    private static async Task NothingIsRepeatedAsync(NodeCluster cluster, NpgsqlDataSource rows)
    {
        (await NumberAsync(rows, """
            SELECT count(*) FROM (SELECT run_id FROM runs.run_events GROUP BY run_id HAVING max(seq) + 1 <> count(*)) g
            """)).ShouldBe(0, "Journals have no gaps.");
        (await NumberAsync(rows, """
            SELECT count(*) FROM (SELECT run_id FROM runs.run_events WHERE kind = 3 GROUP BY run_id, payload::json->>'step'
                HAVING count(*) > 1) d
            """)).ShouldBe(0, "No step is completed twice.");
        var takeovers = await NumberAsync(rows, "SELECT sum(epoch - 1)::bigint FROM runs.runs");
        var begun = cluster.Ledger.Read().Where(static entry => entry.What == "begin").Select(static entry => entry.Key).ToList();
        (begun.Count - begun.Distinct().Count()).ShouldBeLessThanOrEqualTo((int)takeovers);
    }

    private static async Task NothingIsLeftAsync(NodeCluster cluster, TenantId tenant)
    {
        foreach (var table in (string[])["runs.runs", "runs.run_events"])
        {
            (await cluster.NumberAsync($"SELECT count(*) FROM {table} WHERE tenant_id = '{tenant.Value}'", Token))
                .ShouldBe(0, $"Nobody has written {table} where the tenant was.");
        }
    }

    private static async Task<long> NumberAsync(NpgsqlDataSource rows, string sql)
    {
        await using var command = rows.CreateCommand(sql);
        return Convert.ToInt64(await command.ExecuteScalarAsync(Token), CultureInfo.InvariantCulture);
    }
}
