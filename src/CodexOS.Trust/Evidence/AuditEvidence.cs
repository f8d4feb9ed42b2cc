using System.Runtime.CompilerServices;
using CodexOS.Trust.Audit;
using CodexOS.Trust.Contracts;
using CodexOS.Trust.Storage;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Trust.Evidence;

/// <summary>
/// What the audit log shows of a period: what was changed, each entry with its proof, and the signed checkpoints, each with what
/// proves that the log only grew since the one before.
/// </summary>
internal sealed class AuditEvidence(IDbContextFactory<TrustDb> contexts, AuditExport export) : IEvidenceSource
{
    private const int BatchMax = 256;

    /// <summary>
    /// What the actions begin with that people and runs do all day. Every other entry is evidence, so that what is recorded anew
    /// is not left out by being forgotten here.
    /// </summary>
    private static readonly string[] s_daily = ["approvals.", "knowledge.", "sessions."];

    /// <inheritdoc />
    public IReadOnlyList<EvidenceDocument> Documents =>
    [
        EvidenceDocument.Of<AuditExportLine>(
            "audit-changes",
            "The entries of the audit log, but for those of sessions, decisions on approvals, and documents; each with its proof.",
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
            db => s_daily.Aggregate(
                db.Entries.AsNoTracking().Where(row => row.At >= from && row.At < to),
                static (rows, daily) => rows.Where(row => !row.Action.StartsWith(daily))),
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
}

/// <summary>A signed checkpoint in a bundle of evidence.</summary>
/// <param name="Size">How many entries the log had.</param>
/// <param name="At">When it was signed, by the server's clock.</param>
/// <param name="Note">The signed note.</param>
/// <param name="Grew">The hashes that prove that the log only grew since the one before, in base64; none in the first one.</param>
internal sealed record EvidenceCheckpoint(long Size, DateTimeOffset At, string Note, IReadOnlyList<string> Grew);
