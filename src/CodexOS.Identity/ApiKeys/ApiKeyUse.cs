using System.Data.Common;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.ApiKeys;

/// <summary>
/// Notes when keys were used, coarsely: a key that is used all the time costs one write per
/// <see cref="IdentityOptions.ApiKeyUseNotedEvery"/> and process, not one per request.
/// </summary>
internal sealed partial class ApiKeyUse(
    IDbContextFactory<IdentityDbContext> databases, TenantContext tenants, IOptions<IdentityOptions> options,
    TimeProvider clock, ILogger<ApiKeyUse> log)
{
    private readonly Lock _gate = new();
    private readonly BoundedCache<ApiKeyId, DateTimeOffset> _noted = new(options.Value.SessionCacheEntriesMax);

    public async ValueTask NoteAsync(ApiKeyId key, TenantId tenant, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var before = now - options.Value.ApiKeyUseNotedEvery;
        lock (_gate)
        {
            if (_noted.TryGet(key, out var noted) && noted > before) return;
            _noted.Set(key, now);
        }

        try
        {
            using var scope = tenants.Enter(tenant);
            await using var db = await databases.CreateDbContextAsync(cancellationToken);
            await db.ApiKeys
                .Where(row => row.ApiKeyId == key && (row.LastUsedAt == null || row.LastUsedAt <= before))
                .ExecuteUpdateAsync(row => row.SetProperty(used => used.LastUsedAt, now), cancellationToken);
        }
        catch (DbException error)
        {
            // A full disk or a busy database must not lock programs out that only want to read.
            LogNotNoted(error, key.ToString());
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "That {Key} is used could not be noted.")]
    private partial void LogNotNoted(Exception error, string key);
}
