using CodexOS.Runs.Contracts;

namespace CodexOS.Runs.Core;

/// <summary>
/// What the engine itself knows of a run: the fold of its journal beside the program's own. It is a projection; throwing
/// it away and folding again gives the same.
/// </summary>
internal sealed class RunState(IRunProgram program)
{
    private readonly StepTable _steps = new();
    private readonly SignalBox _signals = new();
    private readonly Dictionary<string, DateTimeOffset> _timers = new(StringComparer.Ordinal);
    private RunEvent? _terminal;
    private DateTimeOffset _clockFrom;
    private DateTimeOffset _pausedAt;

    /// <summary>The program's own state.</summary>
    public object Program { get; private set; } = program.Start();

    /// <summary>What the run was created with; for a fork and after an upgrade, what it goes on with.</summary>
    public RunCreated Created { get; private set; } = null!;

    /// <summary>When it was created.</summary>
    public DateTimeOffset CreatedAt { get; private set; }

    /// <summary>When its first step began.</summary>
    public DateTimeOffset? StartedAt { get; private set; }

    /// <summary>The epoch of the newest claim.</summary>
    public int Epoch { get; private set; }

    /// <summary>The place of the next event.</summary>
    public int NextSeq { get; private set; }

    /// <summary>The first place that is the run's own; what comes before happened in the run that it is a fork of.</summary>
    public int OwnFrom { get; private set; }

    /// <summary>How many steps have begun.</summary>
    public int StepsCount { get; private set; }

    /// <summary>What all steps have used.</summary>
    public EffectUsage Usage { get; private set; } = EffectUsage.None;

    /// <summary>How far it has come, from 0 to 1, where that is known.</summary>
    public double? Progress { get; private set; }

    /// <summary>The request to end the run, if there is one.</summary>
    public RunCancelRequested? CancelRequested { get; private set; }

    /// <summary>Whether no further step is to be begun.</summary>
    public bool Paused { get; private set; }

    /// <summary>The request to roll the run back, while it has not been met.</summary>
    public RunRollbackRequested? Rollback { get; private set; }

    /// <summary>Whether the run is over.</summary>
    public bool Ended => _terminal is not null;

    /// <summary>How the run ended.</summary>
    public RunEvent? Terminal => _terminal;

    /// <summary>The newest occurrence of each step.</summary>
    public StepTable Steps => _steps;

    /// <summary>The signals that have arrived, and the waits for them.</summary>
    public SignalBox Signals => _signals;

    /// <summary>The timers that have been started and not fired.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset> Timers => _timers;

    /// <summary>The steps that wait for an approval.</summary>
    public IEnumerable<StepState> AwaitingApproval => _steps.In(StepPhase.AwaitingApproval);

    /// <summary>The questions that effects have asked and nobody has answered.</summary>
    public IEnumerable<AskedQuestion> OpenQuestions => _steps.OpenQuestions;

    /// <summary>The steps whose effect has begun and not ended, as far as the journal tells.</summary>
    public IEnumerable<StepState> Begun => _steps.In(StepPhase.Started);

    /// <summary>Finds a step, or null if nothing is known of it.</summary>
    public StepState? Step(string step) => _steps.Find(step);

    /// <summary>Finds the step that asked for an approval, or null.</summary>
    public StepState? StepOf(ApprovalId approval) => _steps.AskedBy(approval);

    /// <summary>When a timer that has been started and not fired is due, or null.</summary>
    public DateTimeOffset? DueAt(string timer) => _timers.TryGetValue(timer, out var due) ? due : null;

    /// <summary>When the run must be over. Time that it was paused does not count, nor what was before a retry.</summary>
    public DateTimeOffset EndBy
    {
        get
        {
            var longest = DateTimeOffset.MaxValue - _clockFrom;
            var wall = Created.Limits.WallTimeMax < longest
                ? _clockFrom + Created.Limits.WallTimeMax
                : DateTimeOffset.MaxValue;
            return Created.Deadline is { } deadline && deadline < wall ? deadline : wall;
        }
    }

    /// <summary>When the run must be looked at again by itself: the nearest timer, expiry or end of its time.</summary>
    public DateTimeOffset? WakeAt
    {
        get
        {
            var status = Status;
            if (Ended || status is RunStatus.Paused) return null;
            DateTimeOffset? nearest = status is RunStatus.Waiting ? EndBy : null;
            foreach (var (_, due) in _timers) nearest = Earlier(nearest, due);
            if (_signals.IsAwaited)
                foreach (var due in _signals.Dues) nearest = Earlier(nearest, due);
            if (_steps.Any(StepPhase.AwaitingApproval))
                foreach (var step in AwaitingApproval) nearest = Earlier(nearest, step.Request!.ExpiresAt);
            foreach (var question in OpenQuestions) nearest = Earlier(nearest, question.Request.ExpiresAt);
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

            // What was asked of a waiting run is work to do: whoever looks for runs that nobody drives must find it.
            if (_steps.Any(StepPhase.Started) || Rollback is not null || CancelRequested is not null)
                return RunStatus.Running;
            if (_steps.Any(StepPhase.InDoubt)) return RunStatus.InDoubt;
            if (Paused) return RunStatus.Paused;
            if (_steps.Any(StepPhase.AwaitingApproval) || _steps.Any(StepPhase.Parked)
                || _timers.Count > 0 || (_signals.IsAwaited && !_signals.IsReady))
            {
                return RunStatus.Waiting;
            }

            return StepsCount == 0 ? RunStatus.Queued : RunStatus.Running;
        }
    }

