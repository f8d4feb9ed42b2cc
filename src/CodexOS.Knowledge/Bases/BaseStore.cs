using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Embeddings;
using CodexOS.Knowledge.Reranking;
using CodexOS.Knowledge.Search;
using CodexOS.Knowledge.Sources;
using CodexOS.Knowledge.Storage;
using CodexOS.Knowledge.Stores;
using CodexOS.Knowledge.Tuning;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Quotas;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Knowledge.Bases;

/// <summary>The knowledge bases of the present tenant.</summary>
internal sealed class BaseStore(
    IDbContextFactory<KnowledgeDb> contexts, BaseContent content, IndexKeeper indexes, VectorStores stores, ModelChoice models,
    PassageReranker rerankers, SourceFolders folders, TenantQuotas quotas, IProjects projects, IAuditLog audit,
    TenantContext tenants, TimeProvider clock)
{
    private const int BlobsAtOnce = 500;

    /// <summary>The base of a name.</summary>
    public async Task<Result<BaseRow>> FindAsync(string name, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Bases.AsNoTracking().SingleOrDefaultAsync(row => row.Name == name, cancellationToken) is { } found
            ? found
            : KnowledgeFaults.BaseNotFound;
    }

    /// <summary>The base of an id.</summary>
    public async Task<Result<BaseRow>> FindAsync(KnowledgeBaseId id, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Bases.AsNoTracking().SingleOrDefaultAsync(row => row.BaseId == id, cancellationToken) is { } found
            ? found
            : KnowledgeFaults.BaseNotFound;
    }

    public async Task<Result<KnowledgeBase>> GetAsync(string name, CancellationToken cancellationToken)
    {
        if (!(await FindAsync(name, cancellationToken)).TryGet(out var row, out var fault)) return fault;
        return (await ViewAsync([row], cancellationToken))[0];
    }

    /// <summary>One more than a page of bases, by name.</summary>
    /// <param name="names">Only of these; null for all.</param>
    /// <param name="page">Which page.</param>
    /// <param name="cancellationToken">Stops the look.</param>
    public async Task<IReadOnlyList<KnowledgeBase>> ListAsync(
        IReadOnlySet<string>? names, PageRequest page, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = db.Bases.AsNoTracking();
        if (names is not null) rows = rows.Where(row => EF.Parameter(names).Contains(row.Name));
        if (page.After is { } last) rows = rows.Where(row => row.Name.CompareTo(last) > 0);
        return await ViewAsync(
            await rows.OrderBy(static row => row.Name).Take(page.Limit + 1).ToListAsync(cancellationToken), cancellationToken);
    }

    public async Task<Result<KnowledgeBase>> CreateAsync(
        CreateKnowledgeBaseRequest request, UserId by, CancellationToken cancellationToken)
    {
        if (request.Store is { } store && stores.WhyNotChoose(store) is { } unknown) return unknown;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await db.Bases.AnyAsync(one => one.Name == request.Name, cancellationToken))
            return KnowledgeFaults.BaseExists(request.Name!);
        if (quotas.Check(BasesQuota.QuotaName, await db.Bases.LongCountAsync(cancellationToken)) is { } full) return full;
        var chosen = await models.FirstAsync(request.Model ?? BaseRow.BuiltIn, cancellationToken);
        if (!chosen.TryGet(out var model, out var unfit)) return unfit;
        if (!(await rerankers.ChooseAsync(request.Reranker, cancellationToken)).TryGet(out var reranker, out unfit)) return unfit;
        var row = new BaseRow
        {
            BaseId = KnowledgeBaseId.New(clock),
            TenantId = tenants.Required,
            Name = request.Name!,
            Description = request.Description ?? "",
            Store = request.Store ?? StoreOptions.Embedded,
            EmbeddingModel = model.Model?.ModelId ?? BaseRow.BuiltIn,
            EmbeddingDimension = model.Model?.Dimension ?? 0,
            EmbeddingRevision = model.Model is null ? 0 : 1,
            Reranker = reranker.Model,
            CreatedAt = clock.GetUtcNow(),
            CreatedBy = by,
        };
        await projects.FreeAsync(new Resource(ResourceKinds.Knowledge, row.Name), cancellationToken);
        await content.GiveKeyAsync(db, row, cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        db.Bases.Add(row);
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException error) when (Conflicts.Caused(error))
        {
            return KnowledgeFaults.BaseExists(row.Name);
        }

        var made = AuditEntry.Done("knowledge.create_base").On("knowledge", row.Name).With("base", row.BaseId.ToString());
        await audit.RecordAsync(
            row.Reranker is null ? made : made.With("reranker", row.Reranker), db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return (await ViewAsync([row], cancellationToken))[0];
    }

    /// <summary>Changes what is said of a base, and what ranks its passages; where passages are sent is audited.</summary>
    public async Task<Result<KnowledgeBase>> ChangeAsync(
        string name, ChangeKnowledgeBaseRequest request, CancellationToken cancellationToken)
    {
        if (!(await FindAsync(name, cancellationToken)).TryGet(out _, out var fault)) return fault;
        if (!(await rerankers.ChooseAsync(request.Reranker, cancellationToken)).TryGet(out var reranker, out fault)) return fault;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await db.Bases.SingleOrDefaultAsync(one => one.Name == name, cancellationToken) is not { } row)
            return KnowledgeFaults.BaseNotFound;
        row.Description = request.Description ?? row.Description;
        var isOther = request.Reranker is not null && reranker.Model != row.Reranker;
        if (isOther) row.Reranker = reranker.Model;
        await db.SaveChangesAsync(cancellationToken);
        if (isOther)
        {
            await audit.RecordAsync(
                AuditEntry.Done("knowledge.change_reranker").On("knowledge", row.Name).With("base", row.BaseId.ToString())
                    .With("reranker", row.Reranker ?? PassageReranker.None),
                db, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return (await ViewAsync([row], cancellationToken))[0];
    }

    /// <summary>
    /// Deletes a base. Its key is destroyed first: from then on nothing of it can be read, whatever becomes of the rest. Rows
    /// go last, so that a deletion that was interrupted, or whose store did not answer, can be asked for again. A store that
    /// is not set up any more keeps the base from being deleted, unless its vectors are abandoned.
    /// </summary>
    public async Task<Result<bool>> DeleteAsync(BaseRow row, bool abandonVectors, CancellationToken cancellationToken)
    {
        if (!abandonVectors && indexes.StoresOf(row).FirstOrDefault(name => stores.WhyNot(name) is not null) is { } gone)
            return StoreFaults.Left(gone, row.BaseId);
        await content.DestroyKeyAsync(row, cancellationToken);
        var abandoned = new List<string>();
        var kept = await indexes.RemoveAsync(
            row, used => DeleteVectorsAsync(row, used, abandonVectors ? abandoned : null, cancellationToken), cancellationToken);
        if (kept is not null) return kept;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        while (true)
        {
            var documents = await db.Documents.AsNoTracking().Where(one => one.BaseId == row.BaseId)
                .OrderBy(static one => one.DocumentId).Take(BlobsAtOnce).ToListAsync(cancellationToken);
            if (documents.Count == 0) break;
            foreach (var blob in documents.SelectMany(static document => document.Blobs))
                await content.RemoveAsync(row.TenantId, blob, cancellationToken);

            var ids = documents.ConvertAll(static one => one.DocumentId);
            await db.Documents.Where(one => ids.Contains(one.DocumentId)).ExecuteDeleteAsync(cancellationToken);
        }

        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var sources = db.Sources.Where(one => one.BaseId == row.BaseId);
        foreach (var source in await sources.Select(static one => one.SourceId).ToListAsync(cancellationToken))
            folders.Remove(source);
        await db.SourceItems.Where(one => sources.Any(source => source.SourceId == one.SourceId))
            .ExecuteDeleteAsync(cancellationToken);
        await sources.ExecuteDeleteAsync(cancellationToken);
        await db.Bases.Where(one => one.BaseId == row.BaseId).ExecuteDeleteAsync(cancellationToken);
        var entry = AuditEntry.Done("knowledge.delete_base").On("knowledge", row.Name).With("base", row.BaseId.ToString());
        if (abandoned.Count > 0) entry = entry.With("vectors_left_in", string.Join(", ", abandoned));
        await audit.RecordAsync(entry, db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        await projects.GoneAsync(new Resource(ResourceKinds.Knowledge, row.Name), CancellationToken.None);
        return true;
    }

    /// <summary>Deletes the vectors that lie outside of the server.</summary>
    /// <param name="row">The base.</param>
    /// <param name="used">The stores that may have some: each of them must do it.</param>
    /// <param name="abandoned">Takes the stores that do not, which stops nothing; null to be stopped by them.</param>
    /// <param name="cancellationToken">Gives up.</param>
    private async Task<Fault?> DeleteVectorsAsync(
        BaseRow row, IReadOnlySet<string> used, List<string>? abandoned, CancellationToken cancellationToken)
    {
        // An index that was lost may have known of more than it does now, so the others are asked as well.
        foreach (var name in stores.All.Select(static store => store.Name).Union(used, StringComparer.Ordinal))
        {
            var deleted = stores.Find(name).TryGet(out var store, out _)
                ? await store.EnsureOthersDeletedAsync(row.BaseId, null, cancellationToken)
                : StoreFaults.Left(name, row.BaseId);
            if (deleted.IsOk || !used.Contains(name)) continue;
            if (abandoned is null) return deleted.Fault;
            abandoned.Add(name);
        }

        return null;
    }

    private async Task<List<KnowledgeBase>> ViewAsync(List<BaseRow> rows, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var ids = rows.ConvertAll(static row => row.BaseId);
        var counts = await db.Documents.Where(one => ids.Contains(one.BaseId))
            .GroupBy(static one => new { one.BaseId, one.State })
            .Select(static group => new
            {
                group.Key.BaseId,
                group.Key.State,
                Count = group.LongCount(),
                Passages = group.Sum(static one => (long)one.PassagesCount),
                Bytes = group.Sum(static one => one.SizeBytes),
            })
            .ToListAsync(cancellationToken);
        return rows.ConvertAll(row =>
        {
            var own = counts.FindAll(count => count.BaseId == row.BaseId);
            var vectors = indexes.OpenVectorsOf(row.BaseId);
            return new KnowledgeBase(
                row.BaseId, row.Name, row.Description, row.CreatedAt, row.CreatedBy, own.Sum(static it => it.Count),
                own.Where(static it => it.State is DocumentState.Pending).Sum(static it => it.Count),
                own.Where(static it => it.State is DocumentState.Failed).Sum(static it => it.Count),
                own.Sum(static it => it.Passages), own.Sum(static it => it.Bytes), row.Store,
                vectors?.IsBehind, (stores.WhyNot(row.Store) ?? vectors?.LastFault)?.Code, row.EmbeddingModel,
                row.Reranker, BaseTunings.RulesOf(row), row.Boosts is not null);
        });
    }
}
