using CodexOS.Runs.Contracts;

namespace CodexOS.Runs.Core;

/// <summary>The newest occurrence of every step of a run, and the effects that may have to be undone.</summary>
internal sealed class StepTable
{
    private readonly Dictionary<string, StepState> _steps = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _occurrences = new(StringComparer.Ordinal);
    private readonly Dictionary<ApprovalId, StepState> _approvals = [];
    private readonly List<DoneStep> _done = [];
    private readonly int[] _counts = new int[Enum.GetValues<StepPhase>().Length];
    private int _openQuestions;

    /// <summary>All steps.</summary>
    public IReadOnlyCollection<StepState> All => _steps.Values;

    /// <summary>The steps whose effects changed something, oldest first.</summary>
    public IReadOnlyList<DoneStep> Done => _done;

    /// <summary>What is set aside for the steps that are under way.</summary>
    public EffectUsage Reserved
    {
        get
        {
            if (!Any(StepPhase.Started) && !Any(StepPhase.Parked)) return EffectUsage.None;
            var sum = EffectUsage.None;
            foreach (var step in _steps.Values)
            {
                if (step is { Phase: StepPhase.Started or StepPhase.Parked, Started.Reserved: { } aside }) sum += aside;
            }

            return sum;
        }
    }

    /// <summary>Finds a step, or null if nothing is known of it.</summary>
    public StepState? Find(string step) => _steps.GetValueOrDefault(step);

    /// <summary>Finds the step that asked for an approval, or null.</summary>
    public StepState? AskedBy(ApprovalId approval) => _approvals.GetValueOrDefault(approval);

    /// <summary>Whether a person is asked anything.</summary>
    public bool AsksSomething => _openQuestions > 0 || Any(StepPhase.AwaitingApproval);

    /// <summary>The questions that nobody has answered.</summary>
    public IEnumerable<AskedQuestion> OpenQuestions => _openQuestions == 0
        ? []
        : _steps.Values.SelectMany(static step => step.Questions).Where(static question => question.IsOpen);

    /// <summary>Finds a question as it was asked, or null.</summary>
    public AskedQuestion? QuestionOf(ApprovalId id) =>
        AskedBy(id)?.Questions is [.., { } asked] && asked.Request.ApprovalId == id ? asked : null;

    /// <summary>Whether a step is in a phase.</summary>
    public bool Any(StepPhase phase) => _counts[(int)phase] > 0;

    /// <summary>The steps in a phase.</summary>
    public IEnumerable<StepState> In(StepPhase phase) =>
        Any(phase) ? _steps.Values.Where(step => step.Phase == phase) : [];

    /// <summary>The occurrence that a step is begun with next.</summary>
    public int NextOccurrence(string step) => _steps.GetValueOrDefault(step) switch
    {
        { Phase: StepPhase.New or StepPhase.Judged } known => known.Occurrence,
        _ => _occurrences.GetValueOrDefault(step) + 1,
    };

    /// <summary>Takes in an event that no longer counts: no occurrence is ever used twice.</summary>
    public void Seen(RunEvent happened)
    {
        var (step, occurrence) = happened switch
        {
            StepStarted started => (started.Step, started.Occurrence),
            StepFailed failed => (failed.Step, failed.Occurrence),
            ApprovalRequested asked => (asked.Step, asked.Occurrence),
            _ => (null, 0),
        };
        if (step is not null) Note(step, occurrence);
    }

    /// <summary>Takes in an event.</summary>
    public void Apply(JournaledEvent happened)
    {
        switch (happened.Event)
        {
            case StepStarted started:
                Update(started.Step, started.Occurrence, step =>
                    step with { Phase = StepPhase.Started, Started = started, Fault = null });
                break;
            case StepCompleted completed:
                Complete(Update(completed.Step, completed.Occurrence, step =>
                    step with { Phase = StepPhase.Over }), completed, happened.Seq);
                break;
            case StepFailed failed:
                Update(failed.Step, failed.Occurrence, step =>
                    step with { Phase = StepPhase.Over, Fault = failed.Fault });
                break;
            case StepParked parked:
                Update(parked.Step, parked.Occurrence, step =>
                    step with { Phase = StepPhase.Parked, Child = parked.Child });
                break;
            case StepInDoubt doubt:
                Update(doubt.Step, doubt.Occurrence, step => step with { Phase = StepPhase.InDoubt });
                _done.Add(new DoneStep(doubt.Step, doubt.Occurrence, happened.Seq, doubt.Effect, null));
                break;
            case StepResolved resolved:
                Resolve(resolved);
                break;
            case ApprovalRequested { Question: not null } asked:
                _approvals[asked.ApprovalId] = Update(asked.Step, asked.Occurrence, step =>
                    step with { Questions = [.. step.Questions, new AskedQuestion(asked, null)] });
                break;
            case ApprovalRequested asked:
                _approvals[asked.ApprovalId] = Update(asked.Step, asked.Occurrence, step =>
                    step with { Phase = StepPhase.AwaitingApproval, Request = asked });
                break;
            case ApprovalDecided decided:
                Decide(decided);
                break;
            case AnswerDelivered delivered:
                Change(delivered.ApprovalId, static question => question with { IsDelivered = true });
                break;
        }
    }

