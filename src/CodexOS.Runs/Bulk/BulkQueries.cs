using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Storage;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Runs.Bulk;

/// <summary>
/// Finds the runs of the present tenant that a bulk operation is for. Only runs that the operation can be done to are
/// counted, and bulk runs never are: none can stop itself or another.
/// </summary>
internal sealed class BulkQueries(IDbContextFactory<RunsDbContext> contexts, RunsOptions options)
{
    /// <summary>How many runs a preview names.</summary>
    private const int ShownMax = 100;

    /// <summary>How many runs match, and the newest of them.</summary>
    public async Task<BulkPreview> PreviewAsync(BulkInput input, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var matching = Matching(db, input);
        var ids = await Newest(matching).Take(ShownMax).Select(run => run.RunId).ToListAsync(cancellationToken);
        return new BulkPreview(
            ids.Count < ShownMax ? ids.Count : await matching.CountAsync(cancellationToken), ids);
    }

    /// <summary>The next runs that match, newest first.</summary>
    public async Task<BulkBatch> CollectAsync(BulkInput input, BulkPosition? after, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var runs = Matching(db, input);
        if (after is (var at, var last))
            runs = runs.Where(run => run.CreatedAt < at || (run.CreatedAt == at && run.RunId.CompareTo(last) < 0));
        var found = await Newest(runs)
            .Take(options.BulkBatchMax + 1)
            .Select(run => new { run.RunId, run.CreatedAt })
            .ToListAsync(cancellationToken);
        var taken = found.Take(options.BulkBatchMax).ToList();
        return new BulkBatch(
            [.. taken.Select(run => run.RunId)],
            found.Count > taken.Count ? new BulkPosition(taken[^1].CreatedAt, taken[^1].RunId) : null);
    }

    /// <summary>The kind of a run, or null if the present tenant has no such run.</summary>
    public async Task<string?> KindOfAsync(RunId run, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Runs.Where(row => row.RunId == run).Select(row => row.Kind).FirstOrDefaultAsync(cancellationToken);
    }

    private static IQueryable<RunRow> Newest(IQueryable<RunRow> runs) =>
        runs.OrderByDescending(run => run.CreatedAt).ThenByDescending(run => run.RunId);

    private static IQueryable<RunRow> Matching(RunsDbContext db, BulkInput input)
    {
        var filter = input.Filter;
        var askedAt = input.AskedAt;
        var runs = db.Runs.Where(run => run.Kind != BulkProgram.RunKind && run.CreatedAt <= askedAt);
        runs = input.Operation switch
        {
            BulkOperation.Resume => runs.Where(run => run.Status == RunStatus.Paused),
            BulkOperation.Pause => runs.Where(run => run.EndedAt == null && run.Status != RunStatus.Paused),
            BulkOperation.Cancel or BulkOperation.Upgrade => runs.Where(run => run.EndedAt == null),
            BulkOperation.Retry => runs.Where(run => run.ParentRun == null
                && (run.Status == RunStatus.Failed || run.Status == RunStatus.Cancelled)),
            _ => throw new System.Diagnostics.UnreachableException($"There is no operation {input.Operation}."),
        };
        if (filter.Status is { } status) runs = runs.Where(run => run.Status == status);
        if (filter.Kind is { } kind) runs = runs.Where(run => run.Kind == kind);
        if (filter.Subject is { } subject) runs = runs.Where(run => run.Subject == subject);
        if (filter.SubjectVersion is { } version) runs = runs.Where(run => run.SubjectVersion == version);
        if (filter.Title is { } title) runs = runs.Where(run => run.Title.Contains(title));
        // PostgreSQL takes times of the offset zero only.
        if (filter.CreatedAfter?.ToUniversalTime() is { } after) runs = runs.Where(run => run.CreatedAt >= after);
        if (filter.CreatedBefore?.ToUniversalTime() is { } before) runs = runs.Where(run => run.CreatedAt < before);
        if (filter.Ids is { } ids) runs = runs.Where(run => ids.Contains(run.RunId));
        return runs;
    }
}

/// <summary>What can be wrong with a bulk operation.</summary>
internal static class BulkFaults
{
    public static Fault BadStep { get; } = new(
        "runs.bad_bulk", FaultKind.Internal, "The step does not say what to do to which runs. Start the operation again.");

    public static Fault NotGranted { get; } = new(
        "runs.bulk_not_granted", FaultKind.NotAllowed, "The run was started for another operation than this one.");

    public static Fault NoFilter { get; } = new(
        "runs.bulk_no_filter",
        FaultKind.Invalid,
        "Say which runs: by status, kind, subject, subjectVersion, title, createdAfter, createdBefore or ids.");

    public static Fault MayNotCancel { get; } = new(
        "identity.not_allowed",
        FaultKind.NotAllowed,
        "This needs the permission runs:cancel as well. Ask an administrator of your tenant for it.");

    public static Fault TooMany(int max) => new(
        "runs.bulk_too_many",
        FaultKind.LimitReached,
        $"More than {max} runs match. Choose fewer at once, for instance by createdBefore, or raise Runs:BulkRunsMax.");

    public static Fault NotUpgradable(string? kind) => new(
        "runs.not_upgradable", FaultKind.Conflict, $"Runs of the kind '{kind}' keep the version that they were started with.");
}
