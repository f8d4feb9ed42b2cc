using CodexOS.Platform.Ids;
using CodexOS.Trust.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodexOS.Trust.Keys;

/// <summary>Does what is left of rotations: what was sealed with an old key in between, and retiring old versions.</summary>
internal sealed partial class KeySweep(
    IDbContextFactory<TrustDb> contexts, KeyRotation rotation, TimeProvider clock, ILogger<KeySweep> log) : BackgroundService
{
    private const int TenantsMax = 10_000;

    private static readonly TimeSpan s_interval = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                foreach (var tenant in await UnfinishedAsync(stoppingToken))
                    await rotation.FinishAsync(tenant, stoppingToken);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(error);
            }
        }
    }

    private async Task<List<TenantId>> UnfinishedAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Keys.IgnoreQueryFilters().Where(static row => row.Status == KeyStatus.Retiring)
            .Select(static row => row.TenantId).Distinct().Take(TenantsMax)
            .ToListAsync(cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A rotation of keys could not be finished; it is tried again.")]
    private partial void LogFailed(Exception error);
}
