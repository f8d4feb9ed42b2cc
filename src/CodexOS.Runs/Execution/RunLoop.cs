using System.Collections.Immutable;
using System.Diagnostics;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using Microsoft.Extensions.Logging;

namespace CodexOS.Runs.Execution;

/// <summary>
/// Drives one run: 1 fold what happened, 2 let the program decide, 3 let the gate judge, 4 wait for a place, 5 journal the
/// start, 6 perform the effect, 7 journal its outcome, and again, until the run ends or has to wait. Steps 3 to 7 are
/// <see cref="StepDriver"/>'s. It knows nothing of the process that hosts it, so it runs in a simulation as well as in a
/// cluster.
/// </summary>
internal sealed partial class RunLoop(
    RunLog log, IRunProgram program, StepDriver steps, StepQuestions asked, ChildRuns children, TimeProvider clock,
    ILogger logger) : IDisposable
{
    /// <summary>Who decides an approval that nobody decided in time.</summary>
    public const string Expiry = "expiry";

    /// <summary>Who decides an approval that no longer matters.</summary>
    public const string Withdrawal = "withdrawal";

    /// <summary>Whose run it is.</summary>
    public TenantId Tenant => log.Tenant;

    private RunState State => log.State;

    /// <summary>Drives the run until it ends or waits. When this returns, nothing of it is being performed.</summary>
    /// <exception cref="FencedException">Somebody else owns the run now.</exception>
    /// <exception cref="OperationCanceledException">The process stops; the run goes on elsewhere or later.</exception>
    /// <exception cref="RunLeavesException">
    /// The process is about to stop, or the tenant to leave its database, and the run is between two steps.
    /// </exception>
    public async Task DriveAsync(CancellationToken stopping)
    {
        try
        {
            await GoOnAsync(stopping);
        }
        finally
        {
            // Whatever ends it, the outcome of the last step is not lost.
            await log.FlushAsync();
        }
    }

    /// <summary>Makes a driven run look at its journal again, because something was decided from outside.</summary>
    public void Poke() => steps.Poke();

    /// <summary>Begins no further step, finishes those under way, and lets go of the run.</summary>
    public void Leave() => steps.Leave();

    /// <summary>Stops the steps that are being performed, because the journal says so.</summary>
    public Task HaltAsync(bool hard) => steps.HaltAsync(hard);

    /// <summary>Stops the steps that are being performed, because they are to be undone.</summary>
    public Task GiveWayAsync() => steps.GiveWayAsync();

    public void Dispose() => steps.Dispose();

    private async Task GoOnAsync(CancellationToken stopping)
    {
        while (!State.Ended)
        {
            if (steps.Leaving) throw new RunLeavesException();
            await asked.ExpireAsync(stopping);
            if (State.CancelRequested is { } cancel)
            {
                await EndAsync(new RunCancelled(cancel.By, cancel.Reason), stopping);
                return;
            }

            if (State.Rollback is { } rollback)
            {
                if (!await RollBackAsync(rollback, stopping)) return;
                continue;
            }

            if (State.Paused)
            {
                // What was begun comes to its end, though whoever began it is gone; nothing else begins.
                if (!State.Begun.Any() || Decide() is not Decision.Perform begun) return;
                if (!await steps.PerformAsync(begun.Steps, stopping)) return;
                continue;
            }

            switch (Decide())
            {
                case Decision.Perform or Decision.Sleep or Decision.Await
                    when RunBudget.Reached(State, clock.GetUtcNow()) is { } limit:
                    await EndAsync(new RunFailed(limit), stopping);
                    break;
                case Decision.Perform perform:
                    if (!await steps.PerformAsync(perform.Steps, stopping)) return;
                    break;
                case Decision.Sleep sleep:
                    if (!await SleepAsync(sleep, stopping)) return;
                    break;
                case Decision.Await wait:
                    if (!await AwaitAsync(wait, stopping)) return;
                    break;
                case Decision.Complete complete:
                    await EndAsync(new RunCompleted(complete.Output) { Label = complete.Label }, stopping);
                    break;
                case Decision.Fail fail:
                    await EndAsync(new RunFailed(fail.Fault), stopping);
                    break;
                case var unknown:
                    throw new UnreachableException($"The engine does not know the decision {unknown.GetType().Name}.");
            }
        }
    }

    private Decision Decide()
    {
        try
        {
            return program.Decide(State.Program);
        }
        catch (Exception bug)
        {
            LogProgramBug(bug, program.Kind, log.Run);
            return new Decision.Fail(new Fault(
                "runs.program_bug",
                FaultKind.Internal,
                $"The program '{program.Kind}' failed to decide. The server's log has the details under {log.Run}."));
        }
    }

    /// <summary>True when the timer has fired; false when the run has to sleep.</summary>
    private async Task<bool> SleepAsync(Decision.Sleep sleep, CancellationToken stopping)
    {
        if (State.DueAt(sleep.Timer) is not { } due)
        {
            await log.AppendAsync(stopping, new TimerStarted(sleep.Timer, sleep.DueAt));
            due = sleep.DueAt;
        }

        if (due > clock.GetUtcNow()) return false;
        await log.AppendAsync(stopping, new TimerFired(sleep.Timer));
        return true;
    }

    /// <summary>True when the signal is there or its time is over; false when the run has to wait.</summary>
    private async Task<bool> AwaitAsync(Decision.Await wait, CancellationToken stopping)
    {
        if (State.Signals.Peek(wait.Signal) is { } signal)
        {
            await log.AppendAsync(stopping, new SignalDelivered(wait.Wait, wait.Signal, signal.Payload));
            return true;
        }

        if (State.Signals.Wait(wait.Wait) is null)
            await log.AppendAsync(stopping, new SignalAwaited(wait.Wait, wait.Signal, wait.DueAt));
        if (wait.DueAt is null || wait.DueAt > clock.GetUtcNow()) return false;
        await log.AppendAsync(stopping, new TimerFired(wait.Wait));
        return true;
    }

    /// <summary>
    /// Undoes what was done since, newest first, each as a step of its own, and then takes the events out of the count.
    /// True when that is over, well or badly; false when a step that undoes has to wait.
    /// </summary>
    private async Task<bool> RollBackAsync(RunRollbackRequested wanted, CancellationToken stopping)
    {
        await asked.WithdrawAsync(stopping);
        await steps.DoubtBegunAsync(stopping);
        foreach (var done in RunRewind.ToUndo(State, wanted.ToSeq).ToList())
        {
            if (done.Compensation is not { } compensation)
            {
                // Nobody knows how to undo it. It was said at the start whether to go on past it; a step that was stopped
                // for the rollback and is in doubt now was not known of then.
                if (wanted.LeaveIrreversible) continue;
                await log.AppendAsync(stopping, new RunRollbackFailed(
                    wanted.ToSeq, done.Step, RunFaults.Irreversible([done])));
                return true;
            }

            if (!await steps.PerformAsync(
                [new StepRequest(done.UndoStep, compensation.Effect, compensation.Input)], stopping, undoing: true))
            {
                return false;
            }

            if (State.CancelRequested is not null) return true;
            if (State.Step(done.UndoStep) is not { Phase: StepPhase.Over } undone) return true;
            if (undone.Fault is not { } fault) continue;
            await log.AppendAsync(stopping, new RunRollbackFailed(wanted.ToSeq, done.Step, fault));
            return true;
        }

        await log.FlushAsync();
        await children.CancelAllAsync(log.Run, stopping);
        var back = new RunRolledBack(wanted.ToSeq, wanted.By);
        ImmutableArray<RunEvent> events = wanted.GoOn ? [back] : [back, new RunPaused(wanted.By, "Rolled back.")];
        // Going back takes everything since out of the count, and a request to end the run is not to be lost by it.
        await log.RewindAsync(null, state => state.CancelRequested is null ? events : [], stopping);
        return true;
    }

    private async Task EndAsync(RunEvent terminal, CancellationToken stopping)
    {
        await asked.WithdrawAsync(stopping);
        // Who asked for a rollback in the same moment was told that it takes place.
        if (!await log.AppendAsync(
            state => terminal is RunCancelled || state.Rollback is null ? [terminal] : [], stopping))
        {
            return;
        }

        RunsTelemetry.RunEnded(program.Kind, State.Status);
        await children.FamilyOfAsync(log.Run, State, stopping);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The program {Kind} failed to decide for {Run}.")]
    private partial void LogProgramBug(Exception bug, string kind, RunId run);
}

/// <summary>The process is about to stop, and another one has to go on with the run.</summary>
internal sealed class RunLeavesException() : Exception("The run is let go of; it goes on elsewhere.");
