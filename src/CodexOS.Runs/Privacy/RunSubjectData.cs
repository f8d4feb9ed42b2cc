using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Queries;
using CodexOS.Runs.Retention;
using CodexOS.Runs.Storage;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Runs.Privacy;

/// <summary>
/// The runs that a person started. They are the tenant's work, so erasing the person leaves them unless it is asked to delete
/// them; then their events, payloads and archives go as retention takes them.
/// </summary>
internal sealed class RunSubjectData(
    IDbContextFactory<RunsDbContext> contexts, RunQueries queries, RunArchiver archiver, ILegalHolds holds) : ISubjectData
{
    private const int EventsMax = 500;
    private const string By = "by";

    /// <inheritdoc />
    public string Name => "runs";

    /// <inheritdoc />
    public IReadOnlyList<SubjectDocument> Documents =>
    [
        SubjectDocument.Of<SubjectRun>("runs", "The runs that the person started.", ReadRunsAsync),
        SubjectDocument.Of<SubjectRunEvent>("run-events", "All events of these runs, oldest first, run by run.", ReadEventsAsync),
    ];

    /// <inheritdoc />
    public async Task<Fault?> RefusalAsync(DataSubject subject, ErasureWish wish, CancellationToken cancellationToken)
    {
        if (!wish.DeleteRuns) return null;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var held = await holds.ReadAsync(cancellationToken);
        foreach (var run in await OwnAsync(db, subject.Id, cancellationToken))
            if (held.Runs.TryGetValue(run.ToString(), out var hold)) return LegalHolds.Held(hold);
        var id = subject.Id;
        var open = await db.Runs.Where(run => run.CreatedBy == id && run.EndedAt == null).OrderBy(run => run.RunId)
            .Select(run => run.RunId).ToListAsync(cancellationToken);
        return open.Count == 0 ? null : UnderWay(open.Count, open[0]);
    }

    /// <inheritdoc />
    public async Task<Result<SubjectErasure>> EraseAsync(
        DataSubject subject, ErasureWish wish, CancellationToken cancellationToken)
    {
        if (!wish.DeleteRuns)
        {
            return SubjectErasure.Keeps(
                "runs",
                "What they started is the tenant's work. It names them by their id, and where they decided, paused or steered by the "
                + "name they had; retention deletes it. Erase with their runs to delete it now.");
        }

        var deleted = await archiver.DeleteOfAsync(subject.Id, cancellationToken);
        if (!deleted.TryGet(out var outcome, out var fault)) return fault;
        var erased = new Dictionary<string, long>(StringComparer.Ordinal) { ["runs"] = outcome.Done };
        return new SubjectErasure(erased, outcome.Skipped == 0
            ? []
            : [new KeptData("runs", $"{outcome.Skipped} of their runs are read by forks of others, or damaged.")]);
    }

    private async IAsyncEnumerable<SubjectRun> ReadRunsAsync(
        DataSubject subject, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var id = subject.Id;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = db.Runs.AsNoTracking().Where(run => run.CreatedBy == id).OrderBy(run => run.RunId);
        await foreach (var run in rows.AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            yield return new SubjectRun(
                run.RunId, run.Kind, run.Subject, run.SubjectVersion, run.Title, run.Status, run.CreatedAt, run.EndedAt,
                run.TokensIn, run.TokensOut, run.CostMicroUsd, run.Model, run.Workspace, run.Output, run.FaultCode);
        }
    }

    private async IAsyncEnumerable<SubjectRunEvent> ReadEventsAsync(
        DataSubject subject, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<RunId> runs;
        await using (var db = await contexts.CreateDbContextAsync(cancellationToken))
            runs = await OwnAsync(db, subject.Id, cancellationToken);
        foreach (var run in runs)
        {
            for (var after = -1; ;)
            {
                // What is damaged says so itself when it is looked at; the rest is the person's all the same.
                if (!(await queries.EventsAsync(run, after, EventsMax, cancellationToken)).TryGet(out var events, out _)) break;
                foreach (var one in events.Select(static one => one.View()))
                    yield return new SubjectRunEvent(run, one.Seq, one.Kind, one.At, WithoutOthers(one.Data, subject));
                if (events.Count < EventsMax) break;
                after = events[^1].Seq;
            }
        }
    }

    /// <summary>The details of an event, in which whoever else had a hand in it is not named.</summary>
    private static JsonElement WithoutOthers(JsonElement data, DataSubject subject)
    {
        if (data.ValueKind is not JsonValueKind.Object || !data.TryGetProperty(By, out var by)
            || by.ValueKind is not JsonValueKind.String || by.GetString() == subject.DisplayName
            || by.GetString() == subject.Id.ToString())
        {
            return data;
        }

        var shown = JsonNode.Parse(data.GetRawText())!.AsObject();
        shown[By] = "somebody else";
        return JsonSerializer.SerializeToElement(shown);
    }

    private static Task<List<RunId>> OwnAsync(RunsDbContext db, UserId subject, CancellationToken cancellationToken) =>
        db.Runs.Where(run => run.CreatedBy == subject).OrderBy(run => run.RunId).Select(run => run.RunId)
            .ToListAsync(cancellationToken);

    private static Fault UnderWay(int count, RunId first) => new(
        "privacy.runs_under_way",
        FaultKind.Conflict,
        $"{count} of their runs have not ended, for instance {first}. Cancel them first, or erase without their runs.");
}

/// <summary>A run in the export of the person who started it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">Which program drives it.</param>
/// <param name="Subject">What it runs, by name.</param>
/// <param name="SubjectVersion">The version of that.</param>
/// <param name="Title">One line for lists.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="CreatedAt">When it was started.</param>
/// <param name="EndedAt">When it ended.</param>
/// <param name="TokensIn">Model tokens read.</param>
/// <param name="TokensOut">Model tokens written.</param>
/// <param name="CostMicroUsd">Money used, in millionths of a US dollar.</param>
/// <param name="Model">The model it was started with.</param>
/// <param name="WorkspaceId">The workspace it works on.</param>
/// <param name="Output">Its answer.</param>
/// <param name="FaultCode">Why it failed, if it did.</param>
public sealed record SubjectRun(
    RunId Id, string Kind, string Subject, int SubjectVersion, string Title, RunStatus Status, DateTimeOffset CreatedAt,
    DateTimeOffset? EndedAt, long TokensIn, long TokensOut, long CostMicroUsd, string? Model, string? WorkspaceId,
    string? Output, string? FaultCode);

/// <summary>An event in the export of the person who started the run.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Seq">Its place in the run, from 0.</param>
/// <param name="Kind">What happened.</param>
/// <param name="At">When.</param>
/// <param name="Data">The details, by kind.</param>
public sealed record SubjectRunEvent(RunId RunId, int Seq, string Kind, DateTimeOffset At, JsonElement Data);
