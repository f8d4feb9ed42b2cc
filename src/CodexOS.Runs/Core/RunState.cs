using System.Diagnostics;
using CodexOS.Runs.Contracts;

namespace CodexOS.Runs.Core;

/// <summary>
/// What the engine itself knows of a run: the fold of its journal beside the program's own. It is a projection; throwing
/// it away and folding again gives the same.
/// </summary>
internal sealed class RunState(IRunProgram program)
{
    private readonly Dictionary<string, StepState> _steps = new(StringComparer.Ordinal);
    private readonly Dictionary<ApprovalId, StepState> _approvals = [];
    private readonly Dictionary<string, DateTimeOffset> _timers = new(StringComparer.Ordinal);
    private RunEvent? _terminal;
    private bool _untouched = true;

    /// <summary>The program's own state.</summary>
    public object Program { get; private set; } = program.Start();

    /// <summary>What the run was created with.</summary>
    public RunCreated Created { get; private set; } = null!;

    /// <summary>When it was created.</summary>
    public DateTimeOffset CreatedAt { get; private set; }

    /// <summary>When its first step began.</summary>
    public DateTimeOffset? StartedAt { get; private set; }

    /// <summary>The epoch of the newest claim.</summary>
    public int Epoch { get; private set; }

    /// <summary>The place of the next event.</summary>
    public int NextSeq { get; private set; }

    /// <summary>How many steps have begun.</summary>
    public int StepsCount { get; private set; }

    /// <summary>What all steps have used.</summary>
    public EffectUsage Usage { get; private set; } = new(0, 0, 0);

    /// <summary>The request to end the run, if there is one.</summary>
    public RunCancelRequested? CancelRequested { get; private set; }

    /// <summary>Whether the run is over.</summary>
    public bool Ended => _terminal is not null;

    /// <summary>How the run ended.</summary>
    public RunEvent? Terminal => _terminal;

    /// <summary>The steps that wait for an approval.</summary>
    public IEnumerable<StepState> AwaitingApproval => _steps.Values.Where(step => step.Phase is StepPhase.AwaitingApproval);

    /// <summary>The steps whose effect has begun and not ended, as far as the journal tells.</summary>
    public IEnumerable<StepState> Begun => _steps.Values.Where(step => step.Phase is StepPhase.Started);

    /// <summary>Finds a step, or null if nothing is known of it.</summary>
    public StepState? Step(string step) => _steps.GetValueOrDefault(step);

    /// <summary>Finds the step that asked for an approval, or null.</summary>
    public StepState? StepOf(ApprovalId approval) => _approvals.GetValueOrDefault(approval);

    /// <summary>When a timer that has been started and not fired is due, or null.</summary>
    public DateTimeOffset? DueAt(string timer) => _timers.TryGetValue(timer, out var due) ? due : null;

    /// <summary>When the run must be looked at again by itself: the nearest timer or expiry.</summary>
    public DateTimeOffset? WakeAt
    {
        get
        {
            DateTimeOffset? nearest = _timers.Count == 0 ? null : _timers.Values.Min();
            foreach (var step in AwaitingApproval)
            {
                if (nearest is null || step.Request!.ExpiresAt < nearest) nearest = step.Request!.ExpiresAt;
            }

            return nearest;
        }
    }

    /// <summary>Where the run stands.</summary>
    public RunStatus Status
    {
        get
        {
            switch (_terminal)
            {
                case RunCompleted: return RunStatus.Completed;
                case RunFailed: return RunStatus.Failed;
                case RunCancelled: return RunStatus.Cancelled;
            }

            var (begun, doubt, asking) = (false, false, false);
            foreach (var step in _steps.Values)
            {
                begun |= step.Phase is StepPhase.Started;
                doubt |= step.Phase is StepPhase.InDoubt;
                asking |= step.Phase is StepPhase.AwaitingApproval;
            }

            if (begun) return RunStatus.Running;
            if (doubt) return RunStatus.InDoubt;
            if (asking || _timers.Count > 0) return RunStatus.Waiting;
            return _untouched ? RunStatus.Queued : RunStatus.Running;
        }
    }

