using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Testing.Nodes;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Runs;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Cluster;

/// <summary>Several real processes on one PostgreSQL: what happens to runs when some of them die, stop or leave.</summary>
public sealed class ClusterTests(PostgresCluster postgres, ITestOutputHelper output)
{
    // Detection is faster than by default; three misses, because test machines are busy.
    private static readonly string[] s_settings =
    [
        "Cluster:ProbeTimeout=00:00:01", "Cluster:ProbesMissedMax=3", "Runs:SweepInterval=00:00:02",
        "Cluster:TableRefreshInterval=00:00:02",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Runs_of_a_killed_node_go_on_elsewhere_and_no_finished_step_is_repeated()
    {
        await using var cluster = await StartAsync("all", "worker", "worker");
        const int runs = 60;
        await cluster.StartRunsAsync(0, runs, NodeCluster.Steps("node.keyed", 12, ms: 500), Token);
        var silo = await cluster.SiloOfAsync(1, Token);
        var victims = $"SELECT count(*) FROM runs.runs WHERE owner = '{silo}'";
        var before = await cluster.NumberAsync(victims, Token);
        before.ShouldBeInRange(5, runs - 5, "Runs are spread over the nodes.");

        var killed = Stopwatch.GetTimestamp();
        await cluster.Node(1).KillAsync();
        await cluster.UntilAsync(victims, 0, Token);
        output.WriteLine($"{before} runs of a killed node were taken over after {Stopwatch.GetElapsedTime(killed)}.");

        (await cluster.NumberAsync("SELECT count(DISTINCT owner) FROM runs.runs WHERE epoch > 1", Token))
            .ShouldBe(2, "They were spread over the living nodes.");
        await cluster.AllCompletedAsync(runs, Token);
        (await cluster.NumberAsync("SELECT count(*) FROM runs.runs WHERE epoch > 1", Token))
            .ShouldBe(before, "The runs of healthy nodes were left alone.");
        await NothingFinishedIsRepeatedAsync(cluster);
        using var client = cluster.Client(0);
        var nodes = await client.GetStringAsync("/api/v1/cluster/nodes", Token);
        nodes.ShouldContain("\"state\":\"dead\"");
    }

    [Fact]
    public async Task After_the_whole_cluster_was_killed_all_runs_go_on()
    {
        await using var cluster = await StartAsync("all", "worker");
        const int runs = 40;
        await cluster.StartRunsAsync(0, runs, NodeCluster.Steps("node.keyed", 6, ms: 500), Token);

        await Task.WhenAll(cluster.Node(0).KillAsync(), cluster.Node(1).KillAsync());
        var began = Stopwatch.GetTimestamp();
        await Task.WhenAll(cluster.StartNodeAsync(0, Token), cluster.StartNodeAsync(1, Token));
        var up = Stopwatch.GetElapsedTime(began);
        await cluster.UntilAsync("SELECT count(*) FROM runs.runs WHERE epoch = 1", 0, Token);
        output.WriteLine($"Up after {up}, {runs} runs resumed after {Stopwatch.GetElapsedTime(began)}.");

        await cluster.AllCompletedAsync(runs, Token);
        await NothingFinishedIsRepeatedAsync(cluster);
    }

    [Fact]
    public async Task A_node_that_stood_still_ends_and_repeats_nothing()
    {
        await using var cluster = await StartAsync("all", "worker");
        const int runs = 30;
        var ids = await cluster.StartRunsAsync(0, runs, NodeCluster.Steps("node.unsafe", 400, ms: 20), Token);
        var silo = await cluster.SiloOfAsync(1, Token);
        var victims = $"SELECT count(*) FROM runs.runs WHERE status <= 1 AND owner = '{silo}'";
        (await cluster.NumberAsync(victims, Token)).ShouldBeGreaterThan(0);

        await cluster.Node(1).SignalAsync("STOP");
        await cluster.UntilAsync(victims, 0, Token);
        await cluster.Node(1).SignalAsync("CONT");

        (await cluster.Node(1).EndAsync(Token)).ShouldBe(75, cluster.Node(1).Log);
        cluster.Node(1).Log.ShouldContain("no longer belongs to the cluster");
        await cluster.UntilAsync("SELECT count(*) FROM runs.runs WHERE status NOT IN (3, 4)", 0, Token);
        var begun = cluster.Ledger.Read().Where(entry => entry.What == "begin").Select(entry => entry.Key).ToList();
        begun.Count.ShouldBe(begun.Distinct().Count(), "No unsafe effect is begun twice.");
        begun.ShouldAllBe(key => ids.Contains(key.Split(':', StringSplitOptions.None)[0]));
    }

    [Fact]
    public async Task A_node_that_is_asked_to_stop_hands_its_runs_over_between_steps()
    {
        await using var cluster = await StartAsync("all", "worker", "worker");
        const int runs = 60;
        await cluster.StartRunsAsync(0, runs, NodeCluster.Steps("node.unsafe", 10, ms: 400), Token);
        var silo = await cluster.SiloOfAsync(2, Token);
        using var leaving = cluster.Client(2);

        var began = Stopwatch.GetTimestamp();
        await cluster.Node(2).SignalAsync("TERM");
        var notReady = await StatusAsync(leaving);
        var exitCode = await cluster.Node(2).EndAsync(Token);
        output.WriteLine($"The node left after {Stopwatch.GetElapsedTime(began)}.");

        exitCode.ShouldBe(0, cluster.Node(2).Log);
        notReady.ShouldBeOneOf(HttpStatusCode.ServiceUnavailable, null);
        (await cluster.NumberAsync($"SELECT count(*) FROM runs.runs WHERE status <= 1 AND owner = '{silo}'", Token))
            .ShouldBe(0);
        (await cluster.NumberAsync("SELECT count(*) FROM runs.runs WHERE epoch > 1", Token)).ShouldBeGreaterThan(0);
        await cluster.AllCompletedAsync(runs, Token);
        var begun = cluster.Ledger.Read().Where(entry => entry.What == "begin").Select(entry => entry.Key).ToList();
        begun.Count.ShouldBe(runs * 10, "Every step was performed once, on one node or another.");
        begun.Distinct().Count().ShouldBe(runs * 10);
    }

    [Fact]
    public async Task A_timer_that_was_set_on_a_node_that_died_fires_on_another()
    {
        await using var cluster = await StartAsync("all", "all");
        const int runs = 20;
        // Far enough away that nodes can be killed before, and no farther.
        var due = TimeProvider.System.GetUtcNow().AddSeconds(15);
        await cluster.StartRunsAsync(0, runs, ListProgram.Batches(string.Create(
            CultureInfo.InvariantCulture, $$"""[[{ "step": "sleep", "until": "{{due:O}}" }]]""")), Token);
        await cluster.UntilAsync("SELECT count(*) FROM runs.runs WHERE status = 2 AND wake_at IS NOT NULL", runs, Token);
        using var client = cluster.Client(0);
        var nodes = await client.GetFromJsonAsync<JsonElement>("/api/v1/cluster/nodes", Token);
        // The node that leads is the one that looks for timers that are due.
        var first = nodes.GetProperty("items").EnumerateArray().Single(node => node.GetProperty("self").GetBoolean());
        var leader = first.GetProperty("leads").GetBoolean() ? 0 : 1;

        await cluster.Node(leader).KillAsync();
        await cluster.AllCompletedAsync(runs, Token);

        TimeProvider.System.GetUtcNow().ShouldBeGreaterThan(due);
        (await cluster.NumberAsync("SELECT count(*) FROM runs.run_events WHERE kind = 10", Token))
            .ShouldBe(runs, "Each timer fires once.");
    }

    [Fact]
    public async Task Nodes_are_replaced_one_after_the_other_while_runs_are_under_way_and_no_step_is_repeated()
    {
        await using var cluster = await StartAsync("all", "all");
        const int runs = 30;
        const int steps = 60;
        await cluster.StartRunsAsync(0, runs, NodeCluster.Steps("node.unsafe", steps, ms: 300), Token);
        await cluster.UntilAsync("SELECT count(*) FROM runs.runs WHERE steps_count = 0", 0, Token);

        foreach (var node in (int[])[0, 1])
        {
            var began = Stopwatch.GetTimestamp();
            await cluster.Node(node).SignalAsync("TERM");
            (await cluster.Node(node).EndAsync(Token)).ShouldBe(0, cluster.Node(node).Log);
            var ended = Stopwatch.GetElapsedTime(began);
            await cluster.StartNodeAsync(node, Token);
            output.WriteLine($"Node {node} left after {ended} and was back after {Stopwatch.GetElapsedTime(began)}.");
        }

        await cluster.AllCompletedAsync(runs, Token);
        var begun = cluster.Ledger.Read().Where(entry => entry.What == "begin").Select(entry => entry.Key).ToList();
        begun.Count.ShouldBe(runs * steps);
        begun.Distinct().Count().ShouldBe(runs * steps);
        var byProcess = cluster.Ledger.Read().CountBy(entry => entry.Process).ToList();
        byProcess.Count.ShouldBeGreaterThanOrEqualTo(3, string.Join(' ', byProcess));
        (await cluster.NumberAsync("SELECT count(*) FROM runs.nodes", Token)).ShouldBe(2, "Who left is off the list.");
    }

    /// <summary>A step is begun again only where nobody knows whether it had ended, so at most once a takeover.</summary>
    private static async Task NothingFinishedIsRepeatedAsync(NodeCluster cluster)
    {
        (await cluster.NumberAsync(
            "SELECT count(*) FROM (SELECT run_id FROM runs.run_events GROUP BY run_id HAVING max(seq) + 1 <> count(*)) g",
            Token)).ShouldBe(0, "Journals have no gaps.");
        (await cluster.NumberAsync(
            "SELECT count(*) FROM (SELECT run_id FROM runs.run_events WHERE kind = 3 GROUP BY run_id, payload::json->>'step' "
                + "HAVING count(*) > 1) d",
            Token)).ShouldBe(0, "No step is completed twice.");
        var takeovers = await cluster.NumberAsync("SELECT sum(epoch - 1) FROM runs.runs", Token);
        var begun = cluster.Ledger.Read().Where(entry => entry.What == "begin").Select(entry => entry.Key).ToList();
        (begun.Count - begun.Distinct().Count()).ShouldBeLessThanOrEqualTo((int)takeovers);
    }

    private static async Task<HttpStatusCode?> StatusAsync(HttpClient client)
    {
        try
        {
            using var answer = await client.GetAsync("/health/ready", Token);
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            // It was faster.
            return null;
        }
    }

    private async Task<NodeCluster> StartAsync(params string[] roles) =>
        await NodeCluster.StartAsync(await postgres.CreateDatabaseAsync(Token), roles, Token, s_settings);
}
