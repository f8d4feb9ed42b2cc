using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using CodexOS.Runs.Journal;

namespace CodexOS.Testing.Simulation;

/// <summary>
/// What must hold whatever happens, looked at with every event that is appended and every effect that begins, and once
/// more at the end. The first thing that does not hold is kept, and ends the schedule.
/// </summary>
internal sealed class SimChecks(SimWorld world)
{
    private readonly Dictionary<RunId, SimWitness> _runs = [];
    private readonly List<(RunId Run, RunCommand Command, string By)> _acknowledged = [];
    private readonly HashSet<RunId> _started = [];
    private SimDatabase _database = null!;

    /// <summary>What does not hold, or null.</summary>
    public string? Violation { get; private set; }

    public void Watch(SimDatabase database) => _database = database;

    public void Broken(string what)
    {
        if (Violation is not null) return;
        Violation = what;
        world.Say($"VIOLATION: {what}");
    }

    /// <summary>The state that a run's journal comes to.</summary>
    public RunState StateOf(RunId run) => _runs[run].State;

    public string NameOf(RunId run) => _runs.TryGetValue(run, out var witness) ? witness.Name : "r?";

    /// <summary>Somebody was told that a run exists.</summary>
    public void Acknowledged(RunId run) => _started.Add(run);

    /// <summary>Somebody was told that their command is in the journal.</summary>
    public void Acknowledged(RunId run, RunCommand command, string by) => _acknowledged.Add((run, command, by));

    /// <summary>An event is about to be appended.</summary>
    public void Appending(SimRow row, JournalRecord record)
    {
        if (!_runs.TryGetValue(row.Run, out var witness))
            _runs[row.Run] = witness = new SimWitness(row, _runs.Count, _database, this, world);
        var head = row.Events.Count > 0 ? row.Events[^1].Record : null;
        if (record.Seq != row.NextSeq)
            Broken($"{witness.Name}: event {record.Seq} was appended after {row.NextSeq - 1}.");
        if (head is not null && record.Epoch < head.Epoch)
            Broken($"{witness.Name}: epoch {record.Epoch} was appended after epoch {head.Epoch} at {record.Seq}.");
    }

    /// <summary>A group of events has been appended.</summary>
    public void Appended(SimRow row, int count) => _runs[row.Run].Take(count);

    /// <summary>An approval's row changes.</summary>
    public void Approval(SimRow row, ApprovalChange change) => _runs[row.Run].Decide(change);

    /// <summary>An effect begins.</summary>
    public void Attempting(string effect, EffectCall call, int attempt)
    {
        if (!_runs.TryGetValue(call.Run, out var witness) || !witness.HasStarted(call.Key))
            Broken($"{NameOf(call.Run)}: {call.Step} was performed before its start was journaled.");
        else if (effect == SimEffects.Unsafe && attempt > 1)
            Broken($"{witness.Name}: the unsafe step {call.Step} was performed {attempt} times under one key.");
        else if (effect == SimEffects.Asks && !witness.HasApproved(call.Step, call.Occurrence))
            Broken($"{witness.Name}: {call.Step} was performed and nobody approved it.");
    }

    /// <summary>What must hold once nothing is left to be done.</summary>
    public void AtTheEnd(SimLedger ledger)
    {
        foreach (var run in _started.Where(run => _database.Find(run) is null))
            Broken($"The run {run} was acknowledged and is not there.");
        var stuck = _runs.Values.Where(witness => !witness.State.Ended).Select(witness => $"{witness.Name} is stuck: {witness.Describe()}");
        if (string.Join("; ", stuck) is { Length: > 0 } all) Broken(all);
        foreach (var witness in _runs.Values) witness.AtTheEnd(ledger);
        foreach (var (run, command, by) in _acknowledged)
        {
            if (!_runs.TryGetValue(run, out var witness) || !witness.Has(command, by))
                Broken($"{NameOf(run)}: {command.GetType().Name} by {by} was acknowledged and is not in the journal.");
        }
    }
}
