using System.Diagnostics;
using System.Runtime.InteropServices;
using CodexOS.Platform.Ids;

namespace CodexOS.Bench;

/// <summary>
/// Steps per second and time from start to finish at several sizes, against the same rows inserted by a bare loop into a
/// table of the same shape on the same database, in alternation.
/// </summary>
internal static class Throughput
{
    // Created, claimed, completed, and a start and an end for each step.
    private const int EventsPerRun = 3 + (2 * EngineBench.StepsPerRun);
    private const int WarmUpRounds = 10;
    private const int RowsCompared = 1_000;
    private const int AutocommitRows = 200;
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(10);

    private static readonly (int Runs, int Rounds)[] s_sizes = [(1, 20), (100, 5), (1_000, 5), (10_000, 2)];

    public static async Task MeasureAsync(BenchServer server, Report report)
    {
        // The first rounds are the compiler's.
        for (var round = 0; round < WarmUpRounds; round++) await RoundAsync(server, 1_000, null);
        await RawInsert.RoundAsync(server.Database, RowsCompared * EventsPerRun / 4);
        foreach (var (runs, rounds) in s_sizes)
        {
            for (var round = 0; round < rounds; round++)
            {
                await RoundAsync(server, runs, report);
                if (runs != RowsCompared) continue;
                var rows = runs * EventsPerRun;
                var raw = await RawInsert.RoundAsync(server.Database, rows);
                report.Add($"{server.Name}: raw batched insert", rows / raw.TotalSeconds, "rows/s");
                var autocommit = await RawInsert.AutocommitAsync(server.Database, AutocommitRows);
                report.Add($"{server.Name}: raw autocommit", AutocommitRows / autocommit.TotalSeconds, "rows/s");
            }
        }

        report.Compare(
            $"{server.Name}: engine rows / raw batched rows (bar 0.25)",
            $"{server.Name}: 1000 runs: rows",
            $"{server.Name}: raw batched insert");
        report.Compare(
            $"{server.Name}: engine rows / raw autocommit rows",
            $"{server.Name}: 1000 runs: rows",
            $"{server.Name}: raw autocommit");
    }

    /// <summary>Starts the runs at once and waits until the journal has all of them complete.</summary>
    private static async Task RoundAsync(BenchServer server, int count, Report? report)
    {
        var tenant = TenantId.New(TimeProvider.System);
        using var ended = new EndedRuns(count);
        var before = Usage.Now();
        var watch = Stopwatch.StartNew();
        await server.StartRunsAsync(tenant, count, EngineBench.StepsPerRun, BenchHandler.Name);
        await ended.AllAsync(s_longest);
        var took = watch.Elapsed;
        var used = Usage.Now() - before;
        if (report is null) return;
        var (name, steps) = ($"{server.Name}: {count} runs", count * EngineBench.StepsPerRun);
        report.Add($"{name}: steps", steps / took.TotalSeconds, "steps/s");
        if (count == 1)
        {
            report.Add($"{name}: start to finish", took.TotalMilliseconds, "ms");
            return;
        }

        report.Add($"{name}: rows", count * EventsPerRun / took.TotalSeconds, "rows/s");
        report.Add($"{name}: processor time", used.Processor.TotalMicroseconds / steps, "µs/step");
        report.Add($"{name}: allocated", (double)used.AllocatedBytes / steps, "bytes/step");
        report.Add($"{name}: paused by the collector", 100 * used.Paused / took, "%");
        var times = await RunLatencies.OfAsync(server, tenant);
        report.Add($"{name}: start to finish p50", Report.Percentile(times, 50), "ms");
        report.Add($"{name}: start to finish p95", Report.Percentile(times, 95), "ms");
    }
}

/// <summary>What this process has used.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Usage(TimeSpan Processor, long AllocatedBytes, TimeSpan Paused)
{
    public static Usage Now() =>
        new(Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes(), GC.GetTotalPauseDuration());

    public static Usage operator -(Usage later, Usage earlier) => new(
        later.Processor - earlier.Processor, later.AllocatedBytes - earlier.AllocatedBytes, later.Paused - earlier.Paused);
}
