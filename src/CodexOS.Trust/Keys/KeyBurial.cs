using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodexOS.Trust.Keys;

/// <summary>
/// Destroys again, before anything is served, what was destroyed and a restored backup of the database has brought back.
/// </summary>
internal sealed partial class KeyBurial(
    KeyTombstones tombstones, IDbContextFactory<TrustDb> contexts, TenantContext tenants, TimeProvider clock,
    ILogger<KeyBurial> log) : IHostedService
{
    private const int KeysMax = 500;

    /// <inheritdoc />
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var tenant in tombstones.All())
        {
            using var entered = tenants.Enter(tenant.Key);
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            var now = clock.GetUtcNow();
            var buried = 0;
            foreach (var some in tenant.Chunk(KeysMax))
            {
                buried += await db.Keys.Where(row => some.Contains(row.KeyId) && row.Wrapped != null).ExecuteUpdateAsync(
                    set => set
                        .SetProperty(row => row.Status, KeyStatus.Destroyed)
                        .SetProperty(row => row.Wrapped, (byte[]?)null)
                        .SetProperty(row => row.ChangedAt, now),
                    cancellationToken);
            }

            if (buried > 0) LogBuried(buried, tenant.Key);
        }
    }

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} destroyed keys of {Tenant} were back in the database; they are destroyed again.")]
    private partial void LogBuried(int count, TenantId tenant);
}
