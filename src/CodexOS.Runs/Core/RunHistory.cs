using CodexOS.Runs.Contracts;

namespace CodexOS.Runs.Core;

/// <summary>
/// Which events of a journal count. A rollback and a retry take events out of the count without taking them out of the
/// journal; what they used of the budgets, and the occurrences of their steps, still count.
/// </summary>
internal static class RunHistory
{
    /// <summary>The places of the events that no longer count.</summary>
    public static HashSet<int> VoidsOf(IEnumerable<JournaledEvent> events)
    {
        var voids = new HashSet<int>();
        foreach (var happened in events)
        {
            switch (happened.Event)
            {
                case RunRolledBack back:
                    for (var seq = back.ToSeq + 1; seq < happened.Seq; seq++) voids.Add(seq);
                    break;
                case RunRetried retried:
                    voids.UnionWith(retried.Voids);
                    break;
            }
        }

        return voids;
    }

    /// <summary>
    /// What a retry takes out of the count: the end, the request for it if there was one, and the failures after the last
    /// step that was begun, which are what the program gave up over.
    /// </summary>
    public static HashSet<int> VoidsOfRetry(IReadOnlyList<JournaledEvent> events, HashSet<int> already)
    {
        var voids = new HashSet<int>();
        for (var i = events.Count - 1; i >= 0; i--)
        {
            if (already.Contains(events[i].Seq)) continue;
            switch (events[i].Event)
            {
                case RunFailed or RunCancelled or RunCompleted or StepFailed or RunCancelRequested:
                    voids.Add(events[i].Seq);
                    break;
                case StepStarted:
                    return voids;
            }
        }

        return voids;
    }
}
