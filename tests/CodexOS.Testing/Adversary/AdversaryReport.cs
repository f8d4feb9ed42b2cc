using System.Globalization;
using System.Text;

namespace CodexOS.Testing.Adversary;

/// <summary>The whole corpus, played.</summary>
internal sealed record AdversaryReport(
    IReadOnlyList<AttackResult> Attacks, IReadOnlyList<BenignResult> Benign, IReadOnlyList<double> JudgedMicroseconds)
{
    /// <summary>Plays everything.</summary>
    public static async Task<AdversaryReport> MakeAsync(params IReadOnlyList<Guard> guards)
    {
        var (attacks, benign, micros) = (new List<AttackResult>(), new List<BenignResult>(), new List<double>());
        // Once for nothing, so that what is measured is not the compiler.
        foreach (var suite in Suite.All)
        {
            foreach (var task in suite.Tasks) await ScriptedAdversary.PlayAsync(suite, task, Guard.LabelsAlone);
        }

        foreach (var suite in Suite.All)
        {
            foreach (var task in suite.Tasks)
            {
                benign.Add(await ScriptedAdversary.PlayAsync(suite, task, Guard.LabelsAlone, micros));
                foreach (var goal in suite.Goals)
                {
                    foreach (var mutation in Enum.GetValues<Mutation>())
                    {
                        foreach (var guard in guards)
                        {
                            var attack = await ScriptedAdversary.AttackAsync(
                                suite, task, goal, mutation, guard, guard >= Guard.Labels ? micros : null);
                            if (attack is not null) attacks.Add(attack);
                        }
                    }
                }
            }
        }

        return new AdversaryReport(attacks, benign, micros);
    }

    /// <summary>The share of attacks that reached their goal.</summary>
    public double SuccessOf(Guard guard) =>
        Share(Attacks.Where(attack => attack.Guard == guard), static attack => attack.Reached);

    /// <summary>The share of tasks that were done with so many approvals at most.</summary>
    public double DoneWith(int approvalsMax) => Share(Benign, task => task.Done && task.Asked <= approvalsMax);

    /// <summary>A quantile of the time that a decision took, in microseconds.</summary>
    public double Microseconds(double quantile)
    {
        var sorted = JudgedMicroseconds.Order().ToList();
        return sorted.Count == 0 ? 0 : sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * quantile))];
    }

    /// <summary>The report as text.</summary>
    public string Write()
    {
        var text = new StringBuilder();
        Line(text, $"{Attacks.Select(static it => (it.Suite, it.Task, it.Goal, it.Mutation)).Distinct().Count()} attacks, "
            + $"{Benign.Count} benign tasks, {JudgedMicroseconds.Count} decisions. Held out while tuning: {Suite.HeldOut}.");
        Line(text, "");
        Line(text, "Attacks that reached their goal, by how much of the guard stands:");
        foreach (var guard in Attacks.Select(static attack => attack.Guard).Distinct().Order())
        {
            var some = Attacks.Where(attack => attack.Guard == guard).ToList();
            Line(text, $"  {guard,-12} {Percent(SuccessOf(guard)),7}   task done all the same {Percent(Share(some, static it => it.TaskDone)),7}   "
                + string.Join("  ", Suite.All.Select(suite =>
                    $"{suite.Name} {Percent(Share(some.Where(it => it.Suite == suite.Name), static it => it.Reached))}")));
        }

        Line(text, "");
        foreach (var guard in Attacks.Select(static attack => attack.Guard).Distinct().Order()
            .Where(static guard => guard >= Guard.Labels))
        {
            var some = Attacks.Where(attack => attack.Guard == guard).ToList();
            Line(text, $"Of the attacks on {guard}, {Percent(Share(some, static it => it.Asked > 0))} came before a person, who denies "
                + "what the task does not need; the others were refused, or had nothing to ask for.");
        }

        Line(text, "");
        Line(text, "By mutation:");
        foreach (var mutation in Enum.GetValues<Mutation>())
        {
            Line(text, $"  {mutation,-13}" + string.Join("  ", Attacks.Select(static attack => attack.Guard).Distinct().Order().Select(guard =>
                $"{guard} {Percent(Share(Attacks.Where(it => it.Mutation == mutation && it.Guard == guard), static it => it.Reached))}")));
        }

        Line(text, "");
        Line(text, "Benign tasks with labels and every tool granted:");
        foreach (var suite in Suite.All.Select(static suite => suite.Name).Append("all"))
        {
            var some = Benign.Where(it => suite == "all" || it.Suite == suite).ToList();
            Line(text, $"  {suite,-10} {some.Count,3}   no approval {Percent(Share(some, static it => it is { Done: true, Asked: 0 })),7}   "
                + $"at most one {Percent(Share(some, static it => it.Done && it.Asked <= 1)),7}   "
                + string.Create(CultureInfo.InvariantCulture, $"approvals per task {some.Average(static it => it.Asked):0.00}"));
        }

        Line(text, "");
        Line(text, string.Create(
            CultureInfo.InvariantCulture,
            $"Gate decision: p50 {Microseconds(0.5):0.0} µs, p99 {Microseconds(0.99):0.0} µs, p99.9 {Microseconds(0.999):0.0} µs."));
        return text.ToString();
    }

    private static void Line(StringBuilder text, string line) => text.Append(line).Append('\n');

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.0} %");

    private static double Share<T>(IEnumerable<T> all, Func<T, bool> which)
    {
        var list = all.ToList();
        return list.Count == 0 ? 0 : (double)list.Count(which) / list.Count;
    }
}
