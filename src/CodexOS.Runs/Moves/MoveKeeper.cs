using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Cluster;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodexOS.Runs.Moves;

/// <summary>
/// Sees to moves whose run was ended in the middle, by whoever cancelled it: before the switch the tenant goes on where it was,
/// after it what was left behind is removed. One node of the cluster looks, every few seconds.
/// </summary>
internal sealed partial class MoveKeeper(
    Database database, PlaceChanges changes, TenantMoves moves, MoveSwitch turn, ClusterView cluster, RunsOptions options,
    TimeProvider clock, ILogger<MoveKeeper> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!database.HasShards) return;
        using var timer = new PeriodicTimer(options.SweepInterval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (!cluster.Leads) continue;
            try
            {
                foreach (var move in await changes.ListAsync(stoppingToken)) await SeeToAsync(move, stoppingToken);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(error);
            }
        }
    }

    private async Task SeeToAsync(PlaceMove move, CancellationToken cancellationToken)
    {
        if (await moves.GoingAsync(move, cancellationToken) is not null) return;
        if (!move.HasArrived)
        {
            await turn.StayAsync(move, cancellationToken);
            return;
        }

        await turn.OpenAsync(move, cancellationToken);
        if (database.FindPlace(move.Origin) is { } left) await turn.CleanAsync(move, left, static _ => { }, cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A move that was ended in the middle could not be seen to; it is tried again.")]
    private partial void LogFailed(Exception error);
}
