using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;

namespace CodexOS.Runs.Execution;

/// <summary>How a fork is to differ from the run that it is a fork of.</summary>
/// <param name="Seq">The last event that both share.</param>
/// <param name="Title">Another title, or null.</param>
/// <param name="Input">Another input of the program, or null.</param>
/// <param name="Output">Another output of the step that is complete at <paramref name="Seq"/>, or null.</param>
/// <param name="Message">What the program is told first, or null.</param>
/// <param name="Limits">Other budgets, or null.</param>
/// <param name="IdempotencyKey">The caller's key for this fork, or null.</param>
internal sealed record ForkWish(
    int Seq, string? Title, JsonElement? Input, JsonElement? Output, string? Message, RunLimits? Limits,
    string? IdempotencyKey);

/// <summary>Plans how a fork begins, and has each part of the house give it what it needs of its own.</summary>
internal sealed class RunForks(RunEngine engine, IEnumerable<IForkParticipant> participants, TenantContext tenants)
{
    public async Task<Result<ForkStart>> PlanAsync(
        RunId from, RunId fork, ForkWish wish, Caller caller, CancellationToken cancellationToken)
    {
        // An edited outcome takes the place of the event itself, so what is shared ends before it.
        var seq = wish.Output is null ? wish.Seq : wish.Seq - 1;
        var read = await engine.ReadAsync(from, tenants.Required, wish.Seq, cancellationToken);
        if (!read.TryGet(out var log, out var fault)) return fault;
        using (log)
        {
            var history = await log.HistoryAsync(cancellationToken);
            if (wish.Seq >= history.Count) return RunFaults.BeyondHead(wish.Seq, history.Count - 1);
            var shared = history[..(seq + 1)];
            var then = log.Fold(shared);
            if (then.Ended && wish.Message is null) return RunFaults.EndedThere(wish.Seq);

            var edits = ImmutableArray.CreateBuilder<ForkEdit>();
            if (wish.Output is { } output)
            {
                if (history[wish.Seq].Event is not StepCompleted completed) return NoOutcome(wish.Seq);
                edits.Add(EditOf(completed with
                {
                    Occurrence = completed.Occurrence + 1,
                    Output = output,
                    Usage = null,
                    Compensation = null,
                }));
            }

            if (wish.Message is { } message) edits.Add(EditOf(new RunSteered(caller.Name, message)));
            var parts = new ForkParts(wish.Input ?? then.Created.Input, then.Created.Grant, then.Created.Labels);
            var keys = KeysCompleted(shared);
            var later = KeysCompleted(history).RemoveRange(keys);
            var context = new ForkContext(caller.Tenant, from, fork, seq, [.. keys.Reverse()], later);
            foreach (var participant in participants)
            {
                var given = await participant.ForkAsync(context, parts, cancellationToken);
                if (!given.TryGet(out parts, out fault)) return fault;
            }

            // An input that is journaled makes the program begin with it, so it is only if it is another one.
            JsonElement? input = JsonElement.DeepEquals(parts.Input, then.Created.Input) ? null : parts.Input;
            var forked = new RunForked(
                from, seq, caller.Name, wish.Title ?? then.Created.Title, input, parts.Grant,
                wish.Limits ?? then.Created.Limits, parts.Labels);
            return new ForkStart(caller.Tenant, caller.User, forked, edits.ToImmutable(), then.Created.Priority);
        }
    }

    /// <summary>The keys of the steps that are complete and count, oldest first.</summary>
    private static ImmutableArray<string> KeysCompleted(IReadOnlyList<JournaledEvent> events)
    {
        var voids = RunHistory.VoidsOf(events);
        var keys = new Dictionary<(string, int), string>();
        var completed = new List<string>();
        foreach (var happened in events.Where(happened => !voids.Contains(happened.Seq)))
        {
            if (happened.Event is StepStarted started) keys[(started.Step, started.Occurrence)] = started.Key;
            if (happened.Event is StepCompleted done && keys.TryGetValue((done.Step, done.Occurrence), out var key))
                completed.Add(key);
        }

        return [.. completed];
    }

    private static ForkEdit EditOf(RunEvent edit) => new(RunEventJson.KindOf(edit), RunEventJson.Write(edit));

    private static Fault NoOutcome(int seq) => new(
        "runs.no_outcome",
        FaultKind.Invalid,
        $"Event {seq} is not the outcome of a step, so there is no output of it to change. Choose a step.completed event.");
}
