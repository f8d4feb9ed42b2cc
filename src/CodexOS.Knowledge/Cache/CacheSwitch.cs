using System.ComponentModel.DataAnnotations;
using System.Globalization;
using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Knowledge.Cache;

/// <summary>
/// Whether agents of the present tenant may give answers again, whatever their definitions say. It is read for every task, so
/// it counts from the next one on, on every server.
/// </summary>
internal sealed class CacheSwitch(
    IDbContextFactory<KnowledgeDb> contexts, TaskMemory memory, IAuditLog audit, TenantContext tenants, TimeProvider clock)
{
    public async Task<SemanticCacheSetting> ReadAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return new SemanticCacheSetting(!await db.CacheSettings.AnyAsync(static row => row.IsOff, cancellationToken));
    }

    /// <summary>Switches the cache on or off. What is kept goes when it is switched off.</summary>
    public async Task<SemanticCacheSetting> SetAsync(bool enabled, UserId by, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.CacheSettings.ExecuteDeleteAsync(cancellationToken);
        db.CacheSettings.Add(new CacheSettingRow
        {
            TenantId = tenants.Required,
            IsOff = !enabled,
            ChangedAt = clock.GetUtcNow(),
            ChangedBy = by,
        });
        await db.SaveChangesAsync(cancellationToken);
        var removed = enabled ? 0 : await db.CachedAnswers.ExecuteDeleteAsync(cancellationToken);
        await audit.RecordAsync(
            AuditEntry.Done("knowledge.switch_cache").With("enabled", enabled ? "true" : "false")
                .With("removed", removed.ToString(CultureInfo.InvariantCulture)),
            db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        memory.Forget();
        return new SemanticCacheSetting(enabled);
    }
}

/// <summary>Whether agents of the tenant may give answers again.</summary>
/// <param name="Enabled">Whether those may whose definitions ask for it; otherwise none may.</param>
public sealed record SemanticCacheSetting(bool Enabled);

/// <summary>Switches the semantic cache of the tenant.</summary>
/// <param name="Enabled">Whether agents may give answers again whose definitions ask for it.</param>
public sealed record SetSemanticCacheRequest([property: Required(ErrorMessage = "Say whether the cache is enabled.")] bool? Enabled);
