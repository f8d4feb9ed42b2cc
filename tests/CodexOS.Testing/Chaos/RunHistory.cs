using System.Globalization;
using System.Text.Json;

namespace CodexOS.Testing.Chaos;

/// <summary>One event as the API showed it, with what the checks need of it.</summary>
internal sealed record Happened(
    int Seq, string Kind, DateTimeOffset At, string? Step, int Occurrence, string? Outcome, int Receipt, string? Owner,
    int Epoch);

/// <summary>A run's events, and what must hold for them whatever happened to the processes that wrote them.</summary>
internal sealed class RunHistory(string run, IReadOnlyList<Happened> events)
{
    public string Run => run;

    public IReadOnlyList<Happened> Events => events;

    public bool Ended => events.Count > 0 && IsTerminal(events[^1].Kind);

    public int Steps => events.Count(happened => happened.Kind == "step.started");

    /// <summary>Reads the items of a page of <c>GET /runs/{id}/events</c>.</summary>
    public static IEnumerable<Happened> Read(JsonElement items) => items.EnumerateArray().Select(item =>
    {
        var data = item.GetProperty("data");
        return new Happened(
            item.GetProperty("seq").GetInt32(),
            item.GetProperty("kind").GetString()!,
            item.GetProperty("at").GetDateTimeOffset(),
            TextOf(data, "step"),
            NumberOf(data, "occurrence"),
            TextOf(data, "outcome"),
            data.TryGetProperty("output", out var output) && output.ValueKind is JsonValueKind.Object
                ? NumberOf(output, "receipt")
                : 0,
            TextOf(data, "owner"),
            NumberOf(data, "epoch"));
    });

    /// <summary>The steps that wait for a decision.</summary>
    public IEnumerable<(string Step, int Occurrence)> InDoubt() => events
        .Where(happened => happened.Kind == "step.in_doubt")
        .Select(happened => (happened.Step!, happened.Occurrence))
        .Where(doubt => !events.Any(happened => happened.Kind == "step.resolved"
            && happened.Step == doubt.Item1 && happened.Occurrence == doubt.Occurrence));

    /// <summary>What is wrong with the journal by itself.</summary>
    public IEnumerable<string> Violations()
    {
        for (var i = 0; i < events.Count; i++)
        {
            if (events[i].Seq != i) yield return $"a gap: place {i} holds event {events[i].Seq}";
        }

        if (events.Count == 0 || events[0].Kind != "run.created") yield return "the journal does not begin with run.created";
        if (events.SkipLast(1).Any(happened => IsTerminal(happened.Kind))) yield return "events after the end";

        var epoch = 0;
        foreach (var claim in events.Where(happened => happened.Kind == "run.claimed"))
        {
            if (claim.Epoch <= epoch) yield return $"epoch regression: {claim.Epoch} after {epoch} at {claim.Seq}";
            epoch = claim.Epoch;
        }

        foreach (var step in events.Where(happened => happened.Step is not null)
            .GroupBy(happened => (happened.Step, happened.Occurrence)))
        {
            var (name, kinds) = ($"{step.Key.Step}:{step.Key.Occurrence}", step.Select(happened => happened.Kind).ToList());
            if (kinds.Count(kind => kind == "step.started") > 1) yield return $"{name} was started twice";
            if (kinds.Count(kind => kind is "step.completed") > 1) yield return $"{name} was completed twice";
            if (kinds.Count(kind => kind is "step.completed" or "step.failed") > 1) yield return $"{name} ended twice";
            if (kinds.Contains("step.completed") && kinds[0] != "step.started") yield return $"{name} ended before it began";
            if (kinds.Count(kind => kind is "step.resolved") > 1) yield return $"{name} was decided twice";
            if (step.Key.Occurrence > 1 && !events.Any(happened => happened.Kind == "step.resolved"
                && happened.Step == step.Key.Step && happened.Occurrence == step.Key.Occurrence - 1
                && happened.Outcome == "retry"))
            {
                yield return $"{name} was begun anew without a decision";
            }
        }
    }

    /// <summary>What is wrong between the journal and the world.</summary>
    public IEnumerable<string> Violations(IReadOnlyDictionary<string, LedgerEntry> ledger)
    {
        foreach (var done in events.Where(happened => happened.Kind == "step.completed"))
        {
            var key = $"{run}:{done.Step}:{done.Occurrence}";
            if (!ledger.TryGetValue(key, out var entry)) yield return $"{key} is complete and never took place";
            else if (entry.Receipt != done.Receipt) yield return $"{key} has receipt {done.Receipt}, the ledger {entry.Receipt}";
        }
    }

    /// <summary>
    /// How long each taking over took, from the last death of a process before it. Claims of runs that had nothing to do
    /// at that moment are left out: a timer or a person woke them.
    /// </summary>
    public IEnumerable<TimeSpan> Resumptions(IReadOnlyDictionary<string, ChaosNode> nodes, IReadOnlyList<Death> deaths)
    {
        for (var i = 1; i < events.Count; i++)
        {
            if (events[i] is not { Kind: "run.claimed", Epoch: > 1, Owner: { } owner } claim) continue;
            if (events[i - 1].Kind is "timer.started" or "step.in_doubt" or "approval.requested") continue;
            var before = events.Take(i).Last(happened => happened.Kind == "run.claimed");
            if (!nodes.TryGetValue(owner, out var node) || before.Owner is not { } former) continue;
            var at = TrueTime(claim.At, node.Clock);
            if (!deaths.Any(death => death.Owner == former && death.At <= at)) continue;
            yield return at - deaths.Where(death => death.At <= at).Max(death => death.At);
        }
    }

    public override string ToString() => string.Join(
        Environment.NewLine,
        events.Select(happened => string.Create(
            CultureInfo.InvariantCulture,
            $"    {happened.Seq,4} {happened.At:HH:mm:ss.fff} {happened.Kind} {happened.Step}"
                + $"{(happened.Occurrence > 0 ? $":{happened.Occurrence}" : "")} {happened.Outcome}{happened.Owner}")));

    private static bool IsTerminal(string kind) => kind is "run.completed" or "run.failed" or "run.cancelled";

    private static DateTimeOffset TrueTime(DateTimeOffset shown, IReadOnlyList<(DateTimeOffset From, TimeSpan Offset)> clock)
    {
        for (var i = clock.Count - 1; i >= 0; i--)
        {
            var at = shown - clock[i].Offset;
            if (at >= clock[i].From && (i == clock.Count - 1 || at < clock[i + 1].From)) return at;
        }

        return shown;
    }

    private static string? TextOf(JsonElement data, string name) =>
        data.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    private static int NumberOf(JsonElement data, string name) =>
        data.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.Number ? value.GetInt32() : 0;
}
