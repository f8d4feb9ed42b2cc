using CodexOS.Platform.Blobs;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Execution;
using CodexOS.Runs.Storage;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Runs.Retention;

/// <summary>
/// Removes blobs of deleted runs. Content that two runs have in common is one blob, so each is looked for among the events
/// and archives of all other runs first; and one that was written again a short while ago stays, because whoever wrote it
/// may be about to name it.
/// </summary>
internal sealed class BlobTrash(
    IDbContextFactory<RunsDbContext> contexts, IBlobRemoval removal, TenantContext tenants, RunsOptions options,
    Database database, TimeProvider clock)
{
    // The condition is the one of the index over the few events that name a blob, letter by letter.
    private const string NamedOnPostgres =
        "SELECT * FROM runs.run_events WHERE substr(payload, 1, 10) = '{{\"$blob\":\"' AND payload = {0}";

    private const string NamedOnSqlite =
        "SELECT * FROM run_events WHERE substr(payload, 1, 10) = '{{\"$blob\":\"' AND payload = {0}";

    /// <summary>Removes a batch of them.</summary>
    public async Task<RetentionOutcome> EmptyAsync(CancellationToken cancellationToken)
    {
        var tenant = tenants.Required;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var hashes = await db.Trash.OrderBy(blob => blob.At).Select(blob => blob.Hash)
            .Take(options.RetentionRowsMax)
            .ToListAsync(cancellationToken);
        var untouchedSince = clock.GetUtcNow() - options.BlobGrace;
        var named = database.Dialect is SqlDialect.Postgres ? NamedOnPostgres : NamedOnSqlite;
        var removed = 0;
        foreach (var hash in hashes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var isNamed = await db.Blobs.AnyAsync(blob => blob.Hash == hash, cancellationToken)
                || await db.Events.FromSqlRaw(named, RunPayloads.ReferenceTo(hash)).AnyAsync(cancellationToken);
            if (!isNamed && await removal.RemoveAsync(tenant, hash, untouchedSince, cancellationToken)) removed++;
            // One that is named, or was written again, is looked at anew when that run is deleted.
            await db.Trash.Where(blob => blob.Hash == hash).ExecuteDeleteAsync(cancellationToken);
        }

        return new RetentionOutcome(removed, 0, hashes.Count == options.RetentionRowsMax);
    }
}
