using System.Collections.Immutable;
using CodexOS.Knowledge.Bases;
using CodexOS.Knowledge.Documents;
using CodexOS.Knowledge.Embeddings;
using CodexOS.Knowledge.Index;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Faults;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Knowledge.Search;

/// <summary>What an index holds of documents that have been read, from their stored texts.</summary>
internal sealed class IndexedDocuments(BaseContent content)
{
    /// <summary>
    /// The passages of documents. One whose text is lost has none; its row says so, and the others are found.
    /// </summary>
    public async Task<Result<List<IndexPassage>>> ReadAsync(
        KnowledgeDb db, BaseRow place, IReadOnlyCollection<DocumentRow> rows, EmbedderKey? embedder,
        CancellationToken cancellationToken)
    {
        var passages = new List<IndexPassage>();
        foreach (var row in rows)
        {
            var read = await content.ReadAsync(db, place, row.DocumentId, ContentPart.Text, row.TextBlob!, cancellationToken);
            if (read.TryGet(out var bytes, out var fault))
            {
                var vectors = await VectorsAsync(db, place, row, embedder, cancellationToken);
                passages.AddRange(IndexedPassages.Of(row, StoredText.Read(bytes), vectors));
            }
            else if (BaseContent.IsLost(fault)) await FailAsync(db, row, fault, cancellationToken);
            else return fault;
        }

        return passages;
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
