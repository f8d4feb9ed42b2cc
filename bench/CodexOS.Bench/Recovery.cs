using System.Diagnostics;
using CodexOS.Testing.Nodes;
using CodexOS.Testing.Postgres;

namespace CodexOS.Bench;

/// <summary>
/// A thousand runs under way on three processes and one PostgreSQL, with the settings that a cluster has by default: how
/// soon runs go on after one process, and after all of them, were killed without warning.
/// </summary>
internal static class Recovery
{
    private const int Runs = 1_000;
    private const int Rounds = 3;

    // Several times what a round lasts: whoever is taken over is in the middle of its work.
    private const int Steps = 120;
    private const int StepMs = 1_000;
    private static readonly string[] s_roles = ["all", "worker", "worker"];

    public static async Task MeasureAsync(PostgresCluster postgres, Report report)
    {
        for (var round = 0; round < Rounds; round++)
        {
            await using var cluster = await NodeCluster.StartAsync(
                await postgres.CreateDatabaseAsync(), s_roles, CancellationToken.None);
            await cluster.StartRunsAsync(0, Runs, NodeCluster.Steps("node.keyed", Steps, StepMs), CancellationToken.None);
            await cluster.UntilAsync("SELECT count(*) FROM runs.runs WHERE steps_count = 0", 0, CancellationToken.None);
            await KillOneAsync(cluster, victim: 1, report);
            await KillAllAsync(cluster, report);
            await CheckAsync(cluster, report);
        }
    }

    private static async Task KillOneAsync(NodeCluster cluster, int victim, Report report)
    {
        var silo = await cluster.SiloOfAsync(victim, CancellationToken.None);
        var left = $"SELECT count(*) FROM runs.runs WHERE owner = '{silo}'";
        var victims = await cluster.NumberAsync(left, CancellationToken.None);
        if (victims == 0) throw new InvalidOperationException($"The node {silo} has no runs to lose.");
        var began = Stopwatch.GetTimestamp();
        await cluster.Node(victim).KillAsync();
        var most = TimeSpan.Zero;
        for (long now; (now = await cluster.NumberAsync(left, CancellationToken.None)) > 0;)
        {
            if (most == TimeSpan.Zero && now <= victims / 20) most = Stopwatch.GetElapsedTime(began);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        var all = Stopwatch.GetElapsedTime(began);
        report.Add("recovery: runs of the killed node", victims, "runs");
        report.Add("recovery: 95 % go on elsewhere after (bar 5)", (most == TimeSpan.Zero ? all : most).TotalSeconds, "s");
        report.Add("recovery: all go on elsewhere after", all.TotalSeconds, "s");
        await cluster.StartNodeAsync(victim, CancellationToken.None);
    }

    private static async Task KillAllAsync(NodeCluster cluster, Report report)
    {
        var runs = await cluster.NumberAsync("SELECT count(*) FROM runs.runs WHERE status <= 1", CancellationToken.None);
        var epochs = await cluster.NumberAsync("SELECT sum(epoch) FROM runs.runs", CancellationToken.None);
        var began = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, s_roles.Length).Select(node => cluster.Node(node).KillAsync()));
        await Task.WhenAll(Enumerable.Range(0, s_roles.Length).Select(
            node => cluster.StartNodeAsync(node, CancellationToken.None)));
        var up = Stopwatch.GetElapsedTime(began);
        await cluster.UntilAsync(
            $"SELECT count(*) FROM runs.runs r WHERE status <= 1 AND NOT EXISTS "
                + "(SELECT 1 FROM runs_cluster.members m WHERE m.silo = r.owner AND m.status < 6)",
            0,
            CancellationToken.None);
        var all = Stopwatch.GetElapsedTime(began);
        report.Add("recovery: runs when all nodes were killed", runs, "runs");
        report.Add("recovery: all nodes are up again after", up.TotalSeconds, "s");
        report.Add("recovery: all runs resumed after (bar 10)", all.TotalSeconds, "s");
        report.Add(
            "recovery: claims beyond one a run",
            await cluster.NumberAsync("SELECT sum(epoch) FROM runs.runs", CancellationToken.None) - epochs - runs, "");
    }

    private static async Task CheckAsync(NodeCluster cluster, Report report)
    {
        var gaps = await cluster.NumberAsync(
            "SELECT count(*) FROM (SELECT run_id FROM runs.run_events GROUP BY run_id HAVING max(seq) + 1 <> count(*)) g",
            CancellationToken.None);
        var twice = await cluster.NumberAsync(
            "SELECT count(*) FROM (SELECT run_id FROM runs.run_events WHERE kind = 3 GROUP BY run_id, payload::json->>'step' "
                + "HAVING count(*) > 1) d",
            CancellationToken.None);
        report.Add("recovery: journals with gaps or steps completed twice (bar 0)", gaps + twice, "");
    }
}
