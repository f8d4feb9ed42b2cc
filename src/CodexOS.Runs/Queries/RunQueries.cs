using System.Globalization;
using System.Linq.Expressions;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using CodexOS.Runs.Execution;
using CodexOS.Runs.Journal;
using CodexOS.Runs.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace CodexOS.Runs.Queries;

/// <summary>Reads runs, their events and their approvals for the tenant of the present request.</summary>
internal sealed partial class RunQueries(
    IDbContextFactory<RunsDbContext> contexts, IJournal journal, RunPayloads payloads, TenantContext tenants,
    ILogger<RunQueries> log)
{
    private const short StepStartedKind = 2;

    /// <summary>One run, or a fault.</summary>
    public async Task<Result<Run>> GetAsync(RunId id, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var row = await Select(db, db.Runs.Where(run => run.RunId == id)).FirstOrDefaultAsync(cancellationToken);
        if (row is null) return RunFaults.NotFound(id);
        var approvals = await ApprovalsAsync(
            db, approval => approval.RunId == id && approval.State == ApprovalState.Pending, cancellationToken);
        return RunOf(row, approvals);
    }

    /// <summary>A page of runs, newest first; only of some agents where those are given.</summary>
    public async Task<Result<Page<Run>>> ListAsync(
        IReadOnlySet<string>? agents, RunStatus? status, string? kind, string? subject, PageRequest page,
        CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var runs = db.Runs.AsQueryable();
        if (agents is not null) runs = OfAgents(runs, agents);
        if (status is not null) runs = runs.Where(run => run.Status == status);
        if (kind is not null) runs = runs.Where(run => run.Kind == kind);
        if (subject is not null) runs = runs.Where(run => run.Subject == subject);
        if (page.After is { } after)
        {
            if (PositionOf(after) is not var (at, last)) return PageRequest.BadCursor;
            runs = runs.Where(run =>
                run.CreatedAt < at || (run.CreatedAt == at && run.RunId.CompareTo(last) < 0));
        }

        var rows = await Select(db, runs.OrderByDescending(run => run.CreatedAt).ThenByDescending(run => run.RunId))
            .Take(page.Limit + 1)
            .ToListAsync(cancellationToken);
        return await PageAsync(db, page, rows, cancellationToken);
    }

    /// <summary>A page of approvals in one state, newest first; only of some agents' runs where those are given.</summary>
    public async Task<Result<Page<Approval>>> ApprovalsAsync(
        IReadOnlySet<string>? agents, ApprovalState state, PageRequest page, CancellationToken cancellationToken)
    {
        if (!page.KeyAfter<ApprovalId>().TryGet(out var before, out var fault)) return fault;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = db.Approvals.Where(approval => approval.State == state);
        if (agents is not null)
        {
            var seen = OfAgents(db.Runs, agents);
            rows = rows.Where(approval => seen.Any(run => run.RunId == approval.RunId));
        }

        if (before is { } last) rows = rows.Where(approval => approval.ApprovalId.CompareTo(last) < 0);
        var approvals = await ReadAsync(
            db, rows.OrderByDescending(approval => approval.ApprovalId).Take(page.Limit + 1), cancellationToken);
        return page.PageOf(approvals, approval => approval.Id.ToString());
    }

    /// <summary>One approval of a run, or a fault.</summary>
    public async Task<Result<Approval>> ApprovalAsync(RunId run, ApprovalId id, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await ApprovalsAsync(
            db, approval => approval.RunId == run && approval.ApprovalId == id, cancellationToken);
        return found.Count == 1 ? found[0] : RunFaults.ApprovalNotFound(id);
    }

    /// <summary>Events after a place, oldest first, as they are shown.</summary>
    public async Task<Result<List<ShownEvent>>> EventsAsync(
        RunId run, int after, int limit, CancellationToken cancellationToken)
    {
        try
        {
            // The caller has looked whether the run is the tenant's. A fork's beginning is read in the run it came from.
            var rows = await journal.ReadAsync(run, after, limit, cancellationToken);
            var shown = new List<ShownEvent>(rows.Count);
            foreach (var row in rows)
            {
                var payload = await payloads.LoadAsync(tenants.Required, row.Payload, cancellationToken);
                // What is no JSON must not be passed on as if it were.
                JsonDocument.Parse(payload).Dispose();
                shown.Add(new ShownEvent(row.Seq, row.Kind, row.At, payload));
            }

            return shown;
        }
        catch (Exception damage) when (JournalDamage.Is(damage))
        {
            return JournalDamage.Of(run, damage);
        }
    }

    /// <summary>Why a run has been forked too often to be forked again, or null.</summary>
    public async Task<Fault?> ForkDepthAsync(RunId run, int depthMax, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        RunId? at = run;
        for (var depth = 0; depth < depthMax; depth++)
        {
            at = await db.Runs.Where(row => row.RunId == at).Select(row => row.ForkedFrom).FirstOrDefaultAsync(cancellationToken);
            if (at is null) return null;
        }

        return new Fault(
            "runs.fork_depth", FaultKind.LimitReached, $"A fork of a fork can be forked again {depthMax} times at most.");
    }

    /// <summary>Whether the present tenant has a run.</summary>
    public async Task<bool> ExistsAsync(RunId run, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Runs.AnyAsync(row => row.RunId == run, cancellationToken);
    }

    private static IQueryable<RunRow> OfAgents(IQueryable<RunRow> runs, IReadOnlySet<string> agents) =>
        runs.Where(run => run.Kind == ResourceKinds.Agent && EF.Parameter(agents).Contains(run.Subject));

    private static IQueryable<Row> Select(RunsDbContext db, IQueryable<RunRow> runs) => runs.Select(run => new Row
    {
        Run = run,
        HeadSeq = db.Events.Where(row => row.RunId == run.RunId).Max(row => (int?)row.Seq) ?? run.ArchivedHead ?? 0,
        StepsCount = run.EndedAt != null
            ? run.StepsCount
            : db.Events.Count(row => row.RunId == run.RunId && row.Kind == StepStartedKind),
    });

    private async Task<Page<Run>> PageAsync(
        RunsDbContext db, PageRequest page, List<Row> rows, CancellationToken cancellationToken)
    {
        // A run that asks something in the middle of a step is running.
        var waiting = rows.Where(row => row.Run.Status is RunStatus.Waiting or RunStatus.Running)
            .Select(row => row.Run.RunId).ToList();
        var approvals = waiting.Count == 0
            ? []
            : await ApprovalsAsync(
                db,
                approval => waiting.Contains(approval.RunId) && approval.State == ApprovalState.Pending,
                cancellationToken);
        var byRun = approvals.ToLookup(approval => approval.RunId);
        var runs = rows.Select(row => RunOf(row, [.. byRun[row.Run.RunId]])).ToList();
        return page.PageOf(
            runs, run => string.Create(CultureInfo.InvariantCulture, $"{run.CreatedAt.ToUnixTimeMilliseconds()}:{run.Id}"));
    }

    private Task<List<Approval>> ApprovalsAsync(
        RunsDbContext db, Expression<Func<ApprovalRow, bool>> which, CancellationToken cancellationToken) =>
        ReadAsync(
            db, db.Approvals.Where(which).OrderBy(approval => approval.ApprovalId).Take(100), cancellationToken);

    /// <summary>Joins approvals with the events in which they were asked for.</summary>
    private async Task<List<Approval>> ReadAsync(
        RunsDbContext db, IQueryable<ApprovalRow> approvals, CancellationToken cancellationToken)
    {
        var rows = await approvals
            .GroupJoin(
                db.Events,
                approval => new { approval.RunId, approval.Seq },
                happened => new { happened.RunId, happened.Seq },
                (approval, happened) => new { Approval = approval, Events = happened })
            .SelectMany(
                both => both.Events.DefaultIfEmpty(),
                (both, happened) => new { both.Approval, Event = happened })
            .ToListAsync(cancellationToken);
        var read = new List<Approval>(rows.Count);
        foreach (var row in rows)
        {
            try
            {
                // An archived run has no rows; its events are where the journal finds them.
                var stored = row.Event is { } known
                    ? new StoredEvent(known.Seq, known.Kind, known.Payload, known.At)
                    : (await journal.ReadAsync(row.Approval.RunId, row.Approval.Seq - 1, 1, cancellationToken))[0];
                var payload = await payloads.LoadAsync(tenants.Required, stored.Payload, cancellationToken);
                var asked = (ApprovalRequested)RunEventJson.Read(stored.Kind, payload);
                read.Add(new Approval(
                    asked.ApprovalId, row.Approval.RunId, asked.Step, asked.Tool, asked.Title, asked.Arguments,
                    asked.ArgumentsHash, asked.Preview, stored.At, asked.ExpiresAt, row.Approval.State)
                {
                    Why = asked.Why,
                    IsViolation = asked.IsViolation,
                    RequestedBy = asked.RequestedBy,
                    Question = asked.Question,
                });
            }
            catch (Exception damage) when (JournalDamage.Is(damage))
            {
                // One that cannot be read is not listed, and does not keep the others from being; its run says why.
                LogDamaged(damage, row.Approval.RunId);
            }
        }

        return [.. read.OrderByDescending(approval => approval.RequestedAt)];
    }

    private static (DateTimeOffset At, RunId Id)? PositionOf(string after)
    {
        var colon = after.IndexOf(':', StringComparison.Ordinal);
        return colon > 0
            && long.TryParse(after.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out var at)
            && at < 253_402_300_800_000
            && RunId.TryParse(after[(colon + 1)..], null, out var id)
            ? (DateTimeOffset.FromUnixTimeMilliseconds(at), id)
            : null;
    }

    private static Run RunOf(Row row, IReadOnlyList<Approval> approvals)
    {
        var run = row.Run;
        return new Run(
            run.RunId, run.Kind, run.Subject, run.SubjectVersion, run.Title, run.Status, run.CreatedAt, run.StartedAt,
            run.EndedAt, row.HeadSeq, row.StepsCount, run.TokensIn, run.TokensOut, run.CostMicroUsd, run.Workspace,
            run.Model, run.ModelIsReal, approvals, run.Output,
            run.FaultCode is null
                ? null
                : new RunFault(run.FaultCode, Enum.Parse<FaultKind>(run.FaultKind!, ignoreCase: true), run.FaultMessage!))
        {
            Priority = run.Priority,
            Progress = run.Progress,
            ParentId = run.ParentRun,
            ForkedFrom = run.ForkedFrom,
            ForkSeq = run.ForkSeq,
        };
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "An approval of {Run} cannot be read.")]
    private partial void LogDamaged(Exception damage, RunId run);

    private sealed class Row
    {
        public required RunRow Run { get; init; }

        public int HeadSeq { get; init; }

        public int StepsCount { get; init; }
    }
}

/// <summary>An event as the API shows it.</summary>
/// <param name="Seq">Its place.</param>
/// <param name="Kind">The number of its kind.</param>
/// <param name="At">When it was appended.</param>
/// <param name="Payload">Its JSON.</param>
internal sealed record ShownEvent(int Seq, short Kind, DateTimeOffset At, string Payload)
{
    /// <summary>Whether it is the last one of its run.</summary>
    public bool IsTerminal => RunEventJson.IsTerminal(Kind);

    /// <summary>Whether it says how a step ended.</summary>
    public bool EndsStep => RunEventJson.NameOf(Kind) is "step.completed" or "step.failed" or "step.in_doubt";

    /// <summary>The event as the API writes it.</summary>
    public RunEventView View() => new(Seq, RunEventJson.NameOf(Kind), At, JsonDocument.Parse(Payload).RootElement);
}
