using CodexOS.Runs.Contracts;
using CodexOS.Testing.Postgres;

namespace CodexOS.Bench;

/// <summary>
/// The engine as a whole (grain, loop, gate, journal, telemetry), part by part, on both databases. Each part measures one
/// claim of the engine and states the bar it is held to.
/// </summary>
internal static class EngineBench
{
    public const int StepsPerRun = 10;

    public static async Task<int> RunAsync(string results, IReadOnlyCollection<string> parts)
    {
        var report = new Report(
            "engine",
            $"runs of {StepsPerRun} steps, 1 KiB a step, started at once; telemetry on, commits reach the disk; raw: the "
                + "same rows, 1,024 a transaction, or one");
        var slow = new SlowHandler(LongTools.Effect, LongTools.Duration);
        var asking = new AskingHandler();
        var pooled = new PooledHandler();
        await using var cluster = new PostgresCluster { Durable = true };
        foreach (var name in (string[])["sqlite", "postgres"])
        {
            var postgres = name == "postgres" ? await cluster.CreateDatabaseAsync() : null;
            IReadOnlyList<IEffectHandler> handlers = [new BenchHandler(), slow, asking, pooled];
            await using var server = await BenchServer.StartAsync(
                name, postgres, handlers, $"Runs:Pools:{PooledHandler.Name}={PooledHandler.PoolSize}");
            Console.WriteLine($"{name}:");
            if (Wanted("throughput")) await Throughput.MeasureAsync(server, report);
            if (Wanted("fairness")) await Fairness.MeasureAsync(server, pooled, report);
            if (Wanted("parked")) await ParkedRuns.MeasureAsync(server, asking, report);
            if (Wanted("tools")) await LongTools.MeasureAsync(server, slow, report);
        }

        if (Wanted("recovery")) await Recovery.MeasureAsync(cluster, report);
        if (parts.Count == 0 || parts.Any(part => part != "peers")) report.Write(results);
        if (Wanted("peers")) await Peers.RunAsync(results, cluster);
        return 0;

        bool Wanted(string part) => parts.Count == 0 || parts.Contains(part);
    }
}
