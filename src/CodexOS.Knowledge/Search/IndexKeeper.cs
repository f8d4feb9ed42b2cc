using System.Collections.Concurrent;
using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Embeddings;
using CodexOS.Knowledge.Index;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Index.Queries;
using CodexOS.Knowledge.Index.Storage;
using CodexOS.Knowledge.Storage;
using CodexOS.Knowledge.Stores;
using CodexOS.Knowledge.Tuning;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodexOS.Knowledge.Search;

/// <summary>
/// The search indexes of this server, open as long as they are asked for. An index is a projection of the documents' texts:
/// one that is missing, damaged or behind is made anew from them when it is opened. Where other servers work on the same bases,
/// it follows what those have read while it is open.
/// </summary>
internal sealed partial class IndexKeeper(
    IDbContextFactory<KnowledgeDb> contexts, IndexedDocuments documents, ModelVectors models, VectorStores stores,
    BaseTunings tunings, DataDirectory data, TenantContext tenants, IOptions<KnowledgeOptions> options, TimeProvider clock,
    ILogger<IndexKeeper> log) : IDisposable
{
    private const int RebuildDocuments = 200;

    private readonly ConcurrentDictionary<KnowledgeBaseId, Slot> _slots = new();

    /// <summary>
    /// Searches a base, with its synonyms and boosts; by words alone, and it says so, if the model that makes its vectors
    /// cannot be asked.
    /// </summary>
    public async Task<Result<SearchResult>> SearchAsync(
        BaseRow place, SearchQuery asked, LeftOut without, CancellationToken cancellationToken)
    {
        if (data.IsShared) await CloseOutdatedAsync(place, cancellationToken);
        var query = tunings.With(place, asked, without);
        if (place.Embedder is not { } key || !query.Channels.HasFlag(Channels.Dense))
            return await FindAsync(place, query, cancellationToken);
        var made = await models.OfQueryAsync(place, key, query.Text, cancellationToken);
        if (made.TryGet(out var vector, out var fault))
            return await FindAsync(place, query with { Vector = vector }, cancellationToken);
        return (await FindAsync(place, query, cancellationToken)).TryGet(out var found, out var refused)
            ? found with { VectorsFault = fault }
            : refused;
    }

    private Task<Result<SearchResult>> FindAsync(BaseRow place, SearchQuery query, CancellationToken cancellationToken) =>
        UseAsync(
            place,
            async open =>
            {
                if (open.Follower is { } follower) await follower.CatchUpAsync(place, cancellationToken);
                return open.Index.Stores.IsElsewhere
                    ? await open.Vectors.SearchAsync(query, cancellationToken)
                    : open.Index.Search(query, cancellationToken);
            },
            cancellationToken);

    /// <summary>Documents that were published here are recorded now, so that this server need not take them from there.</summary>
    public void Note(BaseRow place, IEnumerable<DocumentId> recorded, DateTimeOffset at)
    {
        if (_slots.TryGetValue(place.BaseId, out var slot)) slot.Open?.Follower?.Note(recorded, at);
    }

    /// <summary>Adds passages and removes documents, in one step.</summary>
    public Task<Result<IndexGeneration>> PublishAsync(
        BaseRow place, IReadOnlyList<IndexPassage> added, IReadOnlyCollection<DocumentId> removed,
        CancellationToken cancellationToken) =>
        UseAsync(
            place,
            async open =>
            {
                var published = open.Index.Publish(
                    added, [.. removed.Select(static id => id.Value)], cancellationToken);
                if (published.IsOk) await open.Vectors.TellAsync(cancellationToken);
                return published;
            },
            cancellationToken);

    /// <summary>Uses what puts the vectors of a base where they belong, and changes what makes them.</summary>
    public Task<Result<T>> UseVectorsAsync<T>(
        BaseRow place, Func<BaseVectors, Task<Result<T>>> use, CancellationToken cancellationToken) =>
        UseAsync(place, open => use(open.Vectors), cancellationToken);

    /// <summary>What keeps the vectors of a base where they belong, if the base is open here.</summary>
    public BaseVectors? OpenVectorsOf(KnowledgeBaseId id) =>
        _slots.TryGetValue(id, out var slot) ? slot.Open?.Vectors : null;

    /// <summary>What went wrong with the work in the background on a base that is open here; null if nothing did.</summary>
    public Fault? MaintenanceFaultOf(KnowledgeBaseId id) =>
        _slots.TryGetValue(id, out var slot) ? slot.Open?.Index.Statistics.MaintenanceFault : null;

    /// <summary>The stores that may have vectors of a base: the one that it uses, and those that it has left.</summary>
    public IReadOnlySet<string> StoresOf(BaseRow place)
    {
        var folder = FolderOf(place);
        var manifest = _slots.TryGetValue(place.BaseId, out var slot) ? slot.Open?.Index.Stores.Manifest : null;
        if (manifest is null && Directory.Exists(folder)) new IndexFolder(folder).Read().TryGet(out manifest, out _);
        string?[] names = [place.Store, manifest?.Store?.Store, manifest?.Moving?.Store, .. manifest?.Left ?? []];
        return names.OfType<string>().Where(static name => name != StoreOptions.Embedded).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>
    /// Closes the index of a base that is deleted, has its vectors deleted in their stores, and removes its files: they are what
    /// knows of the stores, and stay if one of those cannot be asked.
    /// </summary>
    public async Task<Fault?> RemoveAsync(
        BaseRow place, Func<IReadOnlySet<string>, Task<Fault?>> deleteVectors, CancellationToken cancellationToken)
    {
        var slot = _slots.GetOrAdd(place.BaseId, static _ => new Slot());
        await slot.Gate.WaitAsync(cancellationToken);
        try
        {
            slot.Close();
            if (await deleteVectors(StoresOf(place)) is { } kept) return kept;
            RemoveFiles(place.TenantId, place.BaseId);
            return null;
        }
        finally
        {
            slot.Gate.Release();
        }
    }

    /// <summary>Closes the index of a base that is deleted already, at another server, and removes its files.</summary>
    public async Task RemoveAsync(TenantId tenant, KnowledgeBaseId id, CancellationToken cancellationToken)
    {
        var slot = _slots.GetOrAdd(id, static _ => new Slot());
        await slot.Gate.WaitAsync(cancellationToken);
        try
        {
            slot.Close();
            RemoveFiles(tenant, id);
        }
        finally
        {
            slot.Gate.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var slot in _slots.Values) slot.Close();
        _slots.Clear();
    }

    private async Task<Result<T>> UseAsync<T>(
        BaseRow place, Func<OpenBase, Task<Result<T>>> use, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (!(await OpenAsync(place, cancellationToken)).TryGet(out var open, out var fault)) return fault;
            var result = await use(open);
            // Closed to make room for others between the two lines above.
            if (result.TryGet(out _, out fault) || fault.Code != IndexFaults.Closed.Code || attempt == 3) return result;
        }
    }

    /// <summary>One base is opened at a time by one; the others need not wait for it, however long it takes.</summary>
    private async Task<Result<OpenBase>> OpenAsync(BaseRow place, CancellationToken cancellationToken)
    {
        var slot = _slots.GetOrAdd(place.BaseId, static _ => new Slot());
        slot.UsedAt = clock.GetTimestamp();
        if (slot.Open is { } known) return known;
        Result<OpenBase> opened;
        await slot.Gate.WaitAsync(cancellationToken);
        try
        {
            if (slot.Open is { } there) return there;
            var since = clock.GetUtcNow();
            opened = (await OpenFilesAsync(place, cancellationToken)).TryGet(out var index, out var fault)
                ? new OpenBase(
                    index, new BaseVectors(place.TenantId, place.BaseId, index, stores, clock, log),
                    FollowerOf(place, index, since))
                : fault;
            if (opened.TryGet(out var open, out _))
            {
                open.Vectors.Resume();
                slot.Open = open;
            }
        }
        finally
        {
            slot.Gate.Release();
        }

        CloseSurplus(slot);
        return opened;
    }

    private IndexFollower? FollowerOf(BaseRow place, KnowledgeIndex index, DateTimeOffset since) => data.IsShared
        ? new IndexFollower(index, FolderOf(place), since, documents, contexts, tenants, clock, log)
        : null;

    /// <summary>
    /// Closes an index whose base was given another model by another server: it is made anew, from the vectors that are kept.
    /// </summary>
    private async Task CloseOutdatedAsync(BaseRow place, CancellationToken cancellationToken)
    {
        if (!_slots.TryGetValue(place.BaseId, out var slot) || slot.Open is not { } seen || HasModelOf(place, seen.Index)) return;
        await slot.Gate.WaitAsync(cancellationToken);
        try
        {
            // What is said to be outdated may be what the caller knows of the base.
            if (slot.Open is { } open && !HasModelOf(await FreshAsync(place, cancellationToken), open.Index)) slot.Close();
        }
        finally
        {
            slot.Gate.Release();
        }
    }

    private async Task<BaseRow> FreshAsync(BaseRow place, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Bases.AsNoTracking().SingleOrDefaultAsync(row => row.BaseId == place.BaseId, cancellationToken) ?? place;
    }

    /// <summary>Whether an index has the vectors that its base has, or is being given.</summary>
    private static bool HasModelOf(BaseRow place, KnowledgeIndex index) =>
        place.EmbeddingNext is not null || (index.Models.Current is { IsGiven: true } given ? given : null) == place.Embedder;

    private void CloseSurplus(Slot mine)
    {
        var open = _slots.Values.Where(static slot => slot.Open is not null).ToList();
        if (open.Count <= options.Value.OpenBasesMax) return;
        var closable = open.Where(slot => slot != mine && slot.Open is { Vectors.IsChanging: false });
        if (closable.MinBy(static slot => slot.UsedAt) is not { } oldest) return;
        if (!oldest.Gate.Wait(0)) return;
        try
        {
            oldest.Close();
        }
        finally
        {
            oldest.Gate.Release();
        }
    }

    private async Task<Result<KnowledgeIndex>> OpenFilesAsync(BaseRow place, CancellationToken cancellationToken)
    {
        var folder = FolderOf(place);
        var opened = KnowledgeIndex.Open(folder, new IndexOptions(), clock);
        if (!opened.TryGet(out var index, out var fault))
        {
            if (fault.Code == IndexFaults.InUse.Code) return fault;
            LogDamaged(log, place.BaseId, fault.Code);
            Directory.Delete(folder, recursive: true);
            if (!KnowledgeIndex.Open(folder, new IndexOptions(), clock).TryGet(out index, out fault)) return fault;
        }

        if (data.IsShared)
        {
            place = await FreshAsync(place, cancellationToken);
            if (!HasModelOf(place, index) || !IndexFollower.Knows(folder))
            {
                index.Dispose();
                IndexFollower.Forget(folder);
                Directory.Delete(folder, recursive: true);
                if (!KnowledgeIndex.Open(folder, new IndexOptions(), clock).TryGet(out index, out fault)) return fault;
            }
        }

        var unbound = await BindAsync(place, index, cancellationToken) ?? await BindModelAsync(place, index, cancellationToken);
        if (unbound is not null)
        {
            index.Dispose();
            return unbound;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var passages = await db.Documents.Where(row => row.BaseId == place.BaseId && row.State == DocumentState.Indexed)
            .SumAsync(static row => (long)row.PassagesCount, cancellationToken);
        if (index.Statistics.Passages >= passages) return index;
        try
        {
            if (await RebuildAsync(place, index, cancellationToken) is not { } failed) return index;
            index.Dispose();
            return failed;
        }
        catch
        {
            index.Dispose();
            throw;
        }
    }

    /// <summary>A new index follows the row in where its vectors lie; of any other the row follows what it says itself.</summary>
    private async Task<Fault?> BindAsync(BaseRow place, KnowledgeIndex index, CancellationToken cancellationToken)
    {
        var manifest = index.Stores.Manifest!;
        var actual = manifest.Store?.Store ?? StoreOptions.Embedded;
        // Of several servers each has the vectors in its own index, wherever they lay before there were several.
        if (actual == place.Store || data.IsShared) return null;
        if (manifest.Generation == 0)
        {
            var bound = index.Stores.Note(now => now with { Store = BaseVectors.NewBinding(place.Store) });
            return bound.IsOk ? null : bound.Fault;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.Bases.Where(row => row.BaseId == place.BaseId)
            .ExecuteUpdateAsync(set => set.SetProperty(static row => row.Store, actual), cancellationToken);
        return null;
    }

    /// <summary>The same with what makes its vectors.</summary>
    private async Task<Fault?> BindModelAsync(BaseRow place, KnowledgeIndex index, CancellationToken cancellationToken)
    {
        var actual = index.Models.Current is { IsGiven: true } given ? given : null;
        if (actual == place.Embedder) return null;
        if (index.Statistics.Passages == 0 && place.Embedder is { } wanted)
        {
            var bound = index.Models.Use(new GivenEmbedder(wanted), static (_, _) => { }, cancellationToken);
            return bound.IsOk ? null : bound.Fault;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await ModelOfBase.NoteAsync(db, place, actual, cancellationToken);
        return null;
    }

    /// <summary>Puts every document that has been read into an index, from its stored text.</summary>
    private async Task<Fault?> RebuildAsync(BaseRow place, KnowledgeIndex index, CancellationToken cancellationToken)
    {
        LogRebuild(log, place.BaseId);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        DocumentId? last = null;
        while (true)
        {
            var rows = db.Documents.AsNoTracking().Where(row => row.BaseId == place.BaseId && row.State == DocumentState.Indexed);
            if (last is { } after) rows = rows.Where(row => row.DocumentId.CompareTo(after) > 0);
            var some = await rows.OrderBy(static row => row.DocumentId).Take(RebuildDocuments).ToListAsync(cancellationToken);
            if (some.Count == 0) return null;
            var read = await documents.ReadAsync(db, place, some, index.Models.Current, cancellationToken);
            if (!read.TryGet(out var added, out var fault)) return fault;
            var published = index.Publish(added, [.. some.Select(static row => row.DocumentId.Value)], cancellationToken);
            if (!published.TryGet(out _, out var refused)) return refused;
            last = some[^1].DocumentId;
        }
    }

    private void RemoveFiles(TenantId tenant, KnowledgeBaseId id)
    {
        var folder = FolderOf(tenant, id);
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        IndexFollower.Forget(folder);
        _slots.TryRemove(id, out _);
    }

    private string FolderOf(BaseRow place) => FolderOf(place.TenantId, place.BaseId);

    private string FolderOf(TenantId tenant, KnowledgeBaseId id) => data.In("index", tenant.ToString(), id.ToString());

    [LoggerMessage(Level = LogLevel.Warning, Message = "The index of {KnowledgeBase} cannot be used: {Code}.")]
    private static partial void LogDamaged(ILogger logger, KnowledgeBaseId knowledgeBase, string code);

    [LoggerMessage(Level = LogLevel.Information, Message = "The index of {KnowledgeBase} is made anew from its documents.")]
    private static partial void LogRebuild(ILogger logger, KnowledgeBaseId knowledgeBase);

    /// <summary>A base that was asked for; it is opened and closed by whoever holds its gate.</summary>
    private sealed class Slot
    {
        private volatile OpenBase? _open;

        public SemaphoreSlim Gate { get; } = new(1, 1);

        public OpenBase? Open
        {
            get => _open;
            set => _open = value;
        }

        public long UsedAt { get; set; }

        public void Close()
        {
            _open?.Follower?.Dispose();
            _open?.Vectors.Dispose();
            _open?.Index.Dispose();
            _open = null;
        }
    }

    /// <summary>
    /// A base that is open: its index, what keeps the store of its vectors like that, and what keeps the index like those of
    /// other servers, where there are others.
    /// </summary>
    private sealed record OpenBase(KnowledgeIndex Index, BaseVectors Vectors, IndexFollower? Follower);
}
