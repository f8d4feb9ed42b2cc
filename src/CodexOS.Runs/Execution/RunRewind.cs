using System.Collections.Immutable;
using System.Diagnostics;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;

namespace CodexOS.Runs.Execution;

/// <summary>Plans what takes events out of the count: a rollback and a retry. Pure code over the whole journal.</summary>
internal static class RunRewind
{
    public static Result<ImmutableArray<RunEvent>> Plan(
        RunCommand command, RunLog log, List<JournaledEvent> history, RunEngine engine) => command switch
        {
            RunCommand.RollBack back => Plan(back, log, history),
            RunCommand.Retry retry => Plan(retry, log, history, engine),
            _ => throw new UnreachableException($"{command.GetType().Name} takes nothing out of the count."),
        };

    /// <summary>The effects after a place, newest first, as far as they have not been undone.</summary>
    public static IEnumerable<DoneStep> ToUndo(RunState state, int toSeq) =>
        state.Steps.Done.Where(done => done.Seq > toSeq && !IsUndone(state, done)).Reverse();

    private static bool IsUndone(RunState state, DoneStep done) =>
        state.Step(done.UndoStep) is { Phase: StepPhase.Over, Fault: null };

    private static Result<ImmutableArray<RunEvent>> Plan(
        RunCommand.RollBack asked, RunLog log, List<JournaledEvent> history)
    {
        var state = log.State;
        if (state.Rollback is not null) return RunFaults.RollingBack;
        if (asked.ToSeq < state.OwnFrom) return RunFaults.BeforeFork(state.OwnFrom);
        if (asked.ToSeq >= history.Count) return RunFaults.BeyondHead(asked.ToSeq, history.Count - 1);
        var voids = RunHistory.VoidsOf(history);
        if (voids.Contains(asked.ToSeq)) return RunFaults.RolledBackAlready(asked.ToSeq);
        var then = log.Fold(history[..(asked.ToSeq + 1)]);
        if (then.Ended) return RunFaults.EndedThere(asked.ToSeq);
        var stuck = ToUndo(state, asked.ToSeq).Where(done => done.Compensation is null).ToList();
        if (stuck.Count > 0 && !asked.LeaveIrreversible) return RunFaults.Irreversible(stuck);
        return ImmutableArray.Create<RunEvent>(new RunRollbackRequested(
            asked.ToSeq, asked.By, asked.Note, asked.LeaveIrreversible, asked.GoOn));
    }

    private static Result<ImmutableArray<RunEvent>> Plan(
        RunCommand.Retry asked, RunLog log, List<JournaledEvent> history, RunEngine engine)
    {
        if (log.State.Terminal is not (RunFailed or RunCancelled)) return RunFaults.NotFailed;
        if (log.State.Created.Parent is not null) return RunFaults.RetryParent;
        var voids = RunHistory.VoidsOfRetry(history, RunHistory.VoidsOf(history));
        var retried = new RunRetried([.. voids.Order()], asked.By, asked.Note, asked.Limits);
        var then = log.Fold([.. history, new JournaledEvent(history.Count, engine.Clock.GetUtcNow(), retried)]);
        var wouldFail = engine.ProgramOf(then.Created.Kind).Decide(then.Program) as Decision.Fail;
        if (wouldFail is not null) return RunFaults.NothingToRetry(wouldFail.Fault);
        if (RunBudget.Reached(then, engine.Clock.GetUtcNow()) is { } limit) return RunFaults.LimitStands(limit);
        return ImmutableArray.Create<RunEvent>(retried);
    }
}
