using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using CodexOS.Trust.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Trust.Audit;

/// <summary>
/// Holds a log against itself and against everything that was ever signed of it, in four steps:
/// 1. gather the checkpoints: of the database, of all places with copies, and those that were sent along;
/// 2. walk through the entries: each must be the leaf that was hashed, and its facts those that were committed to;
/// 3. compute every subtree and, where there is a checkpoint, the root anew, and compare;
/// 4. see that nothing that was signed lies beyond the end.
/// Whoever changes rows only is found in the second step. Whoever computes all hashes anew is found in the third, and
/// whoever signs anew as well, with the server's own key, by the copies.
/// </summary>
internal sealed class AuditVerification(
    IDbContextFactory<TrustDb> contexts, AuditSequencer sequencer, CheckpointSigner signer, IEnumerable<ICheckpointSink> sinks,
    PersonalFacts facts, TenantContext tenants, IOptions<AuditOptions> options, TimeProvider clock) : IDisposable
{
    private const int PageMax = 1_024;
    private const string Database = "database";
    private const string Given = "given";

    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Verifies the present tenant's log.</summary>
    /// <param name="given">Copies of checkpoints that somebody kept.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<Result<AuditReport>> VerifyAsync(IReadOnlyList<string> given, CancellationToken cancellationToken)
    {
        if (given.Count > options.Value.VerifyCheckpointsMax)
            return AuditFaults.TooManyCheckpoints(options.Value.VerifyCheckpointsMax);
        if (!await _turn.WaitAsync(TimeSpan.Zero, cancellationToken)) return AuditFaults.Busy;
        try
        {
            return await VerifyAsync(tenants.Required, given, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _turn.Dispose();

    private async Task<AuditReport> VerifyAsync(TenantId log, IReadOnlyList<string> given, CancellationToken cancellationToken)
    {
        var findings = new AuditFindings(options.Value.FindingsMax);
        try
        {
            await sequencer.SequenceAsync(log, cancellationToken);
        }
        catch (AuditDamagedException)
        {
            // The walk says what is damaged; entries stay pending meanwhile.
        }

        // 1. Checkpoints
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var marks = await GatherAsync(log, db, given, findings, cancellationToken);

        // 2. Entries, 3. tree
        var tree = await db.Trees.AsNoTracking().SingleOrDefaultAsync(cancellationToken);
        var range = new CompactRange();
        marks.Hold(range, findings);
        while (tree is null || range.Size < tree.Size)
        {
            var page = await AuditPage.ReadAsync(
                db, facts, range.Size, Math.Min(PageMax, (tree?.Size ?? long.MaxValue) - range.Size), cancellationToken);
            if (!page.Walk(range, marks, findings) || page.IsLast) break;
        }

        // 4. The end
        var root = range.Root;
        if (tree is null)
        {
            if (range.Size > 0) findings.Add(AuditFindingKind.TreeDamaged, range.Size, Database, "The state of the log is gone.");
        }
        else if (tree.Size > range.Size)
        {
            findings.Add(AuditFindingKind.LogTruncated, range.Size, Database,
                $"The log had {tree.Size} entries and ends after {range.Size}.");
        }
        else if (!tree.Root.AsSpan().SequenceEqual(root))
        {
            findings.Add(AuditFindingKind.TreeDamaged, tree.Size, Database, "The stored root is not that of the entries.");
        }

        marks.CloseAt(range.Size, findings);
        TrustTelemetry.CountFindings(findings.Count);
        return new AuditReport(
            findings.Count == 0, range.Size, Convert.ToBase64String(root), marks.Count, marks.CountCopies, findings.First);
    }

    private async Task<AuditMarks> GatherAsync(
        TenantId log, TrustDb db, IReadOnlyList<string> given, AuditFindings findings, CancellationToken cancellationToken)
    {
        var marks = new AuditMarks();
        // A checkpoint is stored before it is published, and has its copies before it is called published. So what comes
        // between the readings below is never missing where it is looked for.
        var began = clock.GetUtcNow();
        var copies = new Dictionary<string, HashSet<long>>(StringComparer.Ordinal);
        foreach (var sink in sinks)
        {
            try
            {
                var sizes = new HashSet<long>();
                await foreach (var copy in sink.ReadAsync(log, cancellationToken))
                {
                    sizes.Add(copy.Size);
                    Take(copy.Note, copy.Size, sink.Name);
                }

                copies[sink.Name] = sizes;
            }
            catch (IOException)
            {
                findings.Add(AuditFindingKind.CopiesUnreadable, 0, sink.Name, "The copies cannot be read.");
            }
        }

        var stored = new HashSet<long>();
        await foreach (var row in db.Checkpoints.AsNoTracking().AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            stored.Add(row.Size);
            if (Take(row.Note, row.Size, Database) is { } checkpoint && !checkpoint.Root.AsSpan().SequenceEqual(row.Root))
            {
                findings.Add(AuditFindingKind.CheckpointContradicted, row.Size, Database,
                    "The stored root is not the one that was signed.");
            }

            if (row.PublishedAt >= began || row.PublishedAt is null) continue;
            foreach (var (place, sizes) in copies)
            {
                if (!sizes.Contains(row.Size))
                    findings.Add(AuditFindingKind.CheckpointMissing, row.Size, place, "The copy of this checkpoint is gone.");
            }
        }

        foreach (var note in given) Take(note, null, Given);
        foreach (var (size, source) in marks.Copies.Where(mark => !stored.Contains(mark.Size)).DistinctBy(mark => mark.Size))
        {
            findings.Add(AuditFindingKind.CheckpointMissing, size, Database,
                $"A checkpoint of this size was signed, as {source} shows, and is gone.");
        }

        return marks;

        Checkpoint? Take(string note, long? size, string source)
        {
            var checkpoint = signer.Open(log, note);
            if (checkpoint is not null && (size is null || size == checkpoint.Size))
            {
                marks.Add(checkpoint, source, isCopy: source != Database);
                return checkpoint;
            }

            findings.Add(AuditFindingKind.CheckpointForged, size ?? 0, source,
                "A checkpoint was not signed by this installation for this log.");
            return null;
        }
    }
}
