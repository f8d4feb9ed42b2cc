using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using CodexOS.Runs.Journal;

namespace CodexOS.Testing.Simulation;

/// <summary>Follows one run's journal and knows what may not happen in it.</summary>
internal sealed class SimWitness
{
    private readonly SimRow _row;
    private readonly SimDatabase _database;
    private readonly SimChecks _checks;
    private readonly SimWorld _world;
    private readonly SimProgram _program = new();
    private readonly List<JournaledEvent> _events = [];
    private readonly HashSet<string> _startedKeys = new(StringComparer.Ordinal);
    private readonly HashSet<(string, int)> _over = [];
    private readonly Dictionary<ApprovalId, (string Step, int Occurrence)> _asked = [];
    private readonly HashSet<(string, int)> _approved = [];
    private readonly Dictionary<ApprovalId, ApprovalState> _approvals = [];

    public SimWitness(SimRow row, int number, SimDatabase database, SimChecks checks, SimWorld world)
    {
        (_row, _database, _checks, _world, Name) = (row, database, checks, world, $"r{number}");
        State = new RunState(_program);
        if (row.Made.ForkedFrom is not { } from) return;
        foreach (var stored in database.ReadAll(from).Take(row.OwnFrom)) _events.Add(Read(stored));
        Refold();
    }

    public string Name { get; }

    public RunState State { get; private set; }

    public bool HasStarted(string key) => _startedKeys.Contains(key);

    public bool HasApproved(string step, int occurrence) => _approved.Contains((step, occurrence));

    /// <summary>Takes in the events that were appended last, and compares the row with them.</summary>
    public void Take(int count)
    {
        var refold = false;
        foreach (var (_, stored) in _row.Events.TakeLast(count))
        {
            var happened = Read(stored);
            _events.Add(happened);
            if (_world.Traced) _world.Say($"journal: {Name} {happened.Seq} {_database.NodeOf(_row.Owner)} {Tell(happened.Event)}");
            Look(happened);
            refold |= happened.Event is RunRolledBack or RunRetried;
        }

        if (refold) Refold();
        else foreach (var happened in _events.TakeLast(count)) State.Apply(happened);
        Compare();
    }

    public void Decide(ApprovalChange change)
    {
        if (_approvals.TryGetValue(change.Id, out var state) && state is not ApprovalState.Pending)
            _checks.Broken($"{Name}: an approval that was {state} became {change.State}.");
        _approvals[change.Id] = change.State;
    }

    /// <summary>Whether what somebody asked for is in the journal; a run that is not paused need not be resumed.</summary>
    public bool Has(RunCommand command, string by) => command is RunCommand.Resume || _events.Exists(happened => happened.Event switch
    {
        ApprovalDecided decided => command is RunCommand.Decide && decided.By == by,
        StepResolved resolved => command is RunCommand.Resolve && resolved.By == by,
        // Who asks for what has been asked for already is told so.
        RunCancelRequested or RunCancelled => command is RunCommand.Cancel,
        RunPaused or RunRollbackFailed => command is RunCommand.Pause,
        RunRetried retried => command is RunCommand.Retry && retried.By == by,
        RunRollbackRequested back => command is RunCommand.RollBack && back.By == by,
        RunSteered steered => command is RunCommand.Steer && steered.By == by,
        SignalReceived signal => command is RunCommand.Signal sent && signal.Key == sent.Key,
        _ => false,
    });

    public void AtTheEnd(SimLedger ledger)
    {
        var events = _database.ReadAll(_row.Run).ConvertAll(Read);
        for (var i = 0; i < events.Count; i++)
            if (events[i].Seq != i) _checks.Broken($"{Name}: the journal has {events[i].Seq} at place {i}.");
        var limits = State.Created.Limits;
        if (State.Usage.TokensIn > limits.TokensMax + SimEffects.TokensUnreserved)
            _checks.Broken($"{Name} used {State.Usage.TokensIn} of {limits.TokensMax} tokens.");
        var undone = _events.Count(one => one.Event is StepStarted started && IsUndo(started.Step) && one.Seq >= State.OwnFrom);
        if (State.StepsCount - undone > limits.StepsMax)
            _checks.Broken($"{Name} began {State.StepsCount - undone} of {limits.StepsMax} steps.");
        foreach (var happened in _events.Where(one => one.Seq >= _row.OwnFrom))
            if (happened.Event is RunRolledBack back) LookAtUndone(back, happened.Seq, ledger);
    }

