using System.Collections.Immutable;
using CodexOS.Knowledge.Bases;
using CodexOS.Knowledge.Chunking;
using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Documents;
using CodexOS.Knowledge.Extraction;
using CodexOS.Knowledge.Search;
using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Knowledge.Ingestion;

/// <summary>
/// Reads a batch of documents and publishes what it read:
/// 1. Read: file → blocks → passages; what cannot be read fails by itself, the rest goes on.
/// 2. Keep: the text of each, encrypted.
/// 3. Publish: all their passages become findable at once, in place of those of earlier versions.
/// 4. Record: only now the rows say that they are indexed, so whatever a crash interrupts is read again.
/// </summary>
internal sealed class BatchReader(
    DocumentExtractor extractor, BaseContent content, IndexKeeper indexes, IDbContextFactory<KnowledgeDb> contexts,
    IOptions<KnowledgeOptions> options, TimeProvider clock)
{
    private readonly Chunker _chunker = new(ChunkerOptions.Default);

    public async Task<Result<BatchOutput>> ReadAsync(
        BaseRow place, ImmutableArray<DocumentId> documents, Action<Progress> onProgress, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await db.Documents.AsNoTracking()
            .Where(row => documents.Contains(row.DocumentId) && row.BaseId == place.BaseId && row.State == DocumentState.Pending)
            .OrderBy(static row => row.DocumentId).ToListAsync(cancellationToken);
        var read = new List<ReadDocument>(rows.Count);
        foreach (var row in rows)
        {
            // 1. Read
            // Without its name: whoever may see the run need not be one of the document's readers.
            onProgress(new Progress(read.Count, rows.Count, "documents", "Reading"));
            var file = await content.ReadAsync(db, place, row.DocumentId, ContentPart.File, row.ContentBlob, cancellationToken);
            if (!file.TryGet(out var bytes, out var fault))
            {
                // A key that cannot be opened now says nothing of the document: the step fails, and is tried again.
                if (!BaseContent.IsLost(fault)) return fault;
                read.Add(new ReadDocument(row, null, null, null, fault));
                continue;
            }

            var document = await Task.Run(() => Extract(row, bytes, cancellationToken), cancellationToken);

            // 2. Keep
            if (document.Text is { } text)
            {
                var kept = await content.WriteAsync(
                    db, place, row.DocumentId, ContentPart.Text, text.Write(), cancellationToken);
                // The disk may be full: the batch fails as a whole, and goes on when it is tried again.
                if (!kept.TryGet(out var blob, out fault)) return fault;
                document = document with { Blob = blob };
            }

            read.Add(document);
        }

        // 3. Publish
        var passages = read.Where(static document => document.Text is not null)
            .SelectMany(static document => IndexedPassages.Of(document.Titled(), document.Text!)).ToList();
        var ids = read.ConvertAll(static document => document.Row.DocumentId);
        if (ids.Count > 0)
        {
            var published = await indexes.PublishAsync(place, passages, ids, cancellationToken);
            if (!published.TryGet(out _, out var refused)) return refused;
        }

        // 4. Record
        var overtaken = new List<DocumentId>();
        foreach (var document in read)
        {
            if (!await RecordAsync(db, place, document, cancellationToken)) overtaken.Add(document.Row.DocumentId);
        }

        if (overtaken.Count > 0)
        {
            // Deleted meanwhile, or given another content that waits: what was published of them is taken back.
            var withdrawn = await indexes.PublishAsync(place, [], overtaken, cancellationToken);
            if (!withdrawn.TryGet(out _, out var refused)) return refused;
        }

        return new BatchOutput(
            read.Count(static document => document.Fault is null), read.Count(static document => document.Fault is not null),
            passages.Count, read.Sum(static document => document.Row.SizeBytes));
    }

    private ReadDocument Extract(DocumentRow row, byte[] bytes, CancellationToken cancellationToken)
    {
        var limits = new ReadLimits
        {
            CharactersMax = options.Value.DocumentCharactersMax,
            TimeMax = options.Value.DocumentTimeMax,
        };
        var mediaType = row.MediaType.Length == 0 ? null : row.MediaType;
        var opened = extractor.Extract(new MemoryStream(bytes, writable: false), row.Name, mediaType, limits, cancellationToken);
        if (!opened.TryGet(out var document, out var fault)) return new ReadDocument(row, null, null, null, fault);
        using (document)
        {
            var text = new DocumentText();
            var passages = _chunker.Cut(document.Blocks(), text).Select(StoredPassage.Of).ToImmutableArray();
            return document.Fault is { } broken
                ? new ReadDocument(row, DocumentFormats.NameOf(document.Format), document.Title, null, broken)
                : new ReadDocument(
                    row, DocumentFormats.NameOf(document.Format), document.Title, new StoredText(text.ToString(), passages),
                    null);
        }
    }

    /// <summary>Records what came of a document; false if it is no longer the one that was read.</summary>
    private async Task<bool> RecordAsync(KnowledgeDb db, BaseRow place, ReadDocument read, CancellationToken cancellationToken)
    {
        var (id, version, now) = (read.Row.DocumentId, read.Row.Version, clock.GetUtcNow());
        var state = read.Fault is null ? DocumentState.Indexed : DocumentState.Failed;
        // Another content that was added meanwhile waits to be read itself, and is not said to be read by this.
        var changed = await db.Documents
            .Where(row => row.DocumentId == id && row.Version == version && row.State == DocumentState.Pending)
            .ExecuteUpdateAsync(
                set => set
                    .SetProperty(static row => row.State, state)
                    .SetProperty(static row => row.Format, read.Format)
                    .SetProperty(static row => row.Title, read.Title)
                    .SetProperty(static row => row.TextBlob, read.Blob)
                    .SetProperty(static row => row.FaultCode, read.Fault?.Code)
                    .SetProperty(static row => row.FaultMessage, read.Fault?.Message)
                    .SetProperty(static row => row.PassagesCount, read.Text?.Passages.Length ?? 0)
                    .SetProperty(static row => row.CharactersCount, read.Text?.Text.Length ?? 0)
                    .SetProperty(static row => row.ChangedAt, now),
                cancellationToken);
        // What the row names no more: the text of an earlier content, or this one if the row was not changed.
        if ((changed > 0 ? read.Row.TextBlob : read.Blob) is { } unnamed)
            await content.RemoveAsync(place.TenantId, unnamed, cancellationToken);
        // Read by another run at the same time: what that one recorded holds for what this one published.
        return changed > 0 || await db.Documents.AnyAsync(
            row => row.DocumentId == id && row.Version == version && row.State == state, cancellationToken);
    }

    private sealed record ReadDocument(DocumentRow Row, string? Format, string? Title, StoredText? Text, Fault? Fault)
    {
        public string? Blob { get; init; }

        /// <summary>The row with the title that was just found, as the index is to know it.</summary>
        public DocumentRow Titled()
        {
            Row.Title = Title;
            return Row;
        }
    }
}
