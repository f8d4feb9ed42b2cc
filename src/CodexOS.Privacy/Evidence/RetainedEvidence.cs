using CodexOS.Privacy.Storage;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Privacy.Evidence;

/// <summary>
/// Bundles of evidence. None can be downloaded when it has expired; retention then removes it, unless the tenant is on hold.
/// </summary>
internal sealed class RetainedEvidence(
    IDbContextFactory<PrivacyDb> contexts, EvidenceBundles bundles, ILegalHolds holds, IOptions<PrivacyOptions> options,
    TimeProvider clock) : IRetainedData
{
    /// <inheritdoc />
    public RetentionRule Rule { get; } = new(
        "evidence", "Bundles of evidence for audits.", options.Value.EvidenceLifetime, TimeSpan.FromDays(1));

    /// <inheritdoc />
    public async Task<bool> HasOlderAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        if ((await holds.ReadAsync(cancellationToken)).Tenant is not null) return false;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await Older(db, before).AnyAsync(cancellationToken);
    }

    /// <inheritdoc />
    public async Task<int> RemoveOlderAsync(DateTimeOffset before, int countMax, CancellationToken cancellationToken)
    {
        if ((await holds.ReadAsync(cancellationToken)).Tenant is not null) return 0;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var old = await Older(db, before).OrderBy(static row => row.RunId).Take(countMax).ToListAsync(cancellationToken);
        foreach (var row in old) await bundles.RemoveAsync(row, AuditActor.System, cancellationToken);
        return old.Count;
    }

    private IQueryable<EvidenceBundleRow> Older(PrivacyDb db, DateTimeOffset before)
    {
        var (at, now) = (before.ToUniversalTime(), clock.GetUtcNow());
        return db.EvidenceBundles.AsNoTracking().Where(row => row.CreatedAt < at || row.ExpiresAt < now);
    }
}
