using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Audit;
using CodexOS.Trust.Contracts;
using CodexOS.Trust.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodexOS.Trust.Keys;

/// <summary>Does what is left of rotations: what was sealed with an old key in between, and retiring old versions.</summary>
internal sealed partial class KeySweep(
    IDbContextFactory<TrustDb> contexts, KeyRotation rotation, IKeyService root, TenantContext tenants, TimeProvider clock,
    ILogger<KeySweep> log) : BackgroundService
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
        using var work = tenants.EnterWork(TrustWork.Keys);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        // Nobody rotates the installation's own keys, so a new root key takes them over here.
        var (installation, rootNow) = (AuditLogs.Installation, root.CurrentKeyId);
        return await db.Keys.IgnoreQueryFilters()
            .Where(row => row.Status == KeyStatus.Retiring || (row.TenantId == installation
                && row.Purpose == KeyPurpose.Tenant && row.WrappedBy != rootNow && row.Wrapped != null))
            .Select(static row => row.TenantId).Distinct().OrderBy(static tenant => tenant).Take(TenantsMax)
            .ToListAsync(cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A rotation of keys could not be finished; it is tried again.")]
    private partial void LogFailed(Exception error);
}
