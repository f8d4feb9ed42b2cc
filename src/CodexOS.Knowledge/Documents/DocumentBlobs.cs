using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Blobs;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Knowledge.Documents;

/// <summary>Which blobs documents name: contents, texts and vectors.</summary>
internal sealed class DocumentBlobs(IDbContextFactory<KnowledgeDb> contexts) : IBlobWitness
{
    /// <inheritdoc />
    public string Name => "knowledge";

    /// <inheritdoc />
    public async Task<IReadOnlyCollection<string>> NamedAsync(
        IReadOnlyList<string> hashes, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        // One look at a row: vectors move from one column to another when a base changes its model.
        var rows = await db.Documents.AsNoTracking()
            .Where(row => hashes.Contains(row.ContentBlob) || hashes.Contains(row.TextBlob!)
                || hashes.Contains(row.VectorsBlob!) || hashes.Contains(row.NextVectorsBlob!))
            .Select(static row => new { row.ContentBlob, row.TextBlob, row.VectorsBlob, row.NextVectorsBlob })
            .ToListAsync(cancellationToken);
        return
        [
            .. rows.SelectMany(static row => new[] { row.ContentBlob, row.TextBlob, row.VectorsBlob, row.NextVectorsBlob })
                .OfType<string>(),
        ];
    }
}
