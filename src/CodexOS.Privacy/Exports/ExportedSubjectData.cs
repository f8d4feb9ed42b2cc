using System.Runtime.CompilerServices;
using CodexOS.Platform.Blobs;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Privacy.Storage;
using CodexOS.Runs.Contracts;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Privacy.Exports;

/// <summary>The archives with a person's data that are still there. They are a copy of it, and go with the person.</summary>
internal sealed class ExportedSubjectData(
    IDbContextFactory<PrivacyDb> contexts, IBlobRemoval removal, TenantContext tenants) : ISubjectData
{
    /// <inheritdoc />
    public string Name => "privacy";

    /// <inheritdoc />
    public IReadOnlyList<SubjectDocument> Documents =>
    [
        SubjectDocument.Of<ExportedArchive>("exports", "The archives with the person's data that are still there.", ReadAsync),
    ];

    /// <inheritdoc />
    public async Task<Result<SubjectErasure>> EraseAsync(
        DataSubject subject, ErasureWish wish, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await Of(db, subject.Id).ToListAsync(cancellationToken);
        foreach (var row in rows)
        {
            await removal.RemoveAsync(tenants.Required, row.BlobName, DateTimeOffset.MaxValue, cancellationToken);
            await db.Exports.Where(one => one.RunId == row.RunId).ExecuteDeleteAsync(cancellationToken);
        }

        return new SubjectErasure(
            new Dictionary<string, long>(StringComparer.Ordinal) { ["export_archives"] = rows.Count }, []);
    }

    private async IAsyncEnumerable<ExportedArchive> ReadAsync(
        DataSubject subject, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = Of(db, subject.Id).OrderBy(static row => row.RunId);
        await foreach (var row in rows.AsAsyncEnumerable().WithCancellation(cancellationToken))
            yield return new ExportedArchive(row.RunId, row.CreatedAt, row.ExpiresAt, row.SizeBytes);
    }

    private static IQueryable<SubjectExportRow> Of(PrivacyDb db, UserId subject) =>
        db.Exports.AsNoTracking().Where(row => row.Subject == subject);
}

/// <summary>An archive in a later export of the same person's data.</summary>
/// <param name="RunId">The run that made it.</param>
/// <param name="CreatedAt">When.</param>
/// <param name="ExpiresAt">Until when it can be downloaded.</param>
/// <param name="SizeBytes">Its length.</param>
public sealed record ExportedArchive(RunId RunId, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, long SizeBytes);
