using System.Runtime.CompilerServices;
using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Knowledge.Privacy;

/// <summary>What somebody put into knowledge bases. It names them by their id only.</summary>
internal sealed class KnowledgeSubjectData(IDbContextFactory<KnowledgeDb> contexts) : ISubjectData
{
    /// <inheritdoc />
    public string Name => "knowledge";

    /// <inheritdoc />
    public IReadOnlyList<SubjectDocument> Documents =>
    [
        SubjectDocument.Of<SubjectKnowledgeDocument>(
            "documents", "The documents of knowledge bases whose present content the person added.", ReadAsync),
    ];

    /// <inheritdoc />
    public Task<Result<SubjectErasure>> EraseAsync(
        DataSubject subject, ErasureWish wish, CancellationToken cancellationToken) => Task.FromResult<Result<SubjectErasure>>(
        SubjectErasure.Keeps(
            "documents",
            "Documents are the tenant's. They name whoever added them, and who alone may read them, by their id only."));

    private async IAsyncEnumerable<SubjectKnowledgeDocument> ReadAsync(
        DataSubject subject, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows =
            from document in db.Documents.AsNoTracking()
            join place in db.Bases on document.BaseId equals place.BaseId
            where document.AddedBy == subject.Id
            orderby document.DocumentId
            select new SubjectKnowledgeDocument(place.Name, document.Name, document.SizeBytes, document.ChangedAt);
        await foreach (var row in rows.AsAsyncEnumerable().WithCancellation(cancellationToken)) yield return row;
    }
}

/// <summary>A document in the export of the person who added it.</summary>
/// <param name="KnowledgeBase">The knowledge base.</param>
/// <param name="Name">The document's name.</param>
/// <param name="SizeBytes">The length of the file.</param>
/// <param name="ChangedAt">When it was last changed.</param>
public sealed record SubjectKnowledgeDocument(string KnowledgeBase, string Name, long SizeBytes, DateTimeOffset ChangedAt);
