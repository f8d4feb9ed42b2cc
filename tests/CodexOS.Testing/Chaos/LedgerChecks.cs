using CodexOS.Runs.Contracts;

namespace CodexOS.Testing.Chaos;

/// <summary>What must hold for the world when everything is over.</summary>
internal static class LedgerChecks
{
    /// <summary>Holds the ledger against the journals.</summary>
    /// <param name="entries">Everything that took place.</param>
    /// <param name="ended">The runs, by id.</param>
    /// <param name="alone">
    /// Whether one server at a time worked on the runs. Where several do, one that stood still can perform a queryable
    /// effect that another has just found missing; that is counted and is no violation.
    /// </param>
    public static IEnumerable<(string Run, string Wrong)> Violations(
        IReadOnlyDictionary<string, LedgerEntry> entries, IReadOnlyDictionary<string, RunHistory> ended, bool alone)
    {
        var keyedSteps = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in entries.Values)
        {
            var (run, step, occurrence) = Parts(entry.Key);
            if (entry.Repeat is RepeatClass.Unsafe && entry.Attempts > 1)
                yield return (run, $"the unsafe {entry.Key} was attempted {entry.Attempts} times by {Names(entry)}");
            if (entry.Repeat is RepeatClass.Keyed && entry.Effects > 0 && !keyedSteps.Add($"{run}:{step}"))
                yield return (run, $"the keyed step {step} took effect under two keys");
            if (alone && entry.Repeat is RepeatClass.Queryable && entry.Effects > 1)
                yield return (run, $"the queryable {entry.Key} took effect {entry.Effects} times by {Names(entry)}");
            if (ended.TryGetValue(run, out var history) && !history.Events.Any(happened =>
                happened.Kind == "step.started" && happened.Step == step && happened.Occurrence == occurrence))
            {
                yield return (run, $"{entry.Key} took place and its start was never journaled");
            }
        }
    }

    private static (string Run, string Step, int Occurrence) Parts(string key)
    {
        var words = key.Split(':');
        return (words[0], words[1], int.Parse(words[2], System.Globalization.CultureInfo.InvariantCulture));
    }

    private static string Names(LedgerEntry entry) => string.Join(", ", entry.Nodes);
}
