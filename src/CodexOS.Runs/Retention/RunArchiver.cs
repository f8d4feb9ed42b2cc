using CodexOS.Platform.Blobs;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using CodexOS.Runs.Execution;
using CodexOS.Runs.Journal;
using CodexOS.Runs.Storage;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace CodexOS.Runs.Retention;

/// <summary>
/// Moves the events of runs of the present tenant into compressed files: 1 write the file, 2 mark the run in one
/// transaction, 3 delete the rows, oldest first and a few at a time. Whatever moment a crash chooses, the events are in the
/// rows, in the file, or in both, and the next pass goes on.
/// </summary>
internal sealed partial class RunArchiver(
    IDbContextFactory<RunsDbContext> contexts,
    IJournal journal,
    IBlobStore blobs,
    RunPayloads payloads,
    ILegalHolds holds,
    TenantContext tenants,
    RunsOptions options,
    TimeProvider clock,
    ILogger<RunArchiver> log)
{
    /// <summary>An archived run has the highest epoch there is, so every append to it is refused.</summary>
    private const int Sealed = int.MaxValue;

    /// <summary>Archives some of the runs that ended before a time.</summary>
    public async Task<Result<RetentionOutcome>> ArchiveAsync(
        DateTimeOffset before, RetentionPosition? after, CancellationToken cancellationToken)
    {
        var tenant = tenants.Required;
        foreach (var run in await HalfDoneAsync(cancellationToken)) await DeleteRowsAsync(run, cancellationToken);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var ended = before.ToUniversalTime();
        var old = db.Runs.Where(run => run.EndedAt != null && run.EndedAt < ended && run.Archive == null);
        if (after is (var at, var last))
        {
            var since = at.ToUniversalTime();
            old = old.Where(run => run.EndedAt > since || (run.EndedAt == since && run.RunId.CompareTo(last) > 0));
        }

        var runs = await old
            .OrderBy(run => run.EndedAt)
            .ThenBy(run => run.RunId)
            .Select(run => new { run.RunId, run.Epoch, run.ForkSeq, run.EndedAt })
            .Take(options.RetentionBatchMax)
            .ToListAsync(cancellationToken);
        var (done, skipped) = (0, 0);
        foreach (var run in runs)
        {
            try
            {
                var own = (run.ForkSeq ?? -1) + 1;
                if (!(await ArchiveAsync(tenant, run.RunId, own, run.Epoch, cancellationToken))
                    .TryGet(out var moved, out var full))
                    return full;
                if (moved) done++;
            }
            catch (Exception damage) when (JournalDamage.Is(damage))
            {
                // What is damaged stays as it is, for whoever repairs it.
                LogDamaged(damage, run.RunId);
                skipped++;
            }
        }

        return new RetentionOutcome(done, skipped, runs.Count == options.RetentionBatchMax)
        {
            Last = runs.Count == 0 ? null : new RetentionPosition(runs[^1].EndedAt!.Value, runs[^1].RunId),
        };
    }

    /// <summary>
    /// Deletes some of the archived runs that ended before a time; whatever still needs one keeps it, and so does a legal hold.
    /// </summary>
    public async Task<RetentionOutcome> DeleteAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        var held = await holds.ReadAsync(cancellationToken);
        if (held.Tenant is not null) return new RetentionOutcome(0, 0, More: false);
        var (persons, kept) = (held.Subjects.Keys.ToList(), RunsOf(held));
        var ended = before.ToUniversalTime();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var runs = await Free(db)
            .Where(run => run.ArchivedAt != null && run.EndedAt < ended
                && !persons.Contains(run.CreatedBy) && !kept.Contains(run.RunId))
            .OrderBy(run => run.EndedAt)
            .Select(run => run.RunId)
            .Take(options.RetentionBatchMax)
            .ToListAsync(cancellationToken);
        foreach (var run in runs)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await DeleteAsync(db, run, cancellationToken);
        }

        return new RetentionOutcome(runs.Count, 0, runs.Count == options.RetentionBatchMax);
    }

    /// <summary>Deletes the runs of a person that have ended, whenever they did.</summary>
    /// <returns>How many were deleted, and how many had to be left.</returns>
    public async Task<Result<RetentionOutcome>> DeleteOfAsync(UserId person, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var tenant = tenants.Required;
        foreach (var run in await HalfDoneAsync(cancellationToken)) await DeleteRowsAsync(run, cancellationToken);
        var old = await db.Runs.Where(run => run.CreatedBy == person && run.EndedAt != null && run.Archive == null)
            .Select(run => new { run.RunId, run.ForkSeq, run.Epoch })
            .ToListAsync(cancellationToken);
        foreach (var run in old)
        {
            try
            {
                var archived = await ArchiveAsync(tenant, run.RunId, (run.ForkSeq ?? -1) + 1, run.Epoch, cancellationToken);
                if (!archived.TryGet(out _, out var full)) return full;
            }
            catch (Exception damage) when (JournalDamage.Is(damage))
            {
                LogDamaged(damage, run.RunId);
            }
        }

        var deleted = 0;
        // A fork goes before the run that it reads, and a run is free once the last of its forks is gone.
        while (await Free(db).Where(run => run.CreatedBy == person && run.ArchivedAt != null).Select(run => run.RunId)
            .Take(options.RetentionBatchMax).ToListAsync(cancellationToken) is { Count: > 0 } runs)
        {
            foreach (var run in runs) await DeleteAsync(db, run, cancellationToken);
            deleted += runs.Count;
        }

        var left = await db.Runs.CountAsync(run => run.CreatedBy == person && run.EndedAt != null, cancellationToken);
        return new RetentionOutcome(deleted, left, More: false);
    }

    /// <summary>Runs that nothing needs any more: no fork reads them, and no parent is open.</summary>
    private static IQueryable<RunRow> Free(RunsDbContext db) => db.Runs.Where(run =>
        !db.Runs.Any(fork => fork.ForkedFrom == run.RunId)
        && !db.Runs.Any(parent => parent.RunId == run.ParentRun && parent.EndedAt == null));

    private static List<RunId> RunsOf(LegalHolds held) =>
        [.. held.Runs.Keys.Where(static id => RunId.TryParse(id, null, out _)).Select(static id => RunId.Parse(id, null))];

    private async Task DeleteAsync(RunsDbContext db, RunId run, CancellationToken cancellationToken)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var named = await db.Blobs.Where(blob => blob.RunId == run).Select(blob => blob.Hash).ToListAsync(cancellationToken);
        var known = await db.Trash.Where(blob => named.Contains(blob.Hash)).Select(blob => blob.Hash)
            .ToListAsync(cancellationToken);
        var at = clock.Milliseconds();
        foreach (var hash in named.Except(known))
            db.Add(new BlobTrashRow { TenantId = tenants.Required, Hash = hash, At = at });
        await db.SaveChangesAsync(cancellationToken);
        db.ChangeTracker.Clear();
        await db.Blobs.Where(blob => blob.RunId == run).ExecuteDeleteAsync(cancellationToken);
        await db.Approvals.Where(approval => approval.RunId == run).ExecuteDeleteAsync(cancellationToken);
        await db.Runs.Where(row => row.RunId == run).ExecuteDeleteAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Forgets keys from before a time, a batch of them.</summary>
    public async Task<RetentionOutcome> ForgetKeysAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var at = before.ToUniversalTime();
        var old = await db.Keys
            .Where(key => key.CreatedAt < at && !db.Runs.Any(run => run.RunId == key.RunId && run.EndedAt == null))
            .OrderBy(key => key.CreatedAt)
            .Select(key => key.KeyHash)
            .Take(options.RetentionRowsMax)
            .ToListAsync(cancellationToken);
        if (old.Count > 0) await db.Keys.Where(key => old.Contains(key.KeyHash)).ExecuteDeleteAsync(cancellationToken);
        return new RetentionOutcome(old.Count, 0, old.Count == options.RetentionRowsMax);
    }

    private async Task<Result<bool>> ArchiveAsync(
        TenantId tenant, RunId run, int own, int epoch, CancellationToken cancellationToken)
    {
        // 1. Write. What a fork shares stays with the run that it came from. A blob that is missing shows now, while there
        // is a person to tell, and not when the run is looked at in a year.
        var events = await journal.ReadAsync(run, own - 1, int.MaxValue, cancellationToken);
        if (events.Count == 0 || !RunEventJson.IsTerminal(events[^1].Kind))
            throw new InvalidDataException($"The journal of {run} has no end.");
        foreach (var one in events)
            RunEventJson.Read(one.Kind, await payloads.LoadAsync(tenant, one.Payload, cancellationToken));
        var stored = await blobs.WriteAsync(tenant, RunArchives.Pack(run, events), cancellationToken);
        if (!stored.TryGet(out var file, out var full)) return full;

        // 2. Mark.
        var head = events[^1].Seq;
        await using (var db = await contexts.CreateDbContextAsync(cancellationToken))
        {
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            var marked = await db.Runs
                .Where(row => row.RunId == run && row.Epoch == epoch && row.EndedAt != null && row.Archive == null)
                .ExecuteUpdateAsync(
                    row => row.SetProperty(one => one.Archive, file)
                        .SetProperty(one => one.ArchivedHead, head)
                        .SetProperty(one => one.Epoch, Sealed),
                    cancellationToken);
            // Somebody has opened it again meanwhile.
            if (marked == 0) return false;
            var named = events.Select(one => RunPayloads.BlobOf(one.Payload)).OfType<string>().Append(file).Distinct();
            db.AddRange(named.Select(hash => new RunBlobRow { RunId = run, Hash = hash, TenantId = tenant }));
            await db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        // 3. Delete.
        await DeleteRowsAsync(run, cancellationToken);
        return true;
    }

    private async Task<List<RunId>> HalfDoneAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Runs.Where(run => run.Archive != null && run.ArchivedAt == null && run.Epoch == Sealed)
            .Select(run => run.RunId)
            .Take(options.RetentionBatchMax)
            .ToListAsync(cancellationToken);
    }

    private async Task DeleteRowsAsync(RunId run, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        while (await db.Events.Where(row => row.RunId == run).Select(row => (int?)row.Seq)
            .MinAsync(cancellationToken) is { } first)
        {
            var next = first + options.RetentionRowsMax;
            await db.Events.Where(row => row.RunId == run && row.Seq < next).ExecuteDeleteAsync(cancellationToken);
        }

        var at = clock.Milliseconds();
        await db.Runs.Where(row => row.RunId == run)
            .ExecuteUpdateAsync(row => row.SetProperty(one => one.ArchivedAt, at), cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Run} cannot be archived, because its journal is damaged.")]
    private partial void LogDamaged(Exception damage, RunId run);
}
