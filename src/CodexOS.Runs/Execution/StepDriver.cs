using System.Collections.Immutable;
using System.Diagnostics;
using System.Threading.Channels;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using CodexOS.Runs.Scheduling;

namespace CodexOS.Runs.Execution;

/// <summary>
/// Brings the steps of one run from wish to outcome: judged by the gate, approved by a person where that is asked for,
/// given a place, started, performed, and over. What a former owner had begun is brought to an end as its repeat class
/// allows.
/// </summary>
internal sealed class StepDriver(
    RunLog log, StepPerformer performer, IStepSlots slots, ChildRuns children, StepQuestions asked,
    Channel<StepOutcome?> signals, RunsOptions options, TimeProvider clock) : IDisposable
{
    private readonly StepStop _stop = new(clock);
    private CancellationTokenSource _halt = new();
    private bool _hard;
    private volatile bool _leaving;
    private volatile bool _undoing;

    private RunState State => log.State;

    /// <summary>Makes the driver look at the journal again.</summary>
    public void Poke() => signals.Writer.TryWrite(null);

    /// <summary>Stops the steps that are being performed; hard means that they get no time to stop by themselves.</summary>
    public async Task HaltAsync(bool hard)
    {
        _hard |= hard;
        await performer.CancelAsync(_halt);
        Poke();
    }

    /// <summary>
    /// Stops the steps that are being performed, because the run is to be rolled back. If the loop has heard of that already
    /// and undoes what was done, there is nothing to stop.
    /// </summary>
    public Task GiveWayAsync() => _undoing ? Task.CompletedTask : HaltAsync(hard: false);

    /// <summary>Whether no further step is begun because the process is about to stop.</summary>
    public bool Leaving => _leaving;

    /// <summary>Begins no further step; those under way come to their end.</summary>
    public void Leave()
    {
        _leaving = true;
        Poke();
    }

    public void Dispose()
    {
        _stop.Dispose();
        _halt.Dispose();
    }

    /// <summary>
    /// Performs steps side by side. True when there is something new to decide; false when the run waits for somebody.
    /// </summary>
    public async Task<bool> PerformAsync(
        ImmutableArray<StepRequest> steps, CancellationToken stopping, bool undoing = false)
    {
        if (_halt.IsCancellationRequested) Renew();
        _undoing = undoing;
        var either = _stop.Renewed(_halt.Token, stopping);
        var batch = new StepBatch(steps);
        try
        {
            while (batch.Over.Count < steps.Length)
            {
                stopping.ThrowIfCancellationRequested();
                await asked.ExpireAsync(stopping);
                if (_leaving) await asked.LeaveAsync(stopping);
                await asked.SettleAsync(stopping);
                // A run whose time is up can still be rolled back, and time that it is paused for does not count.
                _stop.At(undoing || State.Paused ? DateTimeOffset.MaxValue : State.EndBy);
                foreach (var step in steps)
                {
                    if (Stops() && !IsToFinish(step)) continue;
                    await AdvanceAsync(step, batch, either.Token, stopping);
                }

                if (Stops()) batch.LeaveQueue();
                // What only waits for a person goes on from there elsewhere.
                if (_leaving && (!batch.IsBusy || batch.IsAll(step => State.Step(step)?.Continuation is not null)))
                    throw new RunLeavesException();
                if (!batch.IsBusy)
                {
                    return batch.Over.Count == steps.Length
                        || (MustStop(undoing) ? !IsPausedOnly(undoing) : either.IsCancellationRequested);
                }

                // What a step says that was given up on before is not heard any more.
                await log.FlushAsync();
                var signal = await NextSignalAsync(batch, either.Token, stopping);
                if (signal is null || !batch.Take(signal.Event)) continue;
                if (signal.Event is ApprovalRequested question)
                {
                    await asked.TakeAsync(question, stopping);
                    continue;
                }

                // The last outcome waits for what the program does next: mostly a start, and both become one commit. What a
                // step says because the process stops is not its outcome.
                stopping.ThrowIfCancellationRequested();
                if (signal.Event is not StepProgressed) await asked.CloseAsync(signal.Event.Step(), stopping);
                if (batch.Over.Count == steps.Length) await log.HoldAsync(signal.Event);
                else await log.AppendAsync(stopping, signal.Event);
            }

            return true;
        }
        finally
        {
            // Whatever ends this method, no effect is left running unwatched, and no place is kept.
            _undoing = false;
            if (batch.IsBusy)
            {
                await performer.CancelAsync(either);
                batch.LeaveQueue();
                await Task.WhenAll(batch.Running).WaitAsync(Grace, clock, CancellationToken.None)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
        }

        // Steps that were stopped because the time was up are over; if more time was given meanwhile, the program asks again.
        bool Stops() => either.IsCancellationRequested || MustStop(undoing);

        // A pause is honoured between steps: one that a former owner had begun is brought to its end.
        bool IsToFinish(StepRequest step) => !either.IsCancellationRequested && !_leaving && IsPausedOnly(undoing)
            && State.Step(step.Step) is { Phase: StepPhase.Started };
    }

    /// <summary>
    /// Puts in doubt what a former owner had begun and may have taken place: going back would forget it. Steps that undo
    /// are begun again under the same key.
    /// </summary>
    public async Task DoubtBegunAsync(CancellationToken stopping)
    {
        var begun = State.Begun.Where(step => step.Started!.Repeat is not (RepeatClass.Read or RepeatClass.Transactional)
            && !step.Step.StartsWith(DoneStep.UndoPrefix, StringComparison.Ordinal));
        foreach (var step in begun.ToList())
        {
            await log.AppendAsync(stopping, new StepInDoubt(
                step.Step, step.Occurrence, step.Started!.Key, step.Started.Effect,
                "The process that performed it ended before its outcome was journaled."));
        }
    }

    private TimeSpan Grace => _hard ? TimeSpan.Zero : options.CancelGrace;

    private void Renew()
    {
        _halt.Dispose();
        (_halt, _hard) = (new CancellationTokenSource(), false);
    }

    /// <summary>Whether no further step may begin.</summary>
    private bool MustStop(bool undoing) => _leaving || State.CancelRequested is not null
        || (!undoing && (State.Paused || State.Rollback is not null
            || RunBudget.Reached(State, clock.GetUtcNow()) is not null));

    /// <summary>Whether the run stands still only because it is paused, so that there is nothing to decide.</summary>
    private bool IsPausedOnly(bool undoing) =>
        !undoing && State.Paused && State.CancelRequested is null && State.Rollback is null;

    /// <summary>Waits for an outcome or a poke; once steps are to stop, only as long as the grace lasts.</summary>
    private async Task<StepOutcome?> NextSignalAsync(
        StepBatch batch, CancellationToken either, CancellationToken stopping)
    {
        if (!either.IsCancellationRequested)
        {
            try
            {
                return await signals.Reader.ReadAsync(either);
            }
            catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
            {
                return null;
            }
        }

        // The wait itself is called off when the grace is over: one that was left behind would take the next outcome.
        if (signals.Reader.TryRead(out var ready)) return ready;
        using var grace = new CancellationTokenSource(Grace, clock);
        using var wait = CancellationTokenSource.CreateLinkedTokenSource(stopping, grace.Token);
        try
        {
            return await signals.Reader.ReadAsync(wait.Token);
        }
        catch (OperationCanceledException over) when (!stopping.IsCancellationRequested)
        {
            // Others may have been begun by a former owner; they are not what is waited for.
            if (State.Begun.FirstOrDefault(step => batch.IsRunning(step.Step)) is not { } stuck)
                throw new UnreachableException($"{log.Run} performs a step that its journal has not begun.", over);
            return new StepOutcome(new StepInDoubt(
                stuck.Step, stuck.Occurrence, stuck.Started!.Key, stuck.Started.Effect,
                $"It did not stop within {Grace.TotalSeconds:0.#} s of being told to."));
        }
    }

    /// <summary>Brings one step as far as it can come at present.</summary>
    private async Task AdvanceAsync(
        StepRequest step, StepBatch batch, CancellationToken either, CancellationToken stopping)
    {
        if (batch.Over.Contains(step.Step) || batch.IsRunning(step.Step)) return;
        if (batch.IsQueued(step.Step))
        {
            if (await batch.TakeSlotAsync(step.Step) is { } slot) await StartAsync(step, slot, batch, either, stopping);
            return;
        }

        // A step that waited and is over now was given up, or its child has ended.
        if (batch.Waiting.Remove(step.Step) && State.Step(step.Step)!.Phase is StepPhase.Over)
        {
            batch.Over.Add(step.Step);
            return;
        }

        // Only a step that is new begins at once; the others have somebody asked first.
        if (State.Step(step.Step) is { Phase: not StepPhase.Over }) await log.FlushAsync();
        switch (State.Step(step.Step)?.Phase)
        {
            case StepPhase.AwaitingApproval or StepPhase.InDoubt:
                batch.Waiting.Add(step.Step);
                return;
            case StepPhase.Parked:
                await UnparkAsync(State.Step(step.Step)!, batch, stopping);
                return;
            case StepPhase.Compensating:
                await CompensateAsync(step, State.Step(step.Step)!, batch, either, stopping);
                return;
            case StepPhase.Started:
                await RecoverAsync(step, State.Step(step.Step)!, batch, either, stopping);
                return;
        }

        await JudgeAsync(step, batch, either, stopping);
    }

    /// <summary>Lets the gate judge a step, and finds it a place if it may be performed.</summary>
    private async Task JudgeAsync(StepRequest request, StepBatch batch, CancellationToken either, CancellationToken stopping)
    {
        var occurrence = State.Steps.NextOccurrence(request.Step);
        var call = CallOf(request, occurrence);
        if (!performer.TryFind(request.Effect, out var handler, out var missing))
        {
            await RefuseAsync(request, occurrence, missing, batch, stopping);
            return;
        }

        call = await performer.ResolveAsync(handler, call, log.FlushAsync, stopping);
        switch (handler.Judge(call))
        {
            case GateVerdict.Refuse refuse:
                await RefuseAsync(request, occurrence, refuse.Fault, batch, stopping);
                return;
            case GateVerdict.Ask ask:
                await AskAsync(handler, call, ask, batch, either, stopping);
                return;
            case GateVerdict.Allow { Reserve: { } wanted } when RunBudget.Refuses(State, wanted) is { } over:
                await RefuseAsync(request, occurrence, over, batch, stopping);
                return;
            case GateVerdict.Allow when request.Effect == ChildRun.Effect
                && State.Steps.In(StepPhase.Parked).Count() >= options.ChildrenMax:
                await RefuseAsync(request, occurrence, RunFaults.TooManyChildren(options.ChildrenMax), batch, stopping);
                return;
            case GateVerdict.Allow allowed:
                var created = State.Created;
                var ticket = new StepTicket(
                    log.Run, log.Tenant, created.Kind, created.Subject, request.Effect, created.Priority)
                {
                    Pool = allowed.Pool ?? handler.Pool,
                };
                var place = slots.TakeAsync(ticket, either);
                if (place.IsCompletedSuccessfully) await StartAsync(request, place.Result, batch, either, stopping);
                else batch.Queue(request.Step, place.AsTask(), Poke);
                return;
            case var unknown:
                throw new UnreachableException($"The engine does not know the verdict {unknown.GetType().Name}.");
        }
    }

    /// <summary>Asks a person, unless an approval that was given in advance covers the call; both are journaled alike.</summary>
    private async Task AskAsync(
        IEffectHandler handler, EffectCall call, GateVerdict.Ask ask, StepBatch batch, CancellationToken either,
        CancellationToken stopping)
    {
        await log.FlushAsync();
        var request = new ApprovalRequested(
            ApprovalId.New(clock), call.Step, call.Occurrence, ask.Tool, ask.Title, ask.Arguments, ask.ArgumentsHash,
            await performer.PreviewAsync(handler, call, stopping), clock.GetUtcNow() + ask.ExpiresAfter)
        {
            RequestedBy = call.By,
            Why = ask.Why,
            IsViolation = ask.IsViolation,
        };
        if (await performer.ConsentAsync(handler, call, ask, stopping) is not { } consent)
        {
            await log.AppendAsync(stopping, request);
            batch.Waiting.Add(call.Step);
            return;
        }

        // Two commits: after a crash between them a person is asked, and at worst a use of the consent is lost.
        await log.AppendAsync(stopping, request);
        await log.AppendAsync(stopping, new ApprovalDecided(request.ApprovalId, true, consent.By, consent.Note));
        await JudgeAsync(
            new StepRequest(call.Step, handler.Effect, call.Input) { Prepared = call.Prepared }, batch, either, stopping);
    }

    /// <summary>Journals the start of a step that has a place, and performs it; the gate is asked again.</summary>
    private async Task StartAsync(
        StepRequest request, StepSlot slot, StepBatch batch, CancellationToken either, CancellationToken stopping)
    {
        var occurrence = State.Steps.NextOccurrence(request.Step);
        var call = CallOf(request, occurrence);
        if (performer.TryFind(request.Effect, out var handler, out _))
            call = await performer.ResolveAsync(handler, call, log.FlushAsync, slot, stopping);
        if (handler is null || handler.Judge(call) is not GateVerdict.Allow allow
            || (allow.Reserve is { } wanted && RunBudget.Refuses(State, wanted) is not null))
        {
            // What has changed while it waited is journaled as what the gate and the budgets say now.
            slot.Dispose();
            await JudgeAsync(request, batch, either, stopping);
            return;
        }

        try
        {
            await log.AppendAsync(stopping, new StepStarted(
                request.Step, occurrence, request.Effect, allow.Repeat, call.Key, request.Input)
            {
                Reserved = allow.Reserve,
            });
        }
        catch
        {
            slot.Dispose();
            throw;
        }

        batch.Run(
            request.Step, occurrence,
            performer.RunAsync(call, handler, allow.Repeat, StillOwnsAsync, slot, signals, either));
    }

    /// <summary>A step was begun by an owner who did not live to see its end: do what its repeat class allows.</summary>
    private async Task RecoverAsync(
        StepRequest request, StepState begun, StepBatch batch, CancellationToken either, CancellationToken stopping)
    {
        var call = CallOf(request, begun.Occurrence);
        if (!performer.TryFind(request.Effect, out var handler, out var missing))
        {
            await FailAsync(begun, missing, batch, stopping);
            return;
        }

        call = await performer.ResolveAsync(handler, call, log.FlushAsync, stopping);
        if (handler.Judge(call) is GateVerdict.Refuse refuse)
        {
            await FailAsync(begun, refuse.Fault, batch, stopping);
            return;
        }

        var repeat = begun.Started!.Repeat;
        var answer = repeat switch
        {
            RepeatClass.Read or RepeatClass.Transactional or RepeatClass.Keyed => new ProbeAnswer.DidNot(),
            // Nothing was under way but the wait for a person, and it goes on from there.
            _ when begun.Continuation is not null => new ProbeAnswer.DidNot(),
            RepeatClass.Queryable => await performer.ProbeAsync(handler, call, stopping),
            _ => new ProbeAnswer.Unknown("The process that performed it ended before its outcome was journaled."),
        };
        switch (answer)
        {
            case ProbeAnswer.DidNot:
                // It had its place before the crash; what runs again after one is not made to wait.
                batch.Run(
                    request.Step, begun.Occurrence,
                    performer.RunAsync(call, handler, repeat, StillOwnsAsync, slot: null, signals, either));
                return;
            case ProbeAnswer.TookPlace took:
                await log.AppendAsync(stopping, new StepCompleted(
                    begun.Step, begun.Occurrence, took.Output.Output, took.Output.Usage, 0)
                {
                    Compensation = took.Output.Compensation,
                    Label = took.Output.Label,
                });
                batch.Over.Add(begun.Step);
                return;
            case ProbeAnswer.Unknown unknown:
                await DoubtAsync(begun, unknown.Reason, batch, stopping);
                return;
            default:
                throw new UnreachableException($"The engine does not know the answer {answer.GetType().Name}.");
        }
    }

    /// <summary>A step waits for a child run: it is over if the child is.</summary>
    private async Task UnparkAsync(StepState parked, StepBatch batch, CancellationToken stopping)
    {
        if (await children.OutcomeAsync(parked, stopping) is not { } outcome)
        {
            batch.Waiting.Add(parked.Step);
            return;
        }

        await log.AppendAsync(stopping, outcome);
        batch.Over.Add(parked.Step);
    }

    /// <summary>A person wants undone whatever a step in doubt may have done.</summary>
    private async Task CompensateAsync(
        StepRequest request, StepState doubtful, StepBatch batch, CancellationToken either, CancellationToken stopping)
    {
        var undo = new DoneStep(doubtful.Step, doubtful.Occurrence, 0, request.Effect, null).UndoStep;
        if (batch.IsRunning(undo)) return;
        if (State.Step(undo) is { Phase: StepPhase.Over } undone)
        {
            if (undone.Fault is null) await FailAsync(doubtful, RunFaults.Compensated, batch, stopping);
            else await DoubtAsync(doubtful, $"It could not be undone: {undone.Fault.Message}", batch, stopping);
            return;
        }

        var call = CallOf(request, doubtful.Occurrence);
        if (!performer.TryFind(request.Effect, out var handler, out _)
            || handler.CompensationOf(call) is not { } compensation)
        {
            await DoubtAsync(doubtful, "There is no way to undo it.", batch, stopping);
            return;
        }

        await AdvanceAsync(new StepRequest(undo, compensation.Effect, compensation.Input), batch, either, stopping);
    }

    private async Task DoubtAsync(StepState step, string reason, StepBatch batch, CancellationToken stopping)
    {
        await asked.CloseAsync(step.Step, stopping);
        await log.AppendAsync(stopping, new StepInDoubt(
            step.Step, step.Occurrence, step.Started!.Key, step.Started.Effect, reason));
        batch.Waiting.Add(step.Step);
    }

    private ValueTask<bool> StillOwnsAsync(CancellationToken cancellationToken) =>
        log.StillOwnsAsync(options.StallMax, cancellationToken);

    private EffectCall CallOf(StepRequest request, int occurrence)
    {
        var known = State.Step(request.Step) is { } newest && newest.Occurrence == occurrence ? newest : null;
        return new EffectCall(log.Run, log.Tenant, request.Step, occurrence, request.Input, State.Created.Grant)
        {
            Prepared = request.Prepared,
            Approval = known?.Approval,
            Continuation = known?.Continuation,
            Remaining = RunBudget.Remaining(State),
            Depth = State.Created.Parent?.Depth ?? 0,
            By = State.Created.By,
            Subject = State.Created.Subject,
            OnDelta = performer.DeltasOf(log.Run, request.Step),
            AskAsync = asked.AskerOf(request.Step, occurrence, State.Created.By, known?.Continuation is not null),
            OnProgress = performer.ProgressOf(request.Step, occurrence, signals.Writer),
        };
    }

    private async Task RefuseAsync(
        StepRequest request, int occurrence, Fault fault, StepBatch batch, CancellationToken stopping)
    {
        await log.AppendAsync(stopping, new StepFailed(request.Step, occurrence, fault, 0)
        {
            Effect = request.Effect,
            Input = request.Input,
        });
        batch.Over.Add(request.Step);
    }

    private async Task FailAsync(StepState begun, Fault fault, StepBatch batch, CancellationToken stopping)
    {
        await asked.CloseAsync(begun.Step, stopping);
        await log.AppendAsync(stopping, new StepFailed(begun.Step, begun.Occurrence, fault, 0));
        batch.Over.Add(begun.Step);
    }
}