    /// <summary>Takes one more event in.</summary>
    /// <exception cref="InvalidDataException">The journal has a gap or contradicts itself.</exception>
    public void Apply(JournaledEvent happened)
    {
        if (happened.Seq != NextSeq)
            throw new InvalidDataException($"The journal goes from {NextSeq - 1} to {happened.Seq}.");
        NextSeq++;
        ApplyOwn(happened);
        Program = program.Fold(Program, happened);
    }

    private void ApplyOwn(JournaledEvent happened)
    {
        // Until its first step has a place, a run is in the queue.
        _untouched &= happened.Event is RunCreated or RunClaimed;
        switch (happened.Event)
        {
            case RunCreated created:
                (Created, CreatedAt) = (created, happened.At);
                break;
            case RunClaimed claimed:
                Epoch = claimed.Epoch;
                break;
            case StepStarted started:
                StartedAt ??= happened.At;
                StepsCount++;
                Update(started.Step, started.Occurrence, step =>
                    step with { Phase = StepPhase.Started, Started = started });
                break;
            case StepCompleted completed:
                Update(completed.Step, completed.Occurrence, step => step with { Phase = StepPhase.Over });
                if (completed.Usage is { } used)
                {
                    Usage = new EffectUsage(
                        Usage.TokensIn + used.TokensIn,
                        Usage.TokensOut + used.TokensOut,
                        Usage.CostMicroUsd + used.CostMicroUsd);
                }

                break;
            case StepFailed failed:
                Update(failed.Step, failed.Occurrence, step => step with { Phase = StepPhase.Over });
                break;
            case StepInDoubt doubt:
                Update(doubt.Step, doubt.Occurrence, step => step with { Phase = StepPhase.InDoubt });
                break;
            case StepResolved resolved:
                if (resolved.Outcome is InDoubtOutcome.Retry)
                    _steps[resolved.Step] = new StepState(resolved.Step, resolved.Occurrence + 1);
                break;
            case ApprovalRequested asked:
                _approvals[asked.ApprovalId] = Update(asked.Step, asked.Occurrence, step =>
                    step with { Phase = StepPhase.AwaitingApproval, Request = asked });
                break;
            case ApprovalDecided decided:
                Decided(decided);
                break;
            case TimerStarted timer:
                _timers[timer.Timer] = timer.DueAt;
                break;
            case TimerFired timer:
                _timers.Remove(timer.Timer);
                break;
            case RunCancelRequested cancel:
                CancelRequested = cancel;
                break;
            case RunCompleted or RunFailed or RunCancelled:
                _terminal = happened.Event;
                _timers.Clear();
                break;
            default:
                throw new UnreachableException($"The engine does not know {happened.Event.GetType().Name}.");
        }
    }

    private void Decided(ApprovalDecided decided)
    {
        var step = StepOf(decided.ApprovalId)
            ?? throw new InvalidDataException($"{decided.ApprovalId} was decided and never asked for.");
        _steps[step.Step] = _steps[step.Step] with
        {
            Phase = StepPhase.Judged,
            Approval = new ApprovalOutcome(decided.Approved, step.Request!.ArgumentsHash, decided.By, decided.Note),
        };
    }

    private StepState Update(string step, int occurrence, Func<StepState, StepState> change)
    {
        var known = _steps.GetValueOrDefault(step);
        if (known is null || known.Occurrence != occurrence) known = new StepState(step, occurrence);
        return _steps[step] = change(known);
    }
}

/// <summary>What the engine knows of the newest occurrence of a step.</summary>
/// <param name="Step">The step.</param>
/// <param name="Occurrence">The occurrence.</param>
internal sealed record StepState(string Step, int Occurrence)
{
    public StepPhase Phase { get; init; }

    public StepStarted? Started { get; init; }

    public ApprovalRequested? Request { get; init; }

    public ApprovalOutcome? Approval { get; init; }
}

/// <summary>How far a step is.</summary>
internal enum StepPhase
{
    /// <summary>Not begun.</summary>
    New,

    /// <summary>A person is asked.</summary>
    AwaitingApproval,

    /// <summary>A person has answered; the gate judges again.</summary>
    Judged,

    /// <summary>Its effect has begun.</summary>
    Started,

    /// <summary>Nobody knows whether its effect took place.</summary>
    InDoubt,

    /// <summary>It is complete, failed, refused or resolved.</summary>
    Over,
}
