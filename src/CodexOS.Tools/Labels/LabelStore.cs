using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Tools.Contracts;
using CodexOS.Tools.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Tools.Labels;

/// <summary>Labels in the database. Where it cannot be written, what was to be kept is not kept.</summary>
internal sealed class LabelStore(
    IDbContextFactory<ToolsDb> contexts, TenantContext tenants, IOptions<ToolsOptions> options, TimeProvider clock)
    : ILabelStore, IStoredLabels
{
    private const int TriesMax = 8;

    public async Task<Label> ReadAsync(TenantId tenant, StoredEntry entry, CancellationToken cancellationToken)
    {
        using var _ = tenants.Enter(tenant);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = db.Labels.AsNoTracking().Where(row => row.Store == entry.Store);
        if (entry.Key.Length > 0) rows = rows.Where(row => row.Key == entry.Key || row.Key == "");
        var label = Label.System;
        await foreach (var row in rows.AsAsyncEnumerable().WithCancellation(cancellationToken)) label = label.Join(row.Label());
        return label;
    }

    public async Task LowerAsync(TenantId tenant, StoredEntry entry, Label label, CancellationToken cancellationToken)
    {
        using var _ = tenants.Enter(tenant);
        for (var attempt = 1; ; attempt++)
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            var key = await KeyAsync(db, entry, cancellationToken);
            var row = await db.Labels.SingleOrDefaultAsync(
                row => row.Store == entry.Store && row.Key == key, cancellationToken);
            if (row is null)
            {
                db.Labels.Add(row = new StoredLabelRow { TenantId = tenant, Store = entry.Store, Key = key });
                row.Set(label, clock.GetUtcNow());
            }
            else
            {
                var lowered = row.Label().Join(label);
                if (lowered == row.Label()) return;
                row.Set(lowered, clock.GetUtcNow());
            }

            try
            {
                await db.SaveChangesAsync(cancellationToken);
                return;
            }
            catch (DbUpdateException) when (attempt < TriesMax)
            {
                // Somebody marked the same entry in the same moment: both marks count.
            }
        }
    }

    /// <inheritdoc />
    public async Task CopyAsync(TenantId tenant, WorkspaceId from, WorkspaceId to, CancellationToken cancellationToken)
    {
        var label = await ReadAsync(tenant, new StoredEntry(ToolLabels.StoreOf(from), ""), cancellationToken);
        if (label != Label.System) await LowerAsync(tenant, new StoredEntry(ToolLabels.StoreOf(to), ""), label, cancellationToken);
    }

    /// <summary>A store with too many entries is marked as a whole: less trust than need be, and bounded.</summary>
    private async Task<string> KeyAsync(ToolsDb db, StoredEntry entry, CancellationToken cancellationToken)
    {
        if (entry.Key.Length == 0) return "";
        var rows = db.Labels.Where(row => row.Store == entry.Store);
        return await rows.AnyAsync(row => row.Key == entry.Key, cancellationToken)
            || await rows.CountAsync(cancellationToken) < options.Value.LabelsPerStoreMax
                ? entry.Key
                : "";
    }
}
