using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Modules;
using CodexOS.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodexOS.Knowledge.Sources;

/// <summary>
/// Starts the syncs that are due, of all tenants: one look at an index while nothing is. Several servers may look at once; of two
/// that find the same source one raises its round, and the other starts nothing.
/// </summary>
internal sealed partial class SourceTimer(
    IDbContextFactory<KnowledgeDb> contexts, Syncs syncs, TenantContext tenants, TenantPlaces places,
    IOptions<KnowledgeOptions> options, TimeProvider clock, IHostApplicationLifetime lifetime, ILogger<SourceTimer> log)
    : BackgroundService
{
    private const int DueAtOnce = 100;

    /// <summary>The work that looks past one tenant; the policies of the table know it by this name.</summary>
    private static readonly SystemWork s_work = new("knowledge.sources");

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await lifetime.WhenStartedAsync(stoppingToken);
        using var timer = new PeriodicTimer(options.Value.SourceScheduleInterval, clock);
        do
        {
            try
            {
                await StartDueAsync(stoppingToken);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(error);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>Starts what is due now.</summary>
    internal async Task StartDueAsync(CancellationToken cancellationToken)
    {
        List<(TenantId Tenant, SourceId Source)> due = [];
        using (tenants.EnterWork(s_work))
        {
            var now = clock.GetUtcNow();
            foreach (var place in places.All)
            {
                using var there = places.Enter(place);
                await using var db = await contexts.CreateDbContextAsync(cancellationToken);
                var found = await db.Sources.IgnoreQueryFilters().AsNoTracking()
                    .Where(one => one.NextAt != null && one.NextAt <= now)
                    .OrderBy(static one => one.NextAt).Take(DueAtOnce).Select(static one => new { one.TenantId, one.SourceId })
                    .ToListAsync(cancellationToken);
                due.AddRange(found.Select(static one => (one.TenantId, one.SourceId)));
            }
        }

        foreach (var (tenant, source) in due)
        {
            // What is due of a tenant that is about to leave is due where it arrives.
            if (places.IsMoving(tenant)) continue;
            using var entered = tenants.Enter(tenant);
            await StartAsync(source, cancellationToken);
        }
    }

    private async Task StartAsync(SourceId source, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await db.Sources.AsNoTracking().SingleOrDefaultAsync(one => one.SourceId == source, cancellationToken);
        if (found is null) return;
        var row = await syncs.SettledAsync(found, cancellationToken);
        if (row.IsSyncing)
        {
            // The one before has not ended: this time is left out.
            var next = Schedules.Next(SourceStore.ScheduleOf(row), clock.GetUtcNow());
            await db.Sources.Where(one => one.SourceId == source && one.NextAt == found.NextAt)
                .ExecuteUpdateAsync(set => set.SetProperty(static one => one.NextAt, next), cancellationToken);
            return;
        }

        var place = await db.Bases.AsNoTracking().SingleAsync(one => one.BaseId == row.BaseId, cancellationToken);
        var started = await syncs.StartAsync(place, row, row.CreatedBy, cancellationToken);
        if (!started.TryGet(out _, out var fault)) LogNotStarted(row.SourceId, fault.Code);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The scheduled sync of {Source} was not started: {Code}.")]
    private partial void LogNotStarted(SourceId source, string code);

    [LoggerMessage(Level = LogLevel.Error, Message = "Syncs that are due could not be started; it is tried again.")]
    private partial void LogFailed(Exception error);
}
