using System.Runtime.CompilerServices;
using CodexOS.Platform.Faults;
using CodexOS.Privacy.Storage;
using CodexOS.Runs.Contracts;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Privacy.Evidence;

/// <summary>
/// What is in bundles of evidence about a person. Every bundle shows the members as they were, so erasing somebody removes all of
/// them; they can be made anew, without the person.
/// </summary>
internal sealed class EvidenceSubjectData(IDbContextFactory<PrivacyDb> contexts, EvidenceBundles bundles) : ISubjectData
{
    private const int BatchMax = 100;

    /// <inheritdoc />
    public string Name => "evidence";

    /// <inheritdoc />
    public IReadOnlyList<SubjectDocument> Documents =>
    [
        SubjectDocument.Of<RequestedBundle>("evidence-bundles", "The bundles of evidence that the person asked for.", ReadAsync),
    ];

    /// <inheritdoc />
    public async Task<Result<SubjectErasure>> EraseAsync(
        DataSubject subject, ErasureWish wish, CancellationToken cancellationToken)
    {
        var count = 0L;
        while (true)
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            var rows = await db.EvidenceBundles.AsNoTracking().OrderBy(static row => row.RunId).Take(BatchMax)
                .ToListAsync(cancellationToken);
            foreach (var row in rows) await bundles.RemoveAsync(row, AuditActor.Of(wish.By), cancellationToken);
            count += rows.Count;
            if (rows.Count < BatchMax) break;
        }

        return new SubjectErasure(new Dictionary<string, long>(StringComparer.Ordinal) { ["evidence_bundles"] = count }, []);
    }

    private async IAsyncEnumerable<RequestedBundle> ReadAsync(
        DataSubject subject, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var id = subject.Id;
        var rows = db.EvidenceBundles.AsNoTracking().Where(row => row.RequestedBy == id).OrderBy(static row => row.RunId);
        await foreach (var row in rows.AsAsyncEnumerable().WithCancellation(cancellationToken))
            yield return new RequestedBundle(row.RunId, row.PeriodFrom, row.PeriodTo, row.CreatedAt, row.ExpiresAt);
    }
}

/// <summary>A bundle of evidence that a person asked for.</summary>
/// <param name="RunId">The run that made it.</param>
/// <param name="From">The beginning of its period.</param>
/// <param name="To">Its end.</param>
/// <param name="CreatedAt">When it was begun.</param>
/// <param name="ExpiresAt">Until when it can be downloaded.</param>
public sealed record RequestedBundle(
    RunId RunId, DateTimeOffset From, DateTimeOffset To, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt);
