using System.Runtime.CompilerServices;
using CodexOS.Trust.Contracts;
using CodexOS.Trust.Holds;
using CodexOS.Trust.Keys;
using CodexOS.Trust.Storage;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Trust.Evidence;

/// <summary>
/// The versions of a tenant's keys, and how many legal holds there are; whose keys and whose holds is not told.
/// </summary>
internal sealed class KeyEvidence(IDbContextFactory<TrustDb> contexts) : IEvidenceSource
{
    /// <inheritdoc />
    public IReadOnlyList<EvidenceDocument> Documents =>
    [
        EvidenceDocument.Of<EvidenceKey>(
            "key-versions",
            "The versions of the encryption keys, never a key; those of persons and things as counts.",
            ReadKeysAsync),
        EvidenceDocument.Of<EvidenceHolds>(
            "legal-holds", "How many legal holds there are by kind, without whom they are about.", ReadHoldsAsync),
    ];

    private async IAsyncEnumerable<EvidenceKey> ReadKeysAsync(
        EvidenceScope scope, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var versions = db.Keys.AsNoTracking().Where(static row => row.Purpose != KeyPurpose.Subject)
            .OrderBy(static row => row.Purpose).ThenBy(static row => row.Version);
        await foreach (var row in versions.AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            yield return new EvidenceKey(
                row.Purpose, row.Status, 1, row.KeyId, row.Version, row.CreatedAt, row.ChangedAt,
                row.CreatedAt >= scope.From && row.CreatedAt < scope.To);
        }

        var counts = await db.Keys.Where(static row => row.Purpose == KeyPurpose.Subject)
            .GroupBy(static row => row.Status).Select(static group => new { Status = group.Key, Count = group.LongCount() })
            .ToListAsync(cancellationToken);
        foreach (var one in counts.OrderBy(static one => one.Status, StringComparer.Ordinal))
            yield return new EvidenceKey(KeyPurpose.Subject, one.Status, one.Count, null, null, null, null, null);
    }

    private async IAsyncEnumerable<EvidenceHolds> ReadHoldsAsync(
        EvidenceScope scope, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (from, to) = (scope.From.ToUniversalTime(), scope.To.ToUniversalTime());
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        foreach (var kind in Enum.GetValues<HoldKind>())
        {
            var holds = db.Holds.Where(row => row.Kind == kind);
            yield return new EvidenceHolds(
                kind,
                await holds.CountAsync(static row => row.LiftedAt == null, cancellationToken),
                await holds.CountAsync(row => row.PlacedAt >= from && row.PlacedAt < to, cancellationToken),
                await holds.CountAsync(row => row.LiftedAt >= from && row.LiftedAt < to, cancellationToken));
        }
    }
}

/// <summary>A version of a key in a bundle of evidence, or how many there are of persons' keys.</summary>
/// <param name="Purpose">What it is for.</param>
/// <param name="Status">Its status.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Id">Its id.</param>
/// <param name="Version">Its number.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ChangedAt">When its status last changed.</param>
/// <param name="MadeInPeriod">Whether it was made in the period.</param>
internal sealed record EvidenceKey(
    string Purpose, string Status, long Count, VaultKeyId? Id, int? Version, DateTimeOffset? CreatedAt,
    DateTimeOffset? ChangedAt, bool? MadeInPeriod);

/// <summary>How many legal holds there are of a kind.</summary>
/// <param name="Kind">What they are on.</param>
/// <param name="InForce">How many are in force.</param>
/// <param name="Placed">How many were placed in the period.</param>
/// <param name="Lifted">How many were lifted in it.</param>
internal sealed record EvidenceHolds(HoldKind Kind, int InForce, int Placed, int Lifted);
