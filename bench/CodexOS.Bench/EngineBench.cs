using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Runs.Contracts;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Servers;
using Microsoft.Extensions.DependencyInjection;

namespace CodexOS.Bench;

/// <summary>
/// Steps per second of the whole engine (grain, loop, gate, journal, telemetry) against the same rows inserted in
/// batches by a bare loop into a table of the same shape on the same database, in alternation.
/// </summary>
internal static class EngineBench
{
    private const int Runs = 1_000;
    private const int StepsPerRun = 10;
    private const int WarmUpRounds = 3;
    private const int Rounds = 5;

    // Created, claimed, completed, and a start and an end for each step.
    private const int EventsPerRun = 3 + (2 * StepsPerRun);

    public static async Task<int> RunAsync(string results)
    {
        var report = new Report(
            "engine",
            $"{Runs} runs at once, {StepsPerRun} steps each, 1 KiB a step, telemetry on, commits reach the disk; "
                + "raw: the same rows, 1,024 a transaction");
        await using (var server = await StartAsync(null))
            await MeasureAsync("sqlite", server, report);
        await using var cluster = new PostgresCluster { Durable = true };
        await using (var server = await StartAsync(await cluster.CreateDatabaseAsync()))
            await MeasureAsync("postgres", server, report);
        report.Write(results);
        await Peers.RunAsync(results, cluster);
        return 0;
    }

    internal static Task<CodexServer> StartAsync(string? postgres) => CodexServer.StartAsync(
        postgres,
        adjust: services => services
            .AddSingleton<IRunProgram, BenchProgram>()
            .AddSingleton<IEffectHandler, BenchHandler>());

    private static async Task MeasureAsync(string database, CodexServer server, Report report)
    {
        Console.WriteLine($"{database}:");
        // The first rounds are the compiler's.
        for (var round = 0; round < WarmUpRounds; round++) await EngineRoundAsync(server, Runs);
        await RawInsert.RoundAsync(server.Services.GetRequiredService<Database>(), Runs * EventsPerRun / 4);
        for (var round = 0; round < Rounds; round++)
        {
            var cpuBefore = Environment.CpuUsage.TotalTime;
            var (engine, _) = await EngineRoundAsync(server, Runs);
            var cpu = Environment.CpuUsage.TotalTime - cpuBefore;
            report.Add($"{database}: engine", Runs * StepsPerRun / engine.TotalSeconds, "steps/s");
            report.Add($"{database}: engine processor time", cpu.TotalMicroseconds / (Runs * StepsPerRun), "µs/step");
            report.Add($"{database}: engine rows", Runs * EventsPerRun / engine.TotalSeconds, "rows/s");
            var raw = await RawInsert.RoundAsync(server.Services.GetRequiredService<Database>(), Runs * EventsPerRun);
            report.Add($"{database}: raw batched insert", Runs * EventsPerRun / raw.TotalSeconds, "rows/s");
        }

        report.Compare($"{database}: engine rows / raw rows", $"{database}: engine rows", $"{database}: raw batched insert");
    }

    /// <summary>Starts the runs at once and waits until the journal has all of them complete.</summary>
    internal static async Task<(TimeSpan Wall, TenantId Tenant)> EngineRoundAsync(CodexServer server, int count)
    {
        var runs = server.Services.GetRequiredService<IRuns>();
        var tenant = TenantId.New(TimeProvider.System);
        var input = JsonSerializer.SerializeToElement(new { steps = StepsPerRun });
        var limits = new RunLimits(1_000, TimeSpan.FromHours(1), long.MaxValue, 0);
        var start = new RunStart(
            tenant, new UserId(tenant.Value), "bench", "bench", 1, "bench", input, input, limits, RunLabels.None, null);
        using var ended = new EndedRuns(count);
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, count).Select(_ => runs.StartAsync(start, CancellationToken.None)));
        await ended.AllAsync();
        return (watch.Elapsed, tenant);
    }

    /// <summary>Counts the runs that have ended, by the engine's own measurement, which follows the commit.</summary>
    private sealed class EndedRuns : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _missing;

        public EndedRuns(int count)
        {
            _missing = count;
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "codexos.runs.ended") listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((_, _, _, _) =>
            {
                if (Interlocked.Decrement(ref _missing) == 0) _all.TrySetResult();
            });
            _listener.Start();
        }

        public Task AllAsync() => _all.Task.WaitAsync(TimeSpan.FromMinutes(2));

        public void Dispose() => _listener.Dispose();
    }
}
