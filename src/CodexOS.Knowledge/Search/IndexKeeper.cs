using System.Collections.Concurrent;
using System.Collections.Immutable;
using CodexOS.Knowledge.Bases;
using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Documents;
using CodexOS.Knowledge.Embeddings;
using CodexOS.Knowledge.Index;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Index.Queries;
using CodexOS.Knowledge.Index.Storage;
using CodexOS.Knowledge.Storage;
using CodexOS.Knowledge.Stores;
using CodexOS.Knowledge.Tuning;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodexOS.Knowledge.Search;

/// <summary>
/// The search indexes of this server, open as long as they are asked for. An index is a projection of the documents' texts:
/// one that is missing, damaged or behind is made anew from them when it is opened.
/// </summary>
internal sealed partial class IndexKeeper(
    IDbContextFactory<KnowledgeDb> contexts, BaseContent content, ModelVectors models, VectorStores stores, BaseTunings tunings,
    DataDirectory data,
    IOptions<KnowledgeOptions> options, TimeProvider clock, ILogger<IndexKeeper> log) : IDisposable
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
            open => open.Index.Stores.IsElsewhere
                ? open.Vectors.SearchAsync(query, cancellationToken)
                : Task.FromResult(open.Index.Search(query, cancellationToken)),
            cancellationToken);

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
            if (Directory.Exists(FolderOf(place))) Directory.Delete(FolderOf(place), recursive: true);
            _slots.TryRemove(place.BaseId, out _);
            return null;
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
            opened = (await OpenFilesAsync(place, cancellationToken)).TryGet(out var index, out var fault)
                ? new OpenBase(index, new BaseVectors(place.TenantId, place.BaseId, index, stores, clock, log))
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
        if (actual == place.Store) return null;
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
            var added = new List<IndexPassage>();
            foreach (var row in some)
            {
                var read = await content.ReadAsync(
                    db, place, row.DocumentId, ContentPart.Text, row.TextBlob!, cancellationToken);
                if (read.TryGet(out var bytes, out var fault))
                {
                    var vectors = await VectorsAsync(db, place, row, index.Models.Current, cancellationToken);
                    added.AddRange(IndexedPassages.Of(row, StoredText.Read(bytes), vectors));
                }
                else if (BaseContent.IsLost(fault)) await FailAsync(db, row, fault, cancellationToken);
                else return fault;
            }

            var published = index.Publish(added, [.. some.Select(static row => row.DocumentId.Value)], cancellationToken);
            if (!published.TryGet(out _, out var refused)) return refused;
            last = some[^1].DocumentId;
        }
    }

    /// <summary>The vectors that a model made of a document; null if it has made none, or they are lost.</summary>
    private async Task<DocumentVectors?> VectorsAsync(
        KnowledgeDb db, BaseRow place, DocumentRow row, EmbedderKey? embedder, CancellationToken cancellationToken)
    {
        if (embedder is not { IsGiven: true } || row.VectorsKey != embedder.Word) return null;
        var read = await content.ReadAsync(
            db, place, row.DocumentId, ContentPart.Vectors, row.VectorsBlob!, cancellationToken);
        return read.TryGet(out var bytes, out _) ? DocumentVectors.Read(bytes) : null;
    }

    /// <summary>A document whose text is lost is not found any more, and says so; the others are.</summary>
    private static Task<int> FailAsync(
        KnowledgeDb db, DocumentRow row, Fault fault, CancellationToken cancellationToken) =>
        db.Documents.Where(one => one.DocumentId == row.DocumentId && one.Version == row.Version).ExecuteUpdateAsync(
            set => set
                .SetProperty(static one => one.State, DocumentState.Failed)
                .SetProperty(static one => one.FaultCode, fault.Code)
                .SetProperty(static one => one.FaultMessage, fault.Message)
                .SetProperty(static one => one.PassagesCount, 0),
            cancellationToken);

    private string FolderOf(BaseRow place) => data.In("index", place.TenantId.ToString(), place.BaseId.ToString());

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
            _open?.Vectors.Dispose();
            _open?.Index.Dispose();
            _open = null;
        }
    }

    /// <summary>A base that is open: its index, and what keeps the store of its vectors like that.</summary>
    private sealed record OpenBase(KnowledgeIndex Index, BaseVectors Vectors);
}

/// <summary>Puts documents into the form in which they are indexed.</summary>
internal static class IndexedPassages
{
    /// <summary>The passages of a document, with their vectors where a model has made some.</summary>
    public static IEnumerable<IndexPassage> Of(DocumentRow row, StoredText text, DocumentVectors? vectors)
    {
        var readers = DocumentAccess.ReadersOf(row).Select(static reader => reader.ToString()).ToImmutableArray();
        var metadata = DocumentAccess.MetadataOf(row).ToImmutableSortedDictionary(StringComparer.Ordinal);
        return text.Passages.Select((passage, ordinal) => new IndexPassage(
            row.DocumentId.Value,
            new Chunking.Passage(ordinal, passage.Start, text.TextOf(passage), passage.Headings, passage.From, passage.To),
            row.Title ?? "", readers, metadata, row.At)
        {
            Vector = vectors?.Of(ordinal),
        });
    }
}
