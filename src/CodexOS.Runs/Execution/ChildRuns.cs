using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using CodexOS.Runs.Journal;

namespace CodexOS.Runs.Execution;

/// <summary>
/// Runs that are started by runs. The journal knows what became of a child; messages between the two only make it known
/// sooner, and the sweep makes up for one that was lost.
/// </summary>
internal sealed class ChildRuns(IJournal journal, RunPayloads payloads, IRunMailboxes mailboxes, RunsOptions options)
{
    /// <summary>What came of a step that waits for a child, or null while the child is open.</summary>
    public async Task<RunEvent?> OutcomeAsync(StepState parked, CancellationToken cancellationToken)
    {
        var child = parked.Child!.Value;
        EndedRun? ended;
        RunEvent terminal;
        try
        {
            ended = await journal.OutcomeAsync(child, cancellationToken);
            if (ended is null) return null;
            var payload = await payloads.LoadAsync(ended.Tenant, ended.Terminal.Payload, cancellationToken);
            terminal = RunEventJson.Read(ended.Terminal.Kind, payload);
        }
        catch (Exception damage) when (JournalDamage.Is(damage))
        {
            return Failed(parked, JournalDamage.Of(child, damage), 0);
        }

        return terminal switch
        {
            RunCompleted completed => new StepCompleted(
                parked.Step, parked.Occurrence, completed.Output, ended.Usage, ended.DurationMs)
            {
                Label = completed.Label,
            },
            RunFailed failed => Failed(parked, failed.Fault, ended.DurationMs),
            _ => Failed(
                parked,
                new Fault("runs.child_cancelled", FaultKind.Cancelled, $"The run {child} that it waited for was cancelled."),
                ended.DurationMs),
        };
    }

    /// <summary>A run has ended: its open children are cancelled, and its parent is told.</summary>
    public async Task FamilyOfAsync(RunId run, RunState state, CancellationToken cancellationToken)
    {
        if (state.Steps.Any(StepPhase.Parked) || state.CancelRequested is not null)
            await CancelAllAsync(run, cancellationToken);
        if (state.Created.Parent is { } parent) _ = mailboxes.Of(parent.Run).ResumeAsync();
    }

    /// <summary>Cancels what a run has started and has not ended.</summary>
    public async Task CancelAllAsync(RunId parent, CancellationToken cancellationToken)
    {
        var open = await journal.OpenChildrenAsync(parent, options.ChildrenMax, cancellationToken);
        foreach (var child in open) _ = mailboxes.Of(child).CommandAsync(Cancellation);
    }

    /// <summary>What tells a child that its parent no longer waits for it.</summary>
    public static string Cancellation { get; } = JsonSerializer.Serialize(
        new RunCommand.Cancel("parent", "The run that started it has ended.", Hard: false),
        RunEventContext.Default.RunCommand);

    private static StepFailed Failed(StepState parked, Fault fault, long durationMs) =>
        new(parked.Step, parked.Occurrence, fault, durationMs);
}
