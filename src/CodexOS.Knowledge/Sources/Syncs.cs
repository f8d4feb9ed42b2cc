using System.Text.Json;
using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Knowledge.Sources;

/// <summary>
/// Starts syncs, one of a source at a time: whoever raises the source's round starts the next one, and the run's key
/// is made of the source and the round, so that a start that was interrupted is taken up and never made twice.
/// </summary>
internal sealed class Syncs(
    IDbContextFactory<KnowledgeDb> contexts, SourceCheck check, SyncItems items, SourceFolders kept, IRuns runs,
    IOptions<KnowledgeOptions> options, TimeProvider clock)
{
    private const int StepsPerItem = 4;
    private const int StepsBeside = 1_000;
    private const int PriorityBehindOthers = -5;

    /// <summary>Starts a sync; <c>knowledge.sync_running</c> if one is under way.</summary>
    public async Task<Result<Run>> StartAsync(BaseRow place, SourceRow row, UserId by, CancellationToken cancellationToken)
    {
        if (row.IsSyncing) return SourceFaults.Syncing;
        var (now, round) = (clock.GetUtcNow(), row.Round + 1);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var next = row.IsPaused ? null : Schedules.Next(SourceStore.ScheduleOf(row), now);
        var claimed = await db.Sources.Where(one => one.SourceId == row.SourceId && one.Round == row.Round && !one.IsSyncing)
            .ExecuteUpdateAsync(
                set => set
                    .SetProperty(static one => one.Round, round)
                    .SetProperty(static one => one.IsSyncing, true)
                    .SetProperty(static one => one.RunId, (RunId?)null)
                    .SetProperty(static one => one.StartedAt, now)
                    .SetProperty(static one => one.NextAt, next),
                cancellationToken);
        if (claimed == 0) return SourceFaults.Syncing;
        var started = await StartRoundAsync(db, place, row, round, by, cancellationToken);
        if (started.TryGet(out _, out var refused)) return started;
        (row.Round, row.StartedAt) = (round, now);
        await EndAsync(db, row, SyncOutcome.Failed, refused, cancellationToken);
        return refused;
    }

    /// <summary>
    /// A source as it is now: a sync whose run was never started is started, and one whose run ended without saying so is noted.
    /// </summary>
    public async Task<SourceRow> SettledAsync(SourceRow row, CancellationToken cancellationToken)
    {
        if (!row.IsSyncing) return row;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (row.RunId is not { } id)
        {
            var place = await db.Bases.AsNoTracking().SingleAsync(one => one.BaseId == row.BaseId, cancellationToken);
            var started = await StartRoundAsync(db, place, row, row.Round, row.CreatedBy, cancellationToken);
            if (!started.TryGet(out _, out var refused)) await EndAsync(db, row, SyncOutcome.Failed, refused, cancellationToken);
        }
        else if (!(await runs.GetAsync(id, cancellationToken)).TryGet(out var run, out var lost))
        {
            if (lost.Kind is not FaultKind.NotFound) return row;
            await EndAsync(db, row, SyncOutcome.Failed, lost, cancellationToken);
        }
        else if (run.Status is RunStatus.Completed or RunStatus.Failed or RunStatus.Cancelled)
        {
            var fault = run.Fault is { } why ? new Fault(why.Code, why.Kind, why.Message) : null;
            await EndAsync(
                db, row, run.Status is RunStatus.Cancelled ? SyncOutcome.Cancelled : SyncOutcome.Failed, fault,
                cancellationToken);
        }
        else
        {
            return row;
        }

        return await db.Sources.AsNoTracking().SingleAsync(one => one.SourceId == row.SourceId, cancellationToken);
    }

    private async Task<Result<Run>> StartRoundAsync(
        KnowledgeDb db, BaseRow place, SourceRow row, long round, UserId by, CancellationToken cancellationToken)
    {
        if (!check.GrantOf(SourceStore.PlaceOf(row)).TryGet(out var egress, out var fault)) return fault;
        var given = options.Value;
        var steps = (StepsPerItem * ((long)given.SourceEntriesMax + given.DocumentsPerBaseMax)) + StepsBeside;
        var started = await runs.StartAsync(
            new RunStart(
                row.TenantId, by, SyncProgram.RunKind, place.Name, 1, $"Sync of {row.Name} into {place.Name}",
                JsonSerializer.SerializeToElement(
                    new SyncInput(
                        row.BaseId, row.SourceId, round, place.Name, given.SyncBytesMax, given.BatchesAtOnceMax),
                    Json.Options),
                JsonSerializer.SerializeToElement(new SyncGrant(row.BaseId, row.SourceId, egress), Json.Options),
                new RunLimits(
                    (int)Math.Min(int.MaxValue, steps), given.SyncTimeMax, given.EmbeddingTokensOf(place.Embedder),
                    given.EmbeddingCostOf(place.Embedder)),
                RunLabels.None, $"{row.SourceId}:{round}")
            {
                Priority = PriorityBehindOthers,
            },
            cancellationToken);
        if (!started.TryGet(out var run, out fault)) return fault;
        await db.Sources.Where(one => one.SourceId == row.SourceId && one.Round == round)
            .ExecuteUpdateAsync(set => set.SetProperty(static one => one.RunId, run.Id), cancellationToken);
        return run;
    }

    private async Task EndAsync(
        KnowledgeDb db, SourceRow row, SyncOutcome outcome, Fault? fault, CancellationToken cancellationToken)
    {
        kept.Remove(row.SourceId);
        var now = clock.GetUtcNow();
        var result = await items.CountAsync(row, outcome, [], fault, options.Value.SyncFailuresShownMax, now, cancellationToken);
        var text = JsonSerializer.Serialize(result, Json.Options);
        await db.Sources.Where(one => one.SourceId == row.SourceId && one.Round == row.Round && one.IsSyncing)
            .ExecuteUpdateAsync(
                set => set
                    .SetProperty(static one => one.IsSyncing, false)
                    .SetProperty(static one => one.EndedAt, now)
                    .SetProperty(static one => one.Result, text),
                cancellationToken);
    }
}
