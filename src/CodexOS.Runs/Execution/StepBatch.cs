using System.Collections.Immutable;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Scheduling;

namespace CodexOS.Runs.Execution;

/// <summary>The steps that are performed side by side, and where each of them is.</summary>
internal sealed class StepBatch(ImmutableArray<StepRequest> steps)
{
    private readonly Dictionary<string, (int Occurrence, Task Task)> _running = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Task<StepSlot>> _queued = new(StringComparer.Ordinal);

    public HashSet<string> Over { get; } = new(StringComparer.Ordinal);

    public HashSet<string> Waiting { get; } = new(StringComparer.Ordinal);

    public IEnumerable<Task> Running => _running.Values.Select(running => running.Task);

    public bool IsBusy => _running.Count > 0 || _queued.Count > 0;

    public bool IsRunning(string step) => _running.ContainsKey(step);

    /// <summary>Whether nothing but steps of one sort are being performed.</summary>
    public bool IsAll(Func<string, bool> sort) => _queued.Count == 0 && _running.Keys.All(sort);

    public bool IsQueued(string step) => _queued.ContainsKey(step);

    public void Run(string step, int occurrence, Task task) => _running[step] = (occurrence, task);

    public void Queue(string step, Task<StepSlot> place, Action granted)
    {
        _queued[step] = place;
        _ = place.ContinueWith(
            _ => granted(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    /// <summary>The place of a step, if it has been given one.</summary>
    public async ValueTask<StepSlot?> TakeSlotAsync(string step)
    {
        if (!_queued[step].IsCompletedSuccessfully) return null;
        _queued.Remove(step, out var place);
        return await place!;
    }

    /// <summary>Gives up the places that steps wait for, or have been given and not used.</summary>
    public void LeaveQueue()
    {
        foreach (var place in _queued.Values) _ = GiveBackAsync(place);
        _queued.Clear();
    }

    private static async Task GiveBackAsync(Task<StepSlot> place)
    {
        await ((Task)place).ConfigureAwait(
            ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (place.IsCompletedSuccessfully) (await place).Dispose();
    }

    /// <summary>Takes in what came of a step; false if it is none of those that are being performed.</summary>
    public bool Take(RunEvent outcome)
    {
        var step = outcome.Step();
        // An occurrence that was given up on may still come to its end, while the next one is under way.
        if (!_running.TryGetValue(step, out var running) || running.Occurrence != outcome.Occurrence()) return false;
        if (outcome is StepProgressed or ApprovalRequested) return true;
        _running.Remove(step);
        if (outcome is StepCompleted or StepFailed && steps.Any(one => one.Step == step)) Over.Add(step);
        if (outcome is StepParked) Waiting.Add(step);
        return true;
    }
}
