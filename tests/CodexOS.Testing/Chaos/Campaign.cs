using System.Diagnostics;
using System.Globalization;

namespace CodexOS.Testing.Chaos;

/// <summary>
/// Kills, stops and starves real servers while they work, and holds what came of it against the engine's promises:
/// 1. start the systems, 2. feed runs and let mishaps happen, 3. let every run come to its end, 4. hold the journals, the
/// tables and the ledgers against each other, 5. report.
/// </summary>
internal static class Campaign
{
    private static readonly TimeSpan s_sayEvery = TimeSpan.FromSeconds(5);

    public static async Task<CampaignReport> RunAsync(
        ChaosOptions options, Action<string> say, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var systems = new List<ChaosSystem>();
        try
        {
            // 1. Systems
            say($"seed {options.Seed}; logs in {options.LogDirectory}");
            foreach (var system in options.Systems)
                systems.Add(await ChaosSystem.StartAsync(system, options, cancellationToken));

            // 2. Stress
            using var until = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            until.CancelAfter(options.Duration);
            var stress = Task.WhenAll(systems.Select(system => system.StressAsync(until.Token)));
            while (!stress.IsCompleted)
            {
                await Task.WhenAny(stress, Task.Delay(s_sayEvery, TimeProvider.System, CancellationToken.None));
                say(Line(watch.Elapsed, systems));
                if (systems.Sum(system => system.Mishaps.Kills) >= options.KillsMax) await until.CancelAsync();
            }

            // Who is asked to stop stops the mishaps; what they came to is looked at all the same.
            await stress;
            var stressed = watch.Elapsed;

            // 3. and 4. Ends and checks
            await Task.WhenAll(systems.Select(system => system.DrainAsync(options.DrainMax, CancellationToken.None)));
            say(Line(watch.Elapsed, systems));

            // 5. Report
            return CampaignReport.Of(options, systems, stressed, watch.Elapsed);
        }
        finally
        {
            foreach (var system in systems) await system.DisposeAsync();
        }
    }

    private static string Line(TimeSpan elapsed, List<ChaosSystem> systems) => string.Create(
        CultureInfo.InvariantCulture,
        $"{elapsed:mm\\:ss}  kills {systems.Sum(system => system.Mishaps.Kills)}  "
            + $"other mishaps {systems.Sum(OtherMishaps)}  "
            + $"runs ended {systems.Sum(system => system.Ended.Count)}, open {systems.Sum(system => system.Open)}  "
            + $"in doubt decided {systems.Sum(system => system.Decided)}  "
            + $"violations {systems.Sum(system => system.Violations.Count)}");

    private static int OtherMishaps(ChaosSystem system) =>
        system.Mishaps.Counts.Where(one => !IsKill(one.Key)).Sum(one => one.Value);

    private static bool IsKill(MishapKind kind) =>
        kind is MishapKind.Kill or MishapKind.KillAtStart or MishapKind.KillAtCheckpoint;
}
