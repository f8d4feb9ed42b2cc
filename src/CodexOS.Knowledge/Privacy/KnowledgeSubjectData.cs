using System.Runtime.CompilerServices;
using System.Text.Json;
using CodexOS.Inference.Contracts;
using CodexOS.Knowledge.Cache;
using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Knowledge.Privacy;

/// <summary>
/// What somebody put into knowledge bases, which names them by their id only, and answers to what they asked that are kept.
/// </summary>
internal sealed class KnowledgeSubjectData(IDbContextFactory<KnowledgeDb> contexts, TaskMemory memory, IVault vault)
    : ISubjectData
{
    /// <inheritdoc />
    public string Name => "knowledge";

    /// <inheritdoc />
    public IReadOnlyList<SubjectDocument> Documents =>
    [
        SubjectDocument.Of<SubjectKnowledgeDocument>(
            "documents", "The documents of knowledge bases whose present content the person added.", ReadAsync),
        SubjectDocument.Of<SubjectCachedAnswer>(
            "cached-answers", "Answers to what the person asked that are kept for others who ask the same.", ReadAnswersAsync),
    ];

    /// <inheritdoc />
    public async Task<Result<SubjectErasure>> EraseAsync(
        DataSubject subject, ErasureWish wish, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var answers = await db.CachedAnswers.Where(row => row.AskedBy == subject.Id).ExecuteDeleteAsync(cancellationToken);
        memory.Forget();
        return new SubjectErasure(
            new Dictionary<string, long>(StringComparer.Ordinal) { ["cached_answers"] = answers },
            [
                new KeptData(
                    "documents",
                    "Documents are the tenant's. They name whoever added them, and who alone may read them, by their id only."),
            ]);
    }

    private async IAsyncEnumerable<SubjectCachedAnswer> ReadAnswersAsync(
        DataSubject subject, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = db.CachedAnswers.AsNoTracking().Where(row => row.AskedBy == subject.Id).OrderBy(static row => row.AnswerId);
        await foreach (var row in rows.AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            var opened = await vault.OpenAsync(db, row, static it => it.Answer, cancellationToken);
            if (!opened.TryGet(out var text, out _)) continue;
            yield return new SubjectCachedAnswer(
                row.Agent, row.RunId.ToString(), JsonSerializer.Deserialize<ModelReply>(text, Json.Options)!.Text, row.CreatedAt,
                row.ExpiresAt);
        }
    }

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

/// <summary>A kept answer in the export of the person who asked.</summary>
/// <param name="Agent">The agent that gave it.</param>
/// <param name="Run">The run that it was given in.</param>
/// <param name="Answer">The answer.</param>
/// <param name="CreatedAt">Since when it is kept.</param>
/// <param name="ExpiresAt">Until when.</param>
public sealed record SubjectCachedAnswer(
    string Agent, string Run, string Answer, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt);

/// <summary>A document in the export of the person who added it.</summary>
/// <param name="KnowledgeBase">The knowledge base.</param>
/// <param name="Name">The document's name.</param>
/// <param name="SizeBytes">The length of the file.</param>
/// <param name="ChangedAt">When it was last changed.</param>
public sealed record SubjectKnowledgeDocument(string KnowledgeBase, string Name, long SizeBytes, DateTimeOffset ChangedAt);
