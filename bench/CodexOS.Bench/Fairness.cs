using System.Diagnostics;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;

namespace CodexOS.Bench;

/// <summary>
/// A tenant with ten thousand runs that queue for a small pool, and another who starts one: how long the other's first
/// step waits.
/// </summary>
internal static class Fairness
{
    private const int Queued = 10_000;
    private const int Starts = 40;

    public static async Task MeasureAsync(BenchServer server, PooledHandler pooled, Report report)
    {
        var (many, one) = (TenantId.New(TimeProvider.System), TenantId.New(TimeProvider.System));
        using var ended = new EndedRuns(Queued + Starts);
        await server.StartRunsAsync(many, Queued, 1, PooledHandler.Name);
        var waits = new List<double>();
        for (var start = 0; start < Starts && ended.Missing > Starts * 2; start++)
        {
            var began = Stopwatch.GetTimestamp();
            var run = await server.StartRunAsync(one, 1, PooledHandler.Name);
            waits.Add(await FirstStepAsync(pooled, run.Id, began));
        }

        var name = $"{server.Name}: first step beside {Queued} queued runs";
        report.Add($"{name}: p50", Report.Percentile(waits, 50), "ms");
        report.Add($"{name}: p95 (bar 250)", Report.Percentile(waits, 95), "ms");
        await ended.AllAsync(TimeSpan.FromMinutes(10));
    }

    private static async Task<double> FirstStepAsync(PooledHandler pooled, RunId run, long began)
    {
        var begun = pooled.Begun.GetOrAdd(run, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
        return Stopwatch.GetElapsedTime(began, await begun.Task).TotalMilliseconds;
    }
}
