using System.Collections.Concurrent;
using System.Collections.Immutable;
using CodexOS.Knowledge.Bases;
using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Documents;
using CodexOS.Knowledge.Index;
using CodexOS.Knowledge.Index.Queries;
using CodexOS.Knowledge.Index.Storage;
using CodexOS.Knowledge.Storage;
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
    IDbContextFactory<KnowledgeDb> contexts, BaseContent content, DataDirectory data, IOptions<KnowledgeOptions> options,
    TimeProvider clock, ILogger<IndexKeeper> log) : IDisposable
{
    private const int RebuildDocuments = 200;

    private readonly ConcurrentDictionary<KnowledgeBaseId, Slot> _slots = new();

    /// <summary>Searches a base.</summary>
    public Task<Result<SearchResult>> SearchAsync(BaseRow place, SearchQuery query, CancellationToken cancellationToken) =>
        UseAsync(place, index => index.Search(query, cancellationToken), cancellationToken);

    /// <summary>Adds passages and removes documents, in one step.</summary>
    public Task<Result<IndexGeneration>> PublishAsync(
        BaseRow place, IReadOnlyList<IndexPassage> added, IReadOnlyCollection<DocumentId> removed,
        CancellationToken cancellationToken) =>
        UseAsync(
            place,
            index => index.Publish(added, [.. removed.Select(static id => id.Value)], cancellationToken),
            cancellationToken);

    /// <summary>Closes the index of a base that is deleted, and removes its files.</summary>
    public async Task RemoveAsync(BaseRow place, CancellationToken cancellationToken)
    {
        var slot = _slots.GetOrAdd(place.BaseId, static _ => new Slot());
        await slot.Gate.WaitAsync(cancellationToken);
        try
        {
            slot.Close();
            if (Directory.Exists(FolderOf(place))) Directory.Delete(FolderOf(place), recursive: true);
            _slots.TryRemove(place.BaseId, out _);
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
        BaseRow place, Func<KnowledgeIndex, Result<T>> use, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (!(await OpenAsync(place, cancellationToken)).TryGet(out var index, out var fault)) return fault;
            var result = use(index);
            // Closed to make room for others between the two lines above.
            if (result.TryGet(out _, out fault) || fault.Code != IndexFaults.Closed.Code || attempt == 3) return result;
        }
    }

    /// <summary>One base is opened at a time by one; the others need not wait for it, however long it takes.</summary>
    private async Task<Result<KnowledgeIndex>> OpenAsync(BaseRow place, CancellationToken cancellationToken)
    {
        var slot = _slots.GetOrAdd(place.BaseId, static _ => new Slot());
        slot.UsedAt = clock.GetTimestamp();
        if (slot.Index is { } known) return known;
        Result<KnowledgeIndex> opened;
        await slot.Gate.WaitAsync(cancellationToken);
        try
        {
            if (slot.Index is { } there) return there;
            opened = await OpenFilesAsync(place, cancellationToken);
            if (opened.TryGet(out var index, out _)) slot.Index = index;
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
        var open = _slots.Values.Where(static slot => slot.Index is not null).ToList();
        if (open.Count <= options.Value.OpenBasesMax) return;
        if (open.Where(slot => slot != mine).MinBy(static slot => slot.UsedAt) is not { } oldest) return;
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
                if (read.TryGet(out var bytes, out var fault)) added.AddRange(IndexedPassages.Of(row, StoredText.Read(bytes)));
                else if (BaseContent.IsLost(fault)) await FailAsync(db, row, fault, cancellationToken);
                else return fault;
            }

            var published = index.Publish(added, [.. some.Select(static row => row.DocumentId.Value)], cancellationToken);
            if (!published.TryGet(out _, out var refused)) return refused;
            last = some[^1].DocumentId;
        }
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
        private volatile KnowledgeIndex? _index;

        public SemaphoreSlim Gate { get; } = new(1, 1);

        public KnowledgeIndex? Index
        {
            get => _index;
            set => _index = value;
        }

        public long UsedAt { get; set; }

        public void Close()
        {
            _index?.Dispose();
            _index = null;
        }
    }
}

/// <summary>Puts documents into the form in which they are indexed.</summary>
internal static class IndexedPassages
{
    /// <summary>The passages of a document.</summary>
    public static IEnumerable<IndexPassage> Of(DocumentRow row, StoredText text)
    {
        var readers = DocumentAccess.ReadersOf(row).Select(static reader => reader.ToString()).ToImmutableArray();
        var metadata = DocumentAccess.MetadataOf(row).ToImmutableSortedDictionary(StringComparer.Ordinal);
        return text.Passages.Select((passage, ordinal) => new IndexPassage(
            row.DocumentId.Value,
            new Chunking.Passage(ordinal, passage.Start, text.TextOf(passage), passage.Headings, passage.From, passage.To),
            row.Title ?? "", readers, metadata, row.At));
    }
}
