using System.Diagnostics.Metrics;
using System.Text.Json;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Runs.Contracts;
using CodexOS.Testing.Servers;
using Microsoft.Extensions.DependencyInjection;

namespace CodexOS.Bench;

/// <summary>The real server with the bench's program and effects, on SQLite or PostgreSQL.</summary>
internal sealed class BenchServer : IAsyncDisposable
{
    private readonly CodexServer _server;

    private BenchServer(string name, CodexServer server) => (Name, _server) = (name, server);

    /// <summary>The database, as the figures name it.</summary>
    public string Name { get; }

    public CodexServer Server => _server;

    public Database Database => _server.Services.GetRequiredService<Database>();

    public static async Task<BenchServer> StartAsync(
        string name, string? postgres, IReadOnlyList<IEffectHandler> handlers, params string[] settings) => new(
            name,
            await CodexServer.StartAsync(postgres, settings, services =>
            {
                services.AddSingleton<IRunProgram, BenchProgram>();
                foreach (var handler in handlers) services.AddSingleton(handler);
            }));

    /// <summary>Starts one run.</summary>
    public async Task<Run> StartRunAsync(TenantId tenant, int steps, string effect)
    {
        var input = JsonSerializer.SerializeToElement(new { steps, effect });
        var limits = new RunLimits(10_000, TimeSpan.FromHours(6), long.MaxValue, 0);
        var started = await _server.Services.GetRequiredService<IRuns>().StartAsync(
            new RunStart(
                tenant, new UserId(tenant.Value), "bench", "bench", 1, "bench", input, input, limits, RunLabels.None, null),
            CancellationToken.None);
        return started.Value;
    }

    /// <summary>Starts a number of runs at once.</summary>
    public Task<Run[]> StartRunsAsync(TenantId tenant, int count, int steps, string effect) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(_ => StartRunAsync(tenant, steps, effect)));

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}

/// <summary>Counts the runs that have ended, by the engine's own measurement, which follows the commit.</summary>
internal sealed class EndedRuns : IDisposable
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

    public int Missing => Volatile.Read(ref _missing);

    public Task AllAsync(TimeSpan atMost) => _all.Task.WaitAsync(atMost);

    public void Dispose() => _listener.Dispose();
}
