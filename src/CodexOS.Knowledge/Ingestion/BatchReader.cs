using System.Collections.Immutable;
using CodexOS.Knowledge.Bases;
using CodexOS.Knowledge.Chunking;
using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Documents;
using CodexOS.Knowledge.Embeddings;
using CodexOS.Knowledge.Extraction;
using CodexOS.Knowledge.Index;
using CodexOS.Knowledge.Index.Embedding;
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
/// 3. Embed: the vectors of all passages, where a model makes them; they are kept too.
/// 4. Publish: all their passages become findable at once, in place of those of earlier versions.
/// 5. Record: only now the rows say that they are indexed, so whatever a crash interrupts is read again.
/// </summary>
internal sealed class BatchReader(
    DocumentExtractor extractor, BaseContent content, IndexKeeper indexes, ModelVectors models,
    IDbContextFactory<KnowledgeDb> contexts, IOptions<KnowledgeOptions> options, TimeProvider clock)
{
    private const int EmbeddingsMax = 3;
    private const int FilesAtOnce = 4;

    private readonly Chunker _chunker = new(ChunkerOptions.Default);

    public async Task<Result<BatchOutput>> ReadAsync(
        BaseRow place, ImmutableArray<DocumentId> documents, Action<Progress> onProgress, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await db.Documents.AsNoTracking()
            .Where(row => documents.Contains(row.DocumentId) && row.BaseId == place.BaseId && row.State == DocumentState.Pending)
            .OrderBy(static row => row.DocumentId).ToListAsync(cancellationToken);

        // 1. Read, and 2. Keep
        if (!(await ReadAllAsync(place, rows, onProgress, cancellationToken)).TryGet(out var read, out var unread)) return unread;

        // 3. Embed, and 4. Publish
        var (usage, ids) = (new EffectUsage(0, 0, 0), read.ConvertAll(static document => document.Row.DocumentId));
        for (var attempt = 1; ids.Count > 0; attempt++)
        {
            var embedded = await EmbedAsync(db, place, read, onProgress, cancellationToken);
            if (!embedded.TryGet(out var used, out var unembedded)) return unembedded;
            usage = new EffectUsage(usage.TokensIn + used.TokensIn, 0, usage.CostMicroUsd + used.CostMicroUsd);
            var added = read.Where(static document => document.Text is not null)
                .SelectMany(static document => IndexedPassages.Of(document.Titled(), document.Text!, document.Vectors)).ToList();
            var published = await indexes.PublishAsync(place, added, ids, cancellationToken);
            if (published.TryGet(out _, out var refused)) break;
            if (refused.Code != IndexFaults.OtherEmbedderCode || attempt == EmbeddingsMax) return refused;

            // The base was given another model in this very moment.
            place = await db.Bases.AsNoTracking().SingleAsync(row => row.BaseId == place.BaseId, cancellationToken);
        }

        // 5. Record
        var now = clock.GetUtcNow();
        var overtaken = await RecordAllAsync(db, place, read, now, cancellationToken);
        indexes.Note(place, ids.Except(overtaken), now);
        if (overtaken.Count > 0)
        {
            // Deleted meanwhile, or given another content that waits: what was published of them is taken back.
            var withdrawn = await indexes.PublishAsync(place, [], overtaken, cancellationToken);
            if (!withdrawn.TryGet(out _, out var refused)) return refused;
        }

        return new BatchOutput(
            read.Count(static document => document.Fault is null), read.Count(static document => document.Fault is not null),
            read.Sum(static document => document.Text?.Passages.Length ?? 0),
            read.Sum(static document => document.Row.SizeBytes))
        {
            Usage = usage,
        };
    }

    /// <summary>
    /// Reads the files and keeps their texts, a few side by side: while one text is on its way to the disk, another file is read.
    /// The documents come back in the order of their rows.
    /// </summary>
    private async Task<Result<List<ReadDocument>>> ReadAllAsync(
        BaseRow place, List<DocumentRow> rows, Action<Progress> onProgress, CancellationToken cancellationToken)
    {
        var (read, readCount, failed) = (new ReadDocument[rows.Count], 0, (Fault?)null);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await Parallel.ForEachAsync(
                rows.Index(),
                new ParallelOptions { MaxDegreeOfParallelism = FilesAtOnce, CancellationToken = stop.Token },
                async (one, token) =>
                {
                    // Without its name: whoever may see the run need not be one of the document's readers.
                    onProgress(new Progress(Volatile.Read(ref readCount), rows.Count, "documents", "Reading"));
                    if ((await ReadOneAsync(place, one.Item, token)).TryGet(out var document, out var fault))
                    {
                        read[one.Index] = document;
                        Interlocked.Increment(ref readCount);
                        return;
                    }

                    failed ??= fault;
                    await stop.CancelAsync();
                });
        }
        catch (OperationCanceledException) when (failed is not null)
        {
            // One failed the whole batch, and the others need not be read.
        }

        if (failed is not null) return failed;
        return read.ToList();
    }

    /// <summary>
    /// Reads a file and keeps its text. A fault is one of the whole batch; the document's own is in what is given back.
    /// </summary>
    private async Task<Result<ReadDocument>> ReadOneAsync(BaseRow place, DocumentRow row, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var file = await content.ReadAsync(db, place, row.DocumentId, ContentPart.File, row.ContentBlob, cancellationToken);
        if (!file.TryGet(out var bytes, out var fault))
        {
            // A key that cannot be opened now says nothing of the document: the step fails, and is tried again.
            return BaseContent.IsLost(fault) ? new ReadDocument(row, null, null, null, fault) : fault;
        }

        var document = await Task.Run(() => Extract(row, bytes, cancellationToken), cancellationToken);
        if (document.Text is not { } text) return document;
        var kept = await content.WriteAsync(db, place, row.DocumentId, ContentPart.Text, text.Write(), cancellationToken);
        // The disk may be full: the batch fails as a whole, and goes on when it is tried again.
        return kept.TryGet(out var blob, out fault) ? document with { Blob = blob } : fault;
    }

    /// <summary>Has the vectors made, where a model makes them, and keeps them.</summary>
    private async Task<Result<EffectUsage>> EmbedAsync(
        KnowledgeDb db, BaseRow place, List<ReadDocument> read, Action<Progress> onProgress, CancellationToken cancellationToken)
    {
        foreach (var document in read)
        {
            if (document.VectorsBlob is { } outdated && outdated != document.Row.VectorsBlob)
                await content.RemoveAsync(place.TenantId, outdated, cancellationToken);
            (document.Vectors, document.VectorsBlob) = (null, null);
        }

        if (place.Embedder is not { } key) return new EffectUsage(0, 0, 0);
        foreach (var document in read) await KeepVectorsAsync(db, place, key, document, cancellationToken);
        var withText = read.FindAll(static document => document is { Text: not null, Vectors: null });
        if (withText.Count == 0) return new EffectUsage(0, 0, 0);
        var asked = await models.OfDocumentsAsync(
            key, withText.ConvertAll(static document => (document.Title, document.Text!)),
            (done, all) => onProgress(new Progress(done, all, "passages", "Making vectors")), cancellationToken);
        if (!asked.TryGet(out var embedded, out var fault)) return fault;
        foreach (var (document, vectors) in withText.Zip(embedded.Documents))
        {
            var kept = await content.WriteAsync(
                db, place, document.Row.DocumentId, ContentPart.Vectors, vectors.Write(), cancellationToken);
            if (!kept.TryGet(out var blob, out fault)) return fault;
            (document.Vectors, document.VectorsBlob) = (vectors, blob);
        }

        return new EffectUsage(embedded.TokensCount, 0, embedded.CostMicroUsd);
    }

    /// <summary>The same text has the same vectors, as after a change of readers or metadata.</summary>
    private async Task KeepVectorsAsync(
        KnowledgeDb db, BaseRow place, EmbedderKey key, ReadDocument document, CancellationToken cancellationToken)
    {
        if (document is not { Text: { } text, Row: { TextBlob: { } textBlob, VectorsBlob: { } vectorsBlob } row }
            || row.VectorsKey != key.Word || row.Title != document.Title) return;
        var before = await content.ReadAsync(db, place, row.DocumentId, ContentPart.Text, textBlob, cancellationToken);
        if (!before.TryGet(out var bytes, out _) || !StoredText.Read(bytes).HasSamePassages(text)) return;
        var vectors = await content.ReadAsync(db, place, row.DocumentId, ContentPart.Vectors, vectorsBlob, cancellationToken);
        if (vectors.TryGet(out bytes, out _))
            (document.Vectors, document.VectorsBlob) = (DocumentVectors.Read(bytes), vectorsBlob);
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

    /// <summary>
    /// Records what came of the documents, all at once, and removes what no row names any more; those that are no longer the ones
    /// that were read.
    /// </summary>
    private async Task<List<DocumentId>> RecordAllAsync(
        KnowledgeDb db, BaseRow place, List<ReadDocument> read, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (overtaken, unnamed) = (new List<DocumentId>(), new List<string>());
        await using (var transaction = await db.Database.BeginTransactionAsync(cancellationToken))
        {
            foreach (var document in read)
            {
                if (!await RecordAsync(db, document, unnamed, now, cancellationToken)) overtaken.Add(document.Row.DocumentId);
            }

            await transaction.CommitAsync(cancellationToken);
        }

        foreach (var blob in unnamed) await content.RemoveAsync(place.TenantId, blob, cancellationToken);
        return overtaken;
    }

    /// <summary>Records what came of a document; false if it is no longer the one that was read.</summary>
    private static async Task<bool> RecordAsync(
        KnowledgeDb db, ReadDocument read, List<string> unnamed, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (id, version) = (read.Row.DocumentId, read.Row.Version);
        var state = read.Fault is null ? DocumentState.Indexed : DocumentState.Failed;
        var vectorsKey = read.Vectors?.Key.Word;
        // Another content that was added meanwhile waits to be read itself, and is not said to be read by this.
        var changed = await db.Documents
            .Where(row => row.DocumentId == id && row.Version == version && row.State == DocumentState.Pending)
            .ExecuteUpdateAsync(
                set => set
                    .SetProperty(static row => row.State, state)
                    .SetProperty(static row => row.Format, read.Format)
                    .SetProperty(static row => row.Title, read.Title)
                    .SetProperty(static row => row.TextBlob, read.Blob)
                    .SetProperty(static row => row.VectorsBlob, read.VectorsBlob)
                    .SetProperty(static row => row.VectorsKey, vectorsKey)
                    .SetProperty(static row => row.NextVectorsBlob, (string?)null)
                    .SetProperty(static row => row.NextVectorsKey, (string?)null)
                    .SetProperty(static row => row.FaultCode, read.Fault?.Code)
                    .SetProperty(static row => row.FaultMessage, read.Fault?.Message)
                    .SetProperty(static row => row.PassagesCount, read.Text?.Passages.Length ?? 0)
                    .SetProperty(static row => row.CharactersCount, read.Text?.Text.Length ?? 0)
                    .SetProperty(static row => row.ChangedAt, now),
                cancellationToken);
        // What the row names no more: what was made of an earlier content, or of this one if the row was not changed.
        string?[] former = changed > 0
            ? [read.Row.TextBlob, read.Row.VectorsBlob, read.Row.NextVectorsBlob]
            : [read.Blob, read.VectorsBlob];
        var named = changed > 0 ? read.VectorsBlob : read.Row.VectorsBlob;
        unnamed.AddRange(former.OfType<string>().Where(blob => blob != named));
        // Read by another run at the same time: what that one recorded holds for what this one published.
        return changed > 0 || await db.Documents.AnyAsync(
            row => row.DocumentId == id && row.Version == version && row.State == state, cancellationToken);
    }

    private sealed record ReadDocument(DocumentRow Row, string? Format, string? Title, StoredText? Text, Fault? Fault)
    {
        public string? Blob { get; init; }

        /// <summary>The vectors of the passages, where a model makes them.</summary>
        public DocumentVectors? Vectors { get; set; }

        public string? VectorsBlob { get; set; }

        /// <summary>The row with the title that was just found, as the index is to know it.</summary>
        public DocumentRow Titled()
        {
            Row.Title = Title;
            return Row;
        }
    }
}
