using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using CodexOS.Runs.Execution;

namespace CodexOS.Runs.Queries;

/// <summary>Looks at a run as it was: its checkpoints, its state after any event, and what going back would undo.</summary>
internal sealed class RunHistoryQueries(RunEngine engine, RunQueries queries, TenantContext tenants)
{
    /// <summary>The places at which nothing was under way, newest first.</summary>
    public async Task<Result<Page<Checkpoint>>> CheckpointsAsync(
        RunId run, PageRequest page, CancellationToken cancellationToken)
    {
        if (!page.KeyAfter<int>().TryGet(out var before, out var fault)) return fault;
        var read = await ReadAsync(run, cancellationToken);
        if (!read.TryGet(out var opened, out fault)) return fault;
        using var log = opened.Log;
        var voids = RunHistory.VoidsOf(opened.Events);
        var state = new RunState(engine.ProgramOf(log.State.Created.Kind));
        // Nothing beyond the newest effect that cannot be undone can be gone back past.
        var stuck = log.State.Steps.Done.Where(done => done.Compensation is null).Select(done => done.Seq).LastOrDefault(-1);
        var checkpoints = new List<Checkpoint>();
        foreach (var happened in opened.Events)
        {
            var isVoid = voids.Contains(happened.Seq);
            state.Apply(happened, isVoid);
            if (isVoid || state.Ended || happened.Seq < log.State.OwnFrom || !IsQuiet(state, happened.Event)) continue;
            checkpoints.Add(new Checkpoint(
                happened.Seq, happened.At, RunEventJson.NameOf(RunEventJson.KindOf(happened.Event)),
                StepOf(happened.Event), state.StepsCount, happened.Seq >= stuck));
        }

        checkpoints.Reverse();
        return page.PageOf(
            checkpoints.Where(checkpoint => before is null || checkpoint.Seq < before).Take(page.Limit + 1).ToList(),
            checkpoint => $"{checkpoint.Seq}");
    }

    /// <summary>The state after an event; null is the newest.</summary>
    public async Task<Result<RunStateView>> StateAsync(RunId run, int? seq, CancellationToken cancellationToken)
    {
        var read = await ReadAsync(run, cancellationToken);
        if (!read.TryGet(out var opened, out var fault)) return fault;
        using var log = opened.Log;
        var at = seq ?? opened.Events.Count - 1;
        if (at >= opened.Events.Count) return RunFaults.BeyondHead(at, opened.Events.Count - 1);
        var state = log.Fold(opened.Events[..(at + 1)]);
        var steps = state.Steps.All.Select(step => new StepView(
            step.Step, step.Occurrence, JsonNamingPolicy.CamelCase.ConvertName(step.Phase.ToString()), step.Fault?.Code));
        return new RunStateView(
            run, at, opened.Events[at].At, !RunHistory.VoidsOf(opened.Events).Contains(at), state.Status, state.StepsCount,
            state.Usage.TokensIn, state.Usage.TokensOut, state.Usage.CostMicroUsd, [.. steps], state.Signals.PendingCount,
            engine.ProgramOf(state.Created.Kind).Show(state.Program));
    }

    /// <summary>What going back to an event would undo.</summary>
    public async Task<Result<RollbackPlan>> PlanAsync(RunId run, int toSeq, CancellationToken cancellationToken)
    {
        var read = await ReadAsync(run, cancellationToken);
        if (!read.TryGet(out var opened, out var fault)) return fault;
        using var log = opened.Log;
        var wish = new RunCommand.RollBack(toSeq, "", null, LeaveIrreversible: true, GoOn: false);
        if (!RunRewind.Plan(wish, log, opened.Events, engine).TryGet(out _, out fault)) return fault;
        var undo = RunRewind.ToUndo(log.State, toSeq).ToLookup(done => done.Compensation is not null);
        return new RollbackPlan(toSeq, [.. undo[true].Select(ViewOf)], [.. undo[false].Select(ViewOf)], null);
    }

    private static UndoView ViewOf(DoneStep done) => new(done.Step, done.Occurrence, done.Effect);

    private static bool IsQuiet(RunState state, RunEvent happened) =>
        happened is RunCreated or StepCompleted or StepFailed or TimerFired or SignalDelivered or RunForked
        && !state.Steps.Any(StepPhase.Started)
        && !state.Steps.Any(StepPhase.InDoubt)
        && state.Rollback is null;

    private static string? StepOf(RunEvent happened) => happened switch
    {
        StepCompleted completed => completed.Step,
        StepFailed failed => failed.Step,
        _ => null,
    };

    private async Task<Result<Opened>> ReadAsync(RunId run, CancellationToken cancellationToken)
    {
        if (!await queries.ExistsAsync(run, cancellationToken)) return RunFaults.NotFound(run);
        var read = await engine.ReadAsync(run, tenants.Required, int.MaxValue, cancellationToken);
        return read.TryGet(out var log, out var fault)
            ? new Opened(log, await log.HistoryAsync(cancellationToken))
            : fault;
    }

    private sealed record Opened(RunLog Log, List<JournaledEvent> Events);
}
