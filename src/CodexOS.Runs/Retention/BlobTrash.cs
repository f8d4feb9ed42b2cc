using CodexOS.Platform.Blobs;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Storage;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Runs.Retention;

/// <summary>
/// Removes blobs of deleted runs. Content that two runs have in common is one blob, so each is looked for among the events
/// and archives of all other runs first; and one that was written again a short while ago stays, because whoever wrote it
/// may be about to name it.
/// </summary>
internal sealed class BlobTrash(
    IDbContextFactory<RunsDbContext> contexts, RunBlobs runs, IBlobRemoval removal, TenantContext tenants, RunsOptions options,
    TimeProvider clock)
{
    /// <summary>Removes a batch of them.</summary>
    public async Task<RetentionOutcome> EmptyAsync(CancellationToken cancellationToken)
    {
        var tenant = tenants.Required;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var hashes = await db.Trash.OrderBy(blob => blob.At).Select(blob => blob.Hash)
            .Take(options.RetentionRowsMax)
            .ToListAsync(cancellationToken);
        var untouchedSince = clock.GetUtcNow() - options.BlobGrace;
        var removed = 0;
        foreach (var hash in hashes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var named = await runs.NamedAsync(db, [hash], cancellationToken);
            if (named.Count == 0 && await removal.RemoveAsync(tenant, hash, untouchedSince, cancellationToken)) removed++;
            // One that is named, or was written again, is looked at anew when that run is deleted.
            await db.Trash.Where(blob => blob.Hash == hash).ExecuteDeleteAsync(cancellationToken);
        }

        return new RetentionOutcome(removed, 0, hashes.Count == options.RetentionRowsMax);
    }
}