    /// <summary>Where the run stands, for whoever reads of a violation.</summary>
    public string Describe() =>
        $"{State.Status}, row {_row.Shown.Status}, wakes {State.WakeAt - SimWorld.Began}, owner {_database.NodeOf(_row.Owner)}, "
        + $"cancel {State.CancelRequested is not null}, rollback {State.Rollback is not null}, paused {State.Paused}, "
        + $"steps {string.Join(' ', State.Steps.All.Select(step => $"{step.Step}.{step.Occurrence}={step.Phase}{(step.Child is { } child ? _checks.NameOf(child) : "")}"))}, "
        + $"last {string.Join(' ', _events.TakeLast(6).Select(one => $"{one.Seq}:{one.Event.GetType().Name}"))}";

    private static bool IsUndo(string step) => step.StartsWith(DoneStep.UndoPrefix, StringComparison.Ordinal);

    private static string Tell(RunEvent happened) => happened is RunCreated ? nameof(RunCreated) : happened.ToString();

    private static JournaledEvent Read(StoredEvent stored) =>
        new(stored.Seq, stored.At, RunEventJson.Read(stored.Kind, stored.Payload));

    private void Look(JournaledEvent happened)
    {
        switch (happened.Event)
        {
            case StepStarted started when !_startedKeys.Add(started.Key):
                _checks.Broken($"{Name}: {started.Step} was begun twice as occurrence {started.Occurrence}.");
                break;
            case StepCompleted completed:
                Ends(completed.Step, completed.Occurrence);
                break;
            case StepFailed failed:
                Ends(failed.Step, failed.Occurrence);
                break;
            case ApprovalRequested asked:
                _asked[asked.ApprovalId] = (asked.Step, asked.Occurrence);
                break;
            case ApprovalDecided decided:
                if (!_asked.Remove(decided.ApprovalId, out var step))
                    _checks.Broken($"{Name}: an approval was decided twice, or never asked for.");
                else if (decided.Approved)
                    _approved.Add(step);
                break;
        }
    }

    private void Ends(string step, int occurrence)
    {
        if (!_over.Add((step, occurrence))) _checks.Broken($"{Name}: occurrence {occurrence} of {step} ended twice.");
    }

    private void Refold()
    {
        var voids = RunHistory.VoidsOf(_events);
        State = new RunState(_program);
        foreach (var happened in _events) State.Apply(happened, voids.Contains(happened.Seq));
    }

    private void Compare()
    {
        var shown = _row.Shown;
        if (shown.Status != State.Status) Differs("status", shown.Status, State.Status);
        if (shown.WakeAt != State.WakeAt) Differs("wake", shown.WakeAt, State.WakeAt);
        if (shown.StartedAt != State.StartedAt) Differs("start", shown.StartedAt, State.StartedAt);
        if (shown.Usage != State.Usage) Differs("usage", shown.Usage, State.Usage);
        if (shown.Progress != State.Progress) Differs("progress", shown.Progress, State.Progress);
        if (shown.SubjectVersion != State.Created.SubjectVersion) Differs("version", shown.SubjectVersion, 0);
        if (_row.Ended != State.Ended) Differs("end", _row.Ended, State.Ended);
        if (State.Ended && shown.StepsCount != State.StepsCount) Differs("steps", shown.StepsCount, State.StepsCount);
        if (_row.Epoch != State.Epoch) Differs("epoch", _row.Epoch, State.Epoch);
    }

    private void Differs(string what, object? row, object? fold) => _checks.Broken(
        $"{Name}: after {_events[^1].Seq}:{_events[^1].Event.GetType().Name} the row's {what} is {row ?? "none"}, "
        + $"the journal's {fold ?? "none"}.");

    /// <summary>What was complete and is out of the count was undone, each once.</summary>
    private void LookAtUndone(RunRolledBack back, int at, SimLedger ledger)
    {
        var before = RunHistory.VoidsOf(_events.Take(at));
        foreach (var done in _events.Take(at).Where(one => one.Seq > back.ToSeq && one.Seq >= _row.OwnFrom))
        {
            if (done.Event is not StepCompleted { Compensation: not null } completed || before.Contains(done.Seq)) continue;
            var undo = $"{DoneStep.UndoPrefix}{completed.Step}.{completed.Occurrence}";
            var times = _events.Count(one => one.Event is StepCompleted undone && undone.Step == undo);
            if (times != 1) _checks.Broken($"{Name}: {completed.Step} was undone {times} times.");
            else if (ledger.UndoneCount($"{_row.Run}:{completed.Step}:{completed.Occurrence}") == 0)
                _checks.Broken($"{Name}: {completed.Step} counts as undone and is not.");
        }
    }
}
