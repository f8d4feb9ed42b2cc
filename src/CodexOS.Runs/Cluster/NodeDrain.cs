using CodexOS.Platform.Health;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Execution;
using CodexOS.Runs.Watching;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodexOS.Runs.Cluster;

/// <summary>
/// Takes a node out of service while it still answers: 1 not ready any more, and nothing is placed here; 2 runs between
/// two steps go to other nodes at once, others when their steps have ended; 3 whoever watches runs here is sent elsewhere.
/// Then the web server stops, and the silo leaves. Without another node, runs go on with the next start.
/// </summary>
internal sealed partial class NodeDrain(
    Nodes nodes, RunEngine engine, RunFeed feed, IGrainFactory grains, IServer server, NodeOptions options,
    TimeProvider clock, ILogger<NodeDrain> log) : IHostedLifecycleService
{
    private const int MovesAtOnce = 64;
    private const int TriesMax = 50;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);
    private bool _nobodyElse;

    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        if (server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() is { } url)
            await nodes.SayUrlAsync(url, cancellationToken);
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        // 1.
        await nodes.DrainAsync(cancellationToken);
        var began = clock.GetTimestamp();
        var count = engine.DrivenCount;

        // 2.
        if (options.DrainTimeout > TimeSpan.Zero)
        {
            engine.Leave();
            var moving = Parallel.ForEachAsync(
                engine.LeavingRunsAsync(),
                new ParallelOptions { MaxDegreeOfParallelism = MovesAtOnce, CancellationToken = cancellationToken },
                MoveAsync);
            while (engine.DrivenCount > 0 && clock.GetElapsedTime(began) < options.DrainTimeout)
                await Task.Delay(s_pause, clock, cancellationToken);
            engine.EndLeaving();
            await moving;
            LogDrained(count, engine.DrivenCount, (long)clock.GetElapsedTime(began).TotalMilliseconds);
        }

        // 3.
        feed.Close();
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Has another node go on with a run. The call is placed anew once the run's grain has left this node.</summary>
    private async ValueTask MoveAsync(RunId run, CancellationToken cancellationToken)
    {
        try
        {
            for (var tries = 0; tries < TriesMax && !_nobodyElse; tries++)
            {
                if (await grains.GetGrain<IRunGrain>(run.Value).TakeOverAsync()) return;
                await Task.Delay(s_pause, clock, cancellationToken);
            }
        }
        catch (Exception error) when (error is OrleansException or TimeoutException)
        {
            // There is no other node, or it is in trouble itself: the sweep takes the run up when this node has left.
            _nobodyElse = true;
            LogNotMoved(error, run);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Of {Count} runs, {Left} are still in the middle of a step after {Milliseconds} ms of draining.")]
    private partial void LogDrained(int count, int left, long milliseconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Run} was not taken over by another node; it goes on later.")]
    private partial void LogNotMoved(Exception error, RunId run);
}

/// <summary>A node that drains takes no requests.</summary>
internal sealed class DrainReadiness(Nodes nodes) : IReadiness
{
    public string Name => "cluster";

    public Task<string?> WhyNotAsync(CancellationToken cancellationToken) =>
        Task.FromResult(nodes.SelfDrains ? "This node is about to stop. Send requests to another one." : null);
}
