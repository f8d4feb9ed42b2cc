using CodexOS.Platform.Blobs;
using CodexOS.Platform.Tenancy;
using CodexOS.Privacy.Storage;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Privacy.Exports;

/// <summary>Archives of exports. None can be downloaded when it has expired; retention then removes it from the disk.</summary>
internal sealed class RetainedExports(
    IDbContextFactory<PrivacyDb> contexts, IBlobRemoval removal, TenantContext tenants, IOptions<PrivacyOptions> options,
    TimeProvider clock) : IRetainedData
{
    /// <inheritdoc />
    public RetentionRule Rule { get; } = new(
        "exports", "Archives of exports of persons' data.", options.Value.ExportLifetime, TimeSpan.FromDays(1));

    /// <inheritdoc />
    public async Task<bool> HasOlderAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await Older(db, before).AnyAsync(cancellationToken);
    }

    /// <inheritdoc />
    public async Task<int> RemoveOlderAsync(DateTimeOffset before, int countMax, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var old = await Older(db, before).OrderBy(static row => row.RunId).Take(countMax).ToListAsync(cancellationToken);
        foreach (var row in old)
        {
            // No two archives are encrypted to the same bytes, and one from before names its run: no other row has the same one.
            await removal.RemoveAsync(tenants.Required, row.BlobName, DateTimeOffset.MaxValue, cancellationToken);
            await db.Exports.Where(one => one.RunId == row.RunId).ExecuteDeleteAsync(cancellationToken);
        }

        return old.Count;
    }

    private IQueryable<SubjectExportRow> Older(PrivacyDb db, DateTimeOffset before)
    {
        var (at, now) = (before.ToUniversalTime(), clock.GetUtcNow());
        return db.Exports.AsNoTracking().Where(row => row.CreatedAt < at || row.ExpiresAt < now);
    }
}
