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

    private readonly SemaphoreSlim _opening = new(1, 1);
    private readonly Dictionary<KnowledgeBaseId, Open> _open = [];

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

    /// <summary>What an index holds.</summary>
    public Task<Result<IndexStatistics>> StatisticsAsync(BaseRow place, CancellationToken cancellationToken) =>
        UseAsync<IndexStatistics>(place, static index => index.Statistics, cancellationToken);

    /// <summary>Closes the index of a base that is deleted, and removes its files.</summary>
    public async Task RemoveAsync(BaseRow place, CancellationToken cancellationToken)
    {
        await _opening.WaitAsync(cancellationToken);
        try
        {
            if (_open.Remove(place.BaseId, out var open)) open.Index.Dispose();
            if (Directory.Exists(FolderOf(place))) Directory.Delete(FolderOf(place), recursive: true);
        }
        finally
        {
            _opening.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var open in _open.Values) open.Index.Dispose();
        _open.Clear();
        _opening.Dispose();
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

    private async Task<Result<KnowledgeIndex>> OpenAsync(BaseRow place, CancellationToken cancellationToken)
    {
        await _opening.WaitAsync(cancellationToken);
        try
        {
            if (_open.TryGetValue(place.BaseId, out var known))
            {
                known.UsedAt = clock.GetTimestamp();
                return known.Index;
            }

            if (!(await OpenFilesAsync(place, cancellationToken)).TryGet(out var index, out var fault)) return fault;
            if (_open.Count >= options.Value.OpenBasesMax)
            {
                var (oldest, last) = _open.MinBy(static one => one.Value.UsedAt);
                _open.Remove(oldest);
                last.Index.Dispose();
            }

            _open[place.BaseId] = new Open(index) { UsedAt = clock.GetTimestamp() };
            return index;
        }
        finally
        {
            _opening.Release();
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
                if (!read.TryGet(out var bytes, out var fault)) return fault;
                added.AddRange(IndexedPassages.Of(row, StoredText.Read(bytes)));
            }

            var published = index.Publish(added, [.. some.Select(static row => row.DocumentId.Value)], cancellationToken);
            if (!published.TryGet(out _, out var refused)) return refused;
            last = some[^1].DocumentId;
        }
    }

    private string FolderOf(BaseRow place) => data.In("index", place.TenantId.ToString(), place.BaseId.ToString());

    [LoggerMessage(Level = LogLevel.Warning, Message = "The index of {KnowledgeBase} cannot be used: {Code}.")]
    private static partial void LogDamaged(ILogger logger, KnowledgeBaseId knowledgeBase, string code);

    [LoggerMessage(Level = LogLevel.Information, Message = "The index of {KnowledgeBase} is made anew from its documents.")]
    private static partial void LogRebuild(ILogger logger, KnowledgeBaseId knowledgeBase);

    private sealed class Open(KnowledgeIndex index)
    {
        public KnowledgeIndex Index { get; } = index;

        public long UsedAt { get; set; }
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
