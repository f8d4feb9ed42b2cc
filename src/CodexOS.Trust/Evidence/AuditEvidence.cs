using System.Linq.Expressions;
using System.Runtime.CompilerServices;
using CodexOS.Trust.Audit;
using CodexOS.Trust.Contracts;
using CodexOS.Trust.Storage;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Trust.Evidence;

/// <summary>
/// What the audit log shows of a period: what was changed about access, keys, rules and privacy, each entry with its proof, and
/// the signed checkpoints, each with what proves that the log only grew since the one before.
/// </summary>
internal sealed class AuditEvidence(IDbContextFactory<TrustDb> contexts, AuditExport export) : IEvidenceSource
{
    private const int BatchMax = 256;

    /// <summary>What the actions begin with whose entries are evidence; what people and runs do all day is not.</summary>
    private static readonly string[] s_beginnings =
    [
        "access.", "api_keys.", "audit.", "clients.", "connections.", "evidence.", "grants.", "installation.", "invitations.",
        "keys.", "members.", "policy.", "privacy.", "quotas.", "roles.", "scim", "second_factor.", "secrets.",
        "service_accounts.", "service_mode.", "sessions.provider_logout", "sign_in_policy.", "sso_", "standing_approvals.",
        "tenants.", "users.",
    ];

    /// <inheritdoc />
    public IReadOnlyList<EvidenceDocument> Documents =>
    [
        EvidenceDocument.Of<AuditExportLine>(
            "audit-changes",
            "The entries of the audit log about members, roles, grants, keys, sign-in, policy and privacy, each with its proof.",
            ReadChanges),
        EvidenceDocument.Of<EvidenceCheckpoint>(
            "audit-checkpoints",
            "The signed checkpoints of the log: the last before the period, the last of each hour in it, and the newest.",
            ReadCheckpointsAsync),
    ];

    private IAsyncEnumerable<AuditExportLine> ReadChanges(EvidenceScope scope, CancellationToken cancellationToken)
    {
        var (from, to) = (scope.From.ToUniversalTime(), scope.To.ToUniversalTime());
        return export.ReadAsync(
            scope.Head.Size,
            db => db.Entries.AsNoTracking().Where(row => row.At >= from && row.At < to).Where(IsChange()),
            cancellationToken);
    }

    private async IAsyncEnumerable<EvidenceCheckpoint> ReadCheckpointsAsync(
        EvidenceScope scope, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var sizes = await SizesAsync(scope, cancellationToken);
        var before = 0L;
        foreach (var batch in sizes.Chunk(BatchMax))
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            var rows = await db.Checkpoints.AsNoTracking().Where(row => batch.Contains(row.Size))
                .OrderBy(static row => row.Size).ToListAsync(cancellationToken);
            var tree = new StoredTree(db);
            foreach (var row in rows)
            {
                var grew = before == 0
                    ? []
                    : await tree.HashesOfAsync(MerkleProofs.Consistency(before, row.Size), cancellationToken);
                yield return new EvidenceCheckpoint(row.Size, row.At, row.Note, grew.ConvertAll(Convert.ToBase64String));
                before = row.Size;
            }
        }
    }

    /// <summary>The sizes of those that are shown: of each hour the last, so that a year has no more than can be read.</summary>
    private async Task<List<long>> SizesAsync(EvidenceScope scope, CancellationToken cancellationToken)
    {
        var (from, to, newest) = (scope.From.ToUniversalTime(), scope.To.ToUniversalTime(), scope.Head.Size);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var sizes = new List<long>();
        var first = await db.Checkpoints.Where(row => row.At < from && row.Size < newest).MaxAsync(
            static row => (long?)row.Size, cancellationToken);
        if (first is { } last) sizes.Add(last);
        var hour = long.MinValue;
        var within = db.Checkpoints.AsNoTracking().Where(row => row.At >= from && row.At < to && row.Size < newest)
            .OrderBy(static row => row.Size).Select(static row => new { row.Size, row.At });
        await foreach (var row in within.AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            var its = row.At.ToUnixTimeSeconds() / 3_600;
            if (its == hour) sizes.RemoveAt(sizes.Count - 1);
            sizes.Add(row.Size);
            hour = its;
        }

        sizes.Add(newest);
        return sizes;
    }

    private static Expression<Func<AuditEntryRow, bool>> IsChange()
    {
        var row = Expression.Parameter(typeof(AuditEntryRow), "row");
        var action = Expression.Property(row, nameof(AuditEntryRow.Action));
        var begins = typeof(string).GetMethod(nameof(string.StartsWith), [typeof(string)])!;
        var any = s_beginnings.Select(beginning => (Expression)Expression.Call(action, begins, Expression.Constant(beginning)))
            .Aggregate(Expression.OrElse);
        return Expression.Lambda<Func<AuditEntryRow, bool>>(any, row);
    }
}

/// <summary>A signed checkpoint in a bundle of evidence.</summary>
/// <param name="Size">How many entries the log had.</param>
/// <param name="At">When it was signed, by the server's clock.</param>
/// <param name="Note">The signed note.</param>
/// <param name="Grew">The hashes that prove that the log only grew since the one before, in base64; none in the first one.</param>
internal sealed record EvidenceCheckpoint(long Size, DateTimeOffset At, string Note, IReadOnlyList<string> Grew);
