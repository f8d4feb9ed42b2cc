using System.Runtime.CompilerServices;
using CodexOS.Platform.Ids;
using CodexOS.Privacy.Keys;
using CodexOS.Privacy.Retention;
using CodexOS.Privacy.Storage;
using CodexOS.Runs.Contracts;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Privacy.Evidence;

/// <summary>Rotations of keys, how many persons were erased, and how long data is kept.</summary>
internal sealed class PrivacyEvidence(IDbContextFactory<PrivacyDb> contexts, TenantRetention retention) : IEvidenceSource
{
    /// <inheritdoc />
    public IReadOnlyList<EvidenceDocument> Documents =>
    [
        EvidenceDocument.Of<EvidenceRotation>(
            "key-rotations", "The rotations of keys that began in the period, with what each came to.", ReadRotationsAsync),
        EvidenceDocument.Of<EvidenceCount>(
            "privacy-counts", "How many persons were erased, each with a signed receipt, and how many exports are kept; not whose.",
            ReadCountsAsync),
        EvidenceDocument.Of<RetentionState>("retention", "How long each kind of data is kept, as it is now.", ReadRetentionAsync),
    ];

    private async IAsyncEnumerable<EvidenceRotation> ReadRotationsAsync(
        EvidenceScope scope, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (from, to) = (scope.From.ToUniversalTime(), scope.To.ToUniversalTime());
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = db.KeyRotations.AsNoTracking().Where(row => row.StartedAt >= from && row.StartedAt < to)
            .OrderBy(static row => row.RunId);
        await foreach (var row in rows.AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            yield return new EvidenceRotation(
                row.RunId, row.StartedBy, row.StartedAt, row.EndedAt, KeyRotations.ReportOf(row));
        }
    }

    private async IAsyncEnumerable<EvidenceCount> ReadCountsAsync(
        EvidenceScope scope, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (from, to) = (scope.From.ToUniversalTime(), scope.To.ToUniversalTime());
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        yield return new EvidenceCount(
            "erasure_receipts",
            await db.Erasures.LongCountAsync(row => row.At >= from && row.At < to, cancellationToken),
            await db.Erasures.LongCountAsync(cancellationToken));
        yield return new EvidenceCount(
            "subject_exports_kept",
            await db.Exports.LongCountAsync(row => row.CreatedAt >= from && row.CreatedAt < to, cancellationToken),
            await db.Exports.LongCountAsync(cancellationToken));
    }

    private async IAsyncEnumerable<RetentionState> ReadRetentionAsync(
        EvidenceScope scope, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var state in await retention.ListAsync(cancellationToken)) yield return state;
    }
}

/// <summary>A rotation of keys in a bundle of evidence.</summary>
/// <param name="Run">The run that did it.</param>
/// <param name="StartedBy">Who asked for it.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="EndedAt">When it was done, or given up for the next one.</param>
/// <param name="Report">What it came to; null if it did not come to its end.</param>
internal sealed record EvidenceRotation(
    RunId Run, UserId StartedBy, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, KeyRotationReport? Report);

/// <summary>How many there are of something.</summary>
/// <param name="What">Of what.</param>
/// <param name="InPeriod">How many of the period.</param>
/// <param name="InAll">How many in all.</param>
internal sealed record EvidenceCount(string What, long InPeriod, long InAll);
