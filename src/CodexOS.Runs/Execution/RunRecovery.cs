using CodexOS.Runs.Contracts;
using CodexOS.Runs.Journal;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodexOS.Runs.Execution;

/// <summary>
/// Brings runs back to life: at boot and every few seconds those that nobody works on, several times a second those whose
/// timer or approval is due. Taking a run over is fenced, so doing it once too often harms nothing.
/// </summary>
internal sealed partial class RunRecovery(
    IJournal journal, EngineLease lease, RunEngine engine, IRunMailboxes mailboxes, RunsOptions options,
    TimeProvider clock,
    ILogger<RunRecovery> log) : BackgroundService
{
    private const int RunsAtOnce = 500;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.TimerInterval, clock);
        var nextSweep = clock.GetTimestamp();
        do
        {
            try
            {
                await ResumeAsync(await journal.DueAsync(clock.GetUtcNow(), RunsAtOnce, stoppingToken));
                if (clock.GetElapsedTime(nextSweep) < TimeSpan.Zero) continue;
                await lease.KeepAsync(stoppingToken);
                await SweepAsync(stoppingToken);
                nextSweep = clock.GetTimestamp() + (long)(options.SweepInterval.TotalSeconds * clock.TimestampFrequency);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                LogDatabaseDown(error);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        await ResumeAsync(engine.TakeStranded());
        await ResumeAsync(await journal.ParentsToWakeAsync(RunsAtOnce, cancellationToken));
        var forsaken = await journal.ForsakenAsync(RunsAtOnce, cancellationToken);
        await Task.WhenAll(forsaken.Select(run => mailboxes.Of(run).CommandAsync(ChildRuns.Cancellation)));
        while (true)
        {
            var orphans = await journal.OrphansAsync(engine.Owner, RunsAtOnce, cancellationToken);
            if (orphans.Count == 0) return;
            LogResuming(orphans.Count);
            await ResumeAsync(orphans);
            // Runs that cannot be opened stay orphans; they are looked at again with the next sweep, not in a circle.
            if (orphans.Count < RunsAtOnce) return;
        }
    }

    private Task ResumeAsync(IReadOnlyList<RunId> runs) =>
        Task.WhenAll(runs.Select(run => mailboxes.Of(run).ResumeAsync()));

    [LoggerMessage(Level = LogLevel.Information, Message = "Taking up {Count} runs that were under way.")]
    private partial void LogResuming(int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Looking for runs to resume failed; it is tried again.")]
    private partial void LogDatabaseDown(Exception error);
}
