using System.Globalization;
using System.Text;
using System.Text.Json;

namespace CodexOS.Testing.Chaos;

/// <summary>What one system went through.</summary>
internal sealed record SystemReport(
    string Name,
    int Nodes,
    int Kills,
    int Starts,
    int ExitsByThemselves,
    IReadOnlyDictionary<string, int> Mishaps,
    int KilledAmidCheckpoint,
    int CommitsWithoutAnswer,
    int ConnectionsTerminated,
    int Runs,
    int Steps,
    int EffectsAttempted,
    int EffectsRepeated,
    int QueryableTwice,
    int InDoubt,
    int Decided,
    int TakenOver,
    double ResumeP50Ms,
    double ResumeP95Ms);

/// <summary>What a campaign went through and what it found.</summary>
internal sealed record CampaignReport(
    int Seed, double StressedSeconds, double Seconds, bool Whole, int Cores, string LoadAverage, int Kills,
    IReadOnlyList<SystemReport> Systems, IReadOnlyList<string> Violations)
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
    };

    public static CampaignReport Of(
        ChaosOptions options, IReadOnlyList<ChaosSystem> systems, TimeSpan stressed, TimeSpan elapsed) => new(
        options.Seed,
        Math.Round(stressed.TotalSeconds, 1),
        Math.Round(elapsed.TotalSeconds, 1),
        options.Whole,
        Environment.ProcessorCount,
        File.ReadAllText("/proc/loadavg").Split(' ')[0],
        systems.Sum(system => system.Mishaps.Kills),
        [.. systems.Select(SystemOf)],
        [.. systems.SelectMany(system => system.Violations)]);

    public void Write(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, s_json) + "\n");

    /// <summary>The report as a table for people.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"seed {Seed}, {StressedSeconds:0} s of mishaps, {Seconds:0} s in all, ")
            .Append(CultureInfo.InvariantCulture, $"{Cores} cores, load {LoadAverage}\n\n");
        Row("", system => system.Name);
        Row("servers", system => $"{system.Nodes}");
        Row("kills", system => $"{system.Kills}");
        Row("starts", system => $"{system.Starts}");
        Row("exits by themselves", system => $"{system.ExitsByThemselves}");
        foreach (var kind in Systems.SelectMany(system => system.Mishaps.Keys).Distinct())
            Row($"  {kind}", system => $"{system.Mishaps.GetValueOrDefault(kind)}");
        Row("killed amid a checkpoint", system => $"{system.KilledAmidCheckpoint}");
        Row("commits without an answer", system => $"{system.CommitsWithoutAnswer}");
        Row("connections terminated", system => $"{system.ConnectionsTerminated}");
        Row("runs", system => $"{system.Runs}");
        Row("steps", system => $"{system.Steps}");
        Row("effects attempted", system => $"{system.EffectsAttempted}");
        Row("effects attempted again", system => $"{system.EffectsRepeated}");
        Row("queryable twice", system => $"{system.QueryableTwice}");
        Row("in doubt / decided", system => $"{system.InDoubt} / {system.Decided}");
        Row("taken over", system => $"{system.TakenOver}");
        Row("resumed after p50 / p95", system => string.Create(
            CultureInfo.InvariantCulture, $"{system.ResumeP50Ms / 1_000:0.0} / {system.ResumeP95Ms / 1_000:0.0} s"));
        text.Append(CultureInfo.InvariantCulture, $"\n{Kills} kills, {Violations.Count} violations\n");
        return text.ToString();

        void Row(string name, Func<SystemReport, string> value) => text.Append(CultureInfo.InvariantCulture, $"{name,-28}")
            .AppendJoin("", Systems.Select(system => $"{value(system),16}")).Append('\n');
    }

    private static SystemReport SystemOf(ChaosSystem system)
    {
        var deaths = system.Stage.Nodes.SelectMany(node => node.Deaths).OrderBy(death => death.At).ToList();
        var byOwner = system.Stage.Nodes
            .SelectMany(node => node.Owners.Select(owner => (owner, node)))
            .ToDictionary(one => one.owner, one => one.node, StringComparer.Ordinal);
        var resumed = system.Ended.Values
            .SelectMany(run => run.Resumptions(byOwner, deaths)).Select(took => took.TotalMilliseconds).Order().ToList();
        var entries = system.Stage.Ledger.Entries.Values;
        var histories = system.Ended.Values;
        return new SystemReport(
            system.Options.Name,
            system.Options.Nodes,
            system.Mishaps.Kills,
            system.Stage.Nodes.Sum(node => node.Starts),
            deaths.Count(death => !death.Wanted),
            system.Mishaps.Counts.OrderBy(one => one.Key).ToDictionary(one => one.Key.ToString(), one => one.Value),
            system.Mishaps.AmidCheckpoint,
            system.Stage.Thief?.Stolen ?? 0,
            system.Mishaps.Terminated,
            histories.Count(),
            histories.Sum(run => run.Steps),
            entries.Sum(entry => entry.Attempts),
            entries.Sum(entry => entry.Attempts - 1),
            entries.Count(entry => entry.Repeat is CodexOS.Runs.Contracts.RepeatClass.Queryable && entry.Effects > 1),
            histories.Sum(run => run.Events.Count(happened => happened.Kind == "step.in_doubt")),
            system.Decided,
            resumed.Count,
            At(resumed, 0.5),
            At(resumed, 0.95));
    }

    private static double At(List<double> sorted, double share) =>
        sorted.Count == 0 ? 0 : Math.Round(sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * share))]);
}
