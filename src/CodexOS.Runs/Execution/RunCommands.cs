using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;

namespace CodexOS.Runs.Execution;

/// <summary>
/// What people may want of an open run: pure code from the run's state and the wish to the events that it comes to. No
/// events mean that the run is as wished already.
/// </summary>
internal static class RunCommands
{
    public static Result<ImmutableArray<RunEvent>> EventsOf(
        RunCommand command, RunState state, RunEngine engine, RunId run) => command switch
        {
            RunCommand.Decide decide => Decide(decide, state, engine),
            RunCommand.Resolve resolve => Resolve(resolve, state),
            RunCommand.Cancel cancel => state.CancelRequested is null || (cancel.Hard && !state.CancelRequested.Hard)
                ? Events(new RunCancelRequested(cancel.By, cancel.Reason) { Hard = cancel.Hard })
                : Nothing,
            RunCommand.Pause pause => state.Paused ? Nothing : Events(new RunPaused(pause.By, pause.Reason)),
            RunCommand.Resume resume => state.Paused ? Events(new RunResumed(resume.By)) : Nothing,
            RunCommand.Steer steer => state.CancelRequested is null
                ? Events(new RunSteered(steer.By, steer.Message))
                : RunFaults.Ending,
            RunCommand.Signal signal => Signal(signal, state, engine.Options),
            RunCommand.Upgrade upgrade => Upgrade(upgrade, state, engine.ProgramOf(state.Created.Kind)),
            _ => throw new UnreachableException($"{command.GetType().Name} of {run} is no wish of an open run."),
        };

    private static Result<ImmutableArray<RunEvent>> Decide(RunCommand.Decide asked, RunState state, RunEngine engine)
    {
        if (state.Steps.QuestionOf(asked.Approval) is { Request: var question }) return Answer(asked, question, state, engine);
        if (asked.Content is not null || asked.Dismiss) return RunFaults.NoQuestion;
        if (state.StepOf(asked.Approval) is not { Request: { } request } step)
            return RunFaults.ApprovalNotFound(asked.Approval);
        if (state.Step(step.Step) is not { Phase: StepPhase.AwaitingApproval } now
            || now.Request!.ApprovalId != asked.Approval)
        {
            return RunFaults.ApprovalDecided;
        }

        if (request.ExpiresAt <= engine.Clock.GetUtcNow()) return RunFaults.ApprovalExpired;
        if (request.ArgumentsHash != asked.ArgumentsHash) return RunFaults.ApprovalChanged;
        return Events(new ApprovalDecided(asked.Approval, asked.Approve, asked.By, asked.Note));
    }

    /// <summary>An answer counts while the effect that asked waits; one that does not fit leaves the question open.</summary>
    private static Result<ImmutableArray<RunEvent>> Answer(
        RunCommand.Decide asked, ApprovalRequested question, RunState state, RunEngine engine)
    {
        if (state.OpenQuestions.All(open => open.Request.ApprovalId != asked.Approval)) return RunFaults.ApprovalDecided;
        if (question.ExpiresAt <= engine.Clock.GetUtcNow()) return RunFaults.ApprovalExpired;
        if (question.ArgumentsHash != asked.ArgumentsHash) return RunFaults.ApprovalChanged;
        if (asked.Dismiss && asked.Approve) return RunFaults.DismissedAndAnswered;
        if (!asked.Approve && asked.Content is not null) return RunFaults.DismissedAndAnswered;
        JsonElement? content = asked.Approve ? asked.Content ?? JsonElement.Parse("{}") : null;
        if (content is { } given
            && FormCheck.WhatIsWrong(question.Question!.Fields, given, engine.Options.AnswerBytesMax) is { } wrong)
        {
            return RunFaults.BadAnswer(wrong);
        }

        var action = asked.Approve ? QuestionAction.Accept : asked.Dismiss ? QuestionAction.Cancel : QuestionAction.Decline;
        return Events(new ApprovalDecided(asked.Approval, asked.Approve, asked.By, asked.Note)
        {
            Answer = new QuestionAnswer(action, content) { Label = asked.Approve ? question.AnswerLabel : null },
        });
    }

    private static Result<ImmutableArray<RunEvent>> Resolve(RunCommand.Resolve asked, RunState state)
    {
        if (state.Step(asked.Step) is not { Phase: StepPhase.InDoubt } known || known.Occurrence != asked.Occurrence)
            return RunFaults.NotInDoubt(asked.Step);
        var resolved = new StepResolved(asked.Step, asked.Occurrence, asked.Outcome, asked.By, asked.Note);
        return asked.Outcome switch
        {
            InDoubtOutcome.Retry or InDoubtOutcome.Compensate => Events(resolved),
            InDoubtOutcome.Failed => Events(
                resolved, new StepFailed(asked.Step, asked.Occurrence, RunFaults.GivenUp, 0)),
            InDoubtOutcome.TookPlace when asked.Output is { } output => Events(
                resolved, new StepCompleted(asked.Step, asked.Occurrence, output, null, 0)),
            InDoubtOutcome.TookPlace => RunFaults.OutputMissing,
            _ => throw new UnreachableException($"The engine does not know the outcome {asked.Outcome}."),
        };
    }

    private static Result<ImmutableArray<RunEvent>> Signal(RunCommand.Signal sent, RunState state, RunsOptions options)
    {
        if (sent.Key is { } key && state.Signals.Knows(key)) return Nothing;
        if (state.Signals.PendingCount >= options.SignalsPendingMax)
            return RunFaults.TooManySignals(options.SignalsPendingMax);
        if (JsonMarshal.GetRawUtf8Value(sent.Payload).Length > options.SignalPayloadBytesMax)
            return RunFaults.SignalTooLarge(options.SignalPayloadBytesMax);
        return Events(new SignalReceived(sent.Name, sent.Payload, sent.By, sent.Key));
    }

    private static Result<ImmutableArray<RunEvent>> Upgrade(
        RunCommand.Upgrade asked, RunState state, IRunProgram program)
    {
        if (asked.ToVersion == state.Created.SubjectVersion) return Nothing;
        var upgraded = new RunUpgraded(
            state.Created.SubjectVersion, asked.ToVersion, asked.By, asked.Input, asked.Grant, asked.Limits);
        if (program.CheckUpgrade(state.Program, upgraded) is { } obstacle) return obstacle;
        return asked.DryRun ? Nothing : Events(upgraded);
    }

    private static Result<ImmutableArray<RunEvent>> Nothing => ImmutableArray<RunEvent>.Empty;

    private static Result<ImmutableArray<RunEvent>> Events(params ImmutableArray<RunEvent> events) => events;
}