    /// <summary>What was under way is to be begun anew, under a key that was never used.</summary>
    public void Reset()
    {
        foreach (var step in _steps.Values.Where(step => step.Phase is not StepPhase.Over).ToList())
            Set(new StepState(step.Step, _occurrences.GetValueOrDefault(step.Step) + 1));
    }

    /// <summary>What another run did is not for this one to undo.</summary>
    public void ForgetDone() => _done.Clear();

    private void Complete(StepState step, StepCompleted completed, int seq)
    {
        // A step in doubt that turns out to have taken place is listed already, as one that cannot be undone.
        if (_done.Count > 0) _done.RemoveAll(done => done.Step == step.Step && done.Occurrence == step.Occurrence);
        var changedNothing = step.Started is { Repeat: RepeatClass.Read } && completed.Compensation is null;
        if (changedNothing || step.Step.StartsWith(DoneStep.UndoPrefix, StringComparison.Ordinal)) return;
        _done.Add(new DoneStep(
            step.Step, step.Occurrence, seq, step.Started?.Effect ?? "", completed.Compensation));
    }

    private void Resolve(StepResolved resolved)
    {
        if (resolved.Outcome is InDoubtOutcome.Retry) Set(new StepState(resolved.Step, resolved.Occurrence + 1));
        if (resolved.Outcome is InDoubtOutcome.Compensate && Find(resolved.Step) is { } doubtful)
            Set(doubtful with { Phase = StepPhase.Compensating });
    }

    private void Decide(ApprovalDecided decided)
    {
        var step = AskedBy(decided.ApprovalId)
            ?? throw new InvalidDataException($"{decided.ApprovalId} was decided and never asked for.");
        if (QuestionOf(decided.ApprovalId) is not null)
        {
            Change(decided.ApprovalId, question => question with { Decided = decided });
            return;
        }

        Set(_steps[step.Step] with
        {
            Phase = StepPhase.Judged,
            Approval = new ApprovalOutcome(decided.Approved, step.Request!.ArgumentsHash, decided.By, decided.Note),
        });
    }

    /// <summary>Changes a question, unless its step was begun anew since it asked.</summary>
    private void Change(ApprovalId id, Func<AskedQuestion, AskedQuestion> change)
    {
        if (AskedBy(id) is not { } asker || Find(asker.Step) is not { } now
            || now.Questions.All(question => question.Request.ApprovalId != id))
        {
            return;
        }

        Set(now with
        {
            Questions = [.. now.Questions.Select(question => question.Request.ApprovalId == id ? change(question) : question)],
        });
    }

    private StepState Update(string step, int occurrence, Func<StepState, StepState> change)
    {
        Note(step, occurrence);
        var known = _steps.GetValueOrDefault(step);
        if (known is null || known.Occurrence != occurrence) known = new StepState(step, occurrence);
        return Set(change(known));
    }

    private StepState Set(StepState step)
    {
        if (_steps.TryGetValue(step.Step, out var before))
        {
            _counts[(int)before.Phase]--;
            _openQuestions -= before.Questions.Count(static question => question.IsOpen);
        }

        _counts[(int)step.Phase]++;
        _openQuestions += step.Questions.Count(static question => question.IsOpen);
        return _steps[step.Step] = step;
    }

    private void Note(string step, int occurrence)
    {
        if (occurrence > _occurrences.GetValueOrDefault(step)) _occurrences[step] = occurrence;
    }
}