    /// <summary>Takes one more event in.</summary>
    /// <param name="happened">The event.</param>
    /// <param name="isVoid">Whether it counts for nothing but budgets, occurrences and what came from outside.</param>
    /// <exception cref="InvalidDataException">The journal has a gap or contradicts itself.</exception>
    public void Apply(JournaledEvent happened, bool isVoid = false)
    {
        if (happened.Seq != NextSeq)
            throw new InvalidDataException($"The journal goes from {NextSeq - 1} to {happened.Seq}.");
        NextSeq++;
        if (isVoid)
        {
            ApplyVoid(happened.Event);
            return;
        }

        ApplyOwn(happened);
        Program = program.Fold(Program, happened);
    }

    private void ApplyVoid(RunEvent happened)
    {
        _steps.Seen(happened);
        switch (happened)
        {
            case RunClaimed claimed:
                Epoch = claimed.Epoch;
                break;
            case StepStarted:
                StepsCount++;
                break;
            case StepCompleted { Usage: { } used }:
                Usage += used;
                break;
            case SignalReceived signal:
                _signals.Receive(signal);
                break;
        }
    }

    private void ApplyOwn(JournaledEvent happened)
    {
        _steps.Apply(happened);
        switch (happened.Event)
        {
            case RunCreated created:
                (Created, CreatedAt, _clockFrom) = (created, happened.At, happened.At);
                break;
            case RunClaimed claimed:
                Epoch = claimed.Epoch;
                break;
            case StepStarted:
                StartedAt ??= happened.At;
                StepsCount++;
                break;
            case StepCompleted { Usage: { } used }:
                Usage += used;
                break;
            case StepProgressed { Progress: { Total: > 0 and var total } progress }:
                Progress = Math.Clamp((double)progress.Done / total, 0, 1);
                break;
            case TimerStarted timer:
                _timers[timer.Timer] = timer.DueAt;
                break;
            case TimerFired timer:
                _timers.Remove(timer.Timer);
                _signals.GiveUp(timer.Timer);
                break;
            case SignalReceived signal:
                _signals.Receive(signal);
                break;
            case SignalAwaited awaited:
                _signals.Await(awaited);
                break;
            case SignalDelivered delivered:
                _signals.Deliver(delivered);
                break;
            case RunCancelRequested cancel:
                CancelRequested = cancel;
                break;
            case RunPaused:
                (Paused, _pausedAt) = (true, happened.At);
                break;
            case RunResumed:
                _clockFrom += happened.At - _pausedAt;
                Paused = false;
                break;
            case RunRollbackRequested wanted:
                (Rollback, _terminal) = (wanted, null);
                break;
            case RunRollbackFailed:
                (Rollback, Paused, _pausedAt) = (null, true, happened.At);
                break;
            case RunRolledBack:
                (Rollback, CancelRequested, _terminal, _clockFrom) = (null, null, null, happened.At);
                _steps.Reset();
                break;
            case RunRetried retried:
                (Paused, CancelRequested, _terminal, _clockFrom) = (false, null, null, happened.At);
                if (retried.Limits is { } limits) Created = Created with { Limits = limits };
                _steps.Reset();
                break;
            case RunForked forked:
                Fork(forked, happened);
                break;
            case RunUpgraded up:
                Created = Created with
                {
                    SubjectVersion = up.ToVersion,
                    Input = up.Input,
                    Grant = up.Grant,
                    Limits = up.Limits,
                };
                break;
            case RunCompleted or RunFailed or RunCancelled:
                _terminal = happened.Event;
                Rollback = null;
                // Progress is told once a second at most, so the last of it may never have been.
                if (happened.Event is RunCompleted && Progress is not null) Progress = 1;
                break;
        }
    }

    private void Fork(RunForked forked, JournaledEvent happened)
    {
        Created = Created with
        {
            Title = forked.Title,
            Input = forked.Input ?? Created.Input,
            Grant = forked.Grant,
            Limits = forked.Limits,
            Labels = forked.Labels,
            Parent = null,
            Deadline = null,
        };
        (CreatedAt, _clockFrom, StartedAt, OwnFrom, Epoch) = (happened.At, happened.At, null, happened.Seq, 0);
        (StepsCount, Usage, Progress) = (0, EffectUsage.None, null);
        (_terminal, CancelRequested, Rollback, Paused) = (null, null, null, false);
        _steps.Reset();
        _steps.ForgetDone();
    }

    private static DateTimeOffset Earlier(DateTimeOffset? one, DateTimeOffset other) =>
        one is null || other < one ? other : one.Value;
}
