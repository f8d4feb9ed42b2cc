using System.Diagnostics;
using CodexOS.Platform.Ids;

namespace CodexOS.Bench;

/// <summary>Ten thousand runs whose tools take five seconds each: what waiting costs.</summary>
internal static class LongTools
{
    public const string Effect = "bench.slow";
    private const int Runs = 10_000;
    private const int Steps = 4;
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(10);

    public static TimeSpan Duration { get; } = TimeSpan.FromSeconds(5);

    public static async Task MeasureAsync(BenchServer server, SlowHandler slow, Report report)
    {
        slow.LagsMs.Clear();
        Collect();
        var memoryBefore = Process.GetCurrentProcess().WorkingSet64;
        using var ended = new EndedRuns(Runs);
        var before = Usage.Now();
        var watch = Stopwatch.StartNew();
        var tenant = TenantId.New(TimeProvider.System);
        // As they come in life: over the length of a step, not in one moment.
        for (var second = 0; second < 20; second++)
        {
            await server.StartRunsAsync(tenant, Runs / 20, Steps, Effect);
            var behind = TimeSpan.FromMilliseconds(250 * (second + 1)) - watch.Elapsed;
            if (behind > TimeSpan.Zero) await Task.Delay(behind, TimeProvider.System);
        }

        var memory = Process.GetCurrentProcess().WorkingSet64;
        await ended.AllAsync(s_longest);
        var used = Usage.Now() - before;
        var lags = slow.LagsMs.ToList();
        var name = $"{server.Name}: {Runs} runs with tools of {Duration.TotalSeconds} s";
        report.Add($"{name}: processors (bar 1)", used.Processor / watch.Elapsed, "cores");
        report.Add($"{name}: memory (bar 400)", memory / 1048576.0, "MB");
        report.Add($"{name}: memory beyond idle", (memory - memoryBefore) / 1048576.0, "MB");
        report.Add($"{name}: lag between steps p50", Report.Percentile(lags, 50), "ms");
        report.Add($"{name}: lag between steps p95 (bar 250)", Report.Percentile(lags, 95), "ms");
    }

    internal static void Collect()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
    }
}
