using System.Threading.Channels;
using CodexOS.Runs.Cluster;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Journal;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodexOS.Runs.Execution;

/// <summary>
/// Brings runs back to life. One node of the cluster leads: several times a second it looks for runs whose timer or
/// approval is due, and at boot, every few seconds and whenever a member has died for those that nobody works on. Each is
/// resumed on whichever node it is placed on, so a dead node's runs spread over the living ones. Taking a run over is
/// fenced, so doing it once too often harms nothing.
/// </summary>
internal sealed partial class RunRecovery(
    IJournal journal, ClusterView cluster, Nodes nodes, RunEngine engine, IRunMailboxes mailboxes, RunsOptions options,
    TimeProvider clock, ILogger<RunRecovery> log) : BackgroundService
{
    private const int RunsAtOnce = 500;
    private static readonly TimeSpan s_retryAfter = TimeSpan.FromSeconds(1);

    private readonly Channel<bool> _wanted = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        TimersAsync(stoppingToken), SweepsAsync(stoppingToken), cluster.WatchAsync(SweepNow, stoppingToken));

    private void SweepNow() => _wanted.Writer.TryWrite(true);

    private async Task TimersAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.TimerInterval, clock);
        do
        {
            if (!cluster.Leads || engine.Leaving) continue;
            try
            {
                await ResumeAsync(await journal.DueAsync(clock.GetUtcNow(), RunsAtOnce, stoppingToken));
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
                // Runs that were put aside here are this node's, so no other would look for them.
                var all = await ResumeAsync(engine.TakeStranded());
                if (cluster.Leads && !engine.Leaving)
                {
                    all &= await SweepAsync(stoppingToken);
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

    /// <summary>True if every run that was found could be resumed.</summary>
    private async Task<bool> SweepAsync(CancellationToken cancellationToken)
    {
        var all = await ResumeAsync(await journal.ParentsToWakeAsync(RunsAtOnce, cancellationToken));
        var forsaken = await journal.ForsakenAsync(RunsAtOnce, cancellationToken);
        await Task.WhenAll(forsaken.Select(run => mailboxes.Of(run).CommandAsync(ChildRuns.Cancellation)));
        while (true)
        {
            var orphans = await journal.OrphansAsync(engine.Owner, RunsAtOnce, cancellationToken);
            if (orphans.Count == 0) return all;
            var began = clock.GetTimestamp();
            all &= await ResumeAsync(orphans);
            LogResumed(orphans.Count, (long)clock.GetElapsedTime(began).TotalMilliseconds);
            // Runs that cannot be opened stay orphans; they are looked at again with the next sweep, not in a circle.
            if (orphans.Count < RunsAtOnce || !all) return all;
        }
    }

    private async Task<bool> ResumeAsync(IReadOnlyList<RunId> runs)
    {
        var resumed = await Task.WhenAll(runs.Select(ResumeAsync));
        return Array.TrueForAll(resumed, well => well);
    }

    private async Task<bool> ResumeAsync(RunId run)
    {
        try
        {
            await mailboxes.Of(run).ResumeAsync();
            return true;
        }
        catch (Exception error)
        {
            LogNotResumed(error, run);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Took up {Count} runs that nobody worked on, in {Milliseconds} ms.")]
    private partial void LogResumed(int count, long milliseconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Run} could not be resumed; it is tried again.")]
    private partial void LogNotResumed(Exception error, RunId run);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Looking for runs to resume failed; it is tried again.")]
    private partial void LogDatabaseDown(Exception error);
}
