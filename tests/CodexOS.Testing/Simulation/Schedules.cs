namespace CodexOS.Testing.Simulation;

/// <summary>What came of a schedule.</summary>
/// <param name="Seed">The seed that made it.</param>
/// <param name="Violation">What did not hold, or null.</param>
/// <param name="Digest">A number that two schedules share only if they went the same way.</param>
/// <param name="StepsCount">How many pieces of work were done.</param>
/// <param name="EventsCount">How many events were journaled.</param>
/// <param name="CrashesCount">How often a node crashed, froze or was taken for dead.</param>
internal sealed record SimResult(
    int Seed, string? Violation, long Digest, long StepsCount, int EventsCount, int CrashesCount);

/// <summary>
/// The engine in a world that a seed makes: one to three nodes that crash, freeze and come back, a database that fails,
/// messages that get lost, and people who want things. In the end everything works again, what runs ask is answered,
/// and every run has to come to an end with a journal in which nothing is wrong.
/// </summary>
internal static class Schedules
{
    private static readonly TimeSpan s_quietMax = TimeSpan.FromMinutes(6);

    /// <summary>Runs one schedule on this thread.</summary>
    public static SimResult Run(int seed, SimMutation mutation = SimMutation.None, TextWriter? trace = null)
    {
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return RunHere(seed, mutation, trace);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    /// <summary>Runs schedules of consecutive seeds until enough of them have failed, and gives those.</summary>
    public static IReadOnlyList<SimResult> RunMany(
        int from, int count, int stopAfter, SimMutation mutation = SimMutation.None, Action<SimResult>? after = null)
    {
        // A schedule is a world of its own on one thread, so there are as many at once as there are processors.
        var broken = new List<SimResult>();
        Parallel.For(from, from + count, (seed, others) =>
        {
            var result = Run(seed, mutation);
            lock (broken)
            {
                if (result.Violation is not null) broken.Add(result);
                if (broken.Count >= stopAfter) others.Stop();
                after?.Invoke(result);
            }
        });
        broken.Sort(static (one, other) => one.Seed.CompareTo(other.Seed));
        return broken;
    }

    private static SimResult RunHere(int seed, SimMutation mutation, TextWriter? trace)
    {
        var world = new SimWorld(seed, trace);
        var faults = new SimFaults(world);
        var checks = new SimChecks(world);
        var database = new SimDatabase(world, faults, checks);
        checks.Watch(database);
        var ledger = new SimLedger(world, checks);
        using var cluster = new SimCluster(world, database, faults, checks, ledger, mutation);
        var client = new SimClient(world, cluster, checks);
        bool Broken() => checks.Violation is not null || world.Leak is not null;

        faults.Begin();
        var crashes = 0;
        for (var i = 1 + world.Next(3); i > 0; i--) cluster.Join(i);
        for (var i = 1 + world.Next(3); i > 0; i--) client.Start(i, within: 2_000);
        for (var i = 3 + world.Next(12); i > 0 && !Broken(); i--)
        {
            world.RunFor(world.Moment(world.Pick([20, 500, 2_000, 5_000])), Broken);
            if (world.Chance(650)) client.Bother();
            else if (Disturb(world, cluster, faults)) crashes++;
        }

        faults.End();
        world.Say("everything works again");
        var end = world.Elapsed + s_quietMax;
        // Quiet is what stays quiet: who is frozen goes on by itself, and who ended comes back.
        for (var quiet = 0; quiet < 3 && !Broken() && world.Elapsed < end;)
        {
            var settled = client.IsIdle && cluster.IsSettled && database.Rows.TrueForAll(row => row.Ended);
            quiet = settled ? quiet + 1 : 0;
            client.AnswerAll();
            world.RunFor(TimeSpan.FromSeconds(3), Broken);
        }

        if (!Broken()) checks.AtTheEnd(ledger);
        return new SimResult(
            seed, world.Leak ?? checks.Violation, world.Digest, world.StepsCount,
            database.Rows.Sum(row => row.Events.Count), crashes);
    }

    /// <summary>True if a node was hit.</summary>
    private static bool Disturb(SimWorld world, SimCluster cluster, SimFaults faults)
    {
        if (world.Chance(200))
        {
            faults.Break(full: world.Chance(300));
            world.After(world.Moment(world.Pick([1_000, 12_000])), faults.Mend);
            return false;
        }

        if (cluster.Nodes.Count == 0) return false;
        var node = world.Pick(cluster.Nodes);
        if (node.Process.Frozen) return false;
        switch (world.Next(4))
        {
            case 0:
                cluster.Slander(node);
                break;
            case 1:
                cluster.Freeze(node);
                break;
            default:
                cluster.Crash(node);
                break;
        }

        return true;
    }
}
