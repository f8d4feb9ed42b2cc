using System.Threading.Channels;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Cluster;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodexOS.Runs.Execution;

/// <summary>
/// Brings runs back to life. One node of the cluster leads: several times a second it looks for runs whose timer or
/// approval is due, and at boot, every few seconds and whenever a member has died for those that nobody works on. Each is
/// resumed on whichever node it is placed on, so a dead node's runs spread over the living ones. Every node looks after
/// those of its own that it does not drive.
/// </summary>
internal sealed partial class RunRecovery(
    RunSweep sweep, ClusterView cluster, Nodes nodes, RunEngine engine, IMovingTenants moving, RunsOptions options,
    TimeProvider clock, ILogger<RunRecovery> log) : BackgroundService
{
    private static readonly TimeSpan s_retryAfter = TimeSpan.FromSeconds(1);

    private readonly Channel<bool> _wanted = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        moving.Listen(tenant =>
        {
            engine.Leave(tenant);
            // One that has arrived brings runs that nobody works on.
            SweepNow();
        });
        return Task.WhenAll(
            TimersAsync(stoppingToken), SweepsAsync(stoppingToken), cluster.WatchAsync(SweepNow, stoppingToken));
    }

    private void SweepNow() => _wanted.Writer.TryWrite(true);

    private async Task TimersAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.TimerInterval, clock);
        do
        {
            if (!cluster.Leads || engine.Leaving) continue;
            try
            {
                await sweep.DueAsync(stoppingToken);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                LogDatabaseDown(error);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task SweepsAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var pause = options.SweepInterval;
            try
            {
                var all = await sweep.OwnAsync(stoppingToken);
                if (cluster.Leads && !engine.Leaving)
                {
                    all &= await sweep.OrphansAsync(stoppingToken);
                    await nodes.ForgetDeadAsync(stoppingToken);
                }

                if (!all) pause = s_retryAfter;
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                LogDatabaseDown(error);
                pause = s_retryAfter;
            }

            using var time = new CancellationTokenSource(pause, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, stoppingToken);
            Task wanted = _wanted.Reader.ReadAsync(either.Token).AsTask();
            await wanted.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Looking for runs to resume failed; it is tried again.")]
    private partial void LogDatabaseDown(Exception error);
}
