using System.Globalization;
using System.Runtime.InteropServices;

namespace CodexOS.Testing.Chaos;

/// <summary>The campaign on the command line.</summary>
internal static class ChaosCommand
{
    private const string Usage =
        "Usage: chaos [--minutes M] [--kills N] [--seed S] [--only SYSTEM] [--runs N] [--engine-only] "
        + "[--no-disk] RESULTS-DIRECTORY";

    public static async Task<int> RunAsync(string[] args)
    {
        var (minutes, kills, seed, whole, disk, results) =
            (5.0, int.MaxValue, Random.Shared.Next(1, 1_000_000), true, ChaosDisk.IsPossible, "");
        string? only = null;
        var runs = int.MaxValue;
        var words = new Queue<string>(args);
        while (words.TryDequeue(out var word))
        {
            var fits = word switch
            {
                "--minutes" => Number(words, out minutes) && minutes is > 0 and <= 24 * 60,
                "--kills" => Number(words, out var count) && (kills = (int)count) is >= 1,
                "--seed" => Number(words, out var given) && (seed = (int)given) is >= 0,
                "--only" => words.TryDequeue(out only),
                "--runs" => Number(words, out var open) && (runs = (int)open) is >= 1,
                "--engine-only" => !(whole = false),
                "--no-disk" => !(disk = false),
                _ => results.Length == 0 && (results = word).Length > 0,
            };
            if (!fits) return await RefuseAsync(Usage);
        }

        if (results.Length == 0) return await RefuseAsync(Usage);
        if (!disk) Console.WriteLine("No disk will be full: making one that can be filled needs root.");
        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        Directory.CreateDirectory(results);
        var report = await Campaign.RunAsync(
            new ChaosOptions
            {
                Duration = TimeSpan.FromMinutes(minutes),
                KillsMax = kills,
                Seed = seed,
                Whole = whole,
                LogDirectory = Path.Combine("artifacts", "logs", "chaos"),
                Systems =
                [.. ((SystemOptions[])[
                    new SystemOptions("sqlite", Postgres: false, Nodes: 1, RunsOpen: 40) { Durable = true },
                    new SystemOptions("sqlite-full", Postgres: false, Nodes: 1, RunsOpen: 30) { SmallDisk = disk },
                    new SystemOptions("postgres", Postgres: true, Nodes: 1, RunsOpen: 40) { Durable = true },
                    new SystemOptions("cluster", Postgres: true, Nodes: 3, RunsOpen: 60) { Durable = true },
                ]).Where(system => only is null || system.Name == only)
                    .Select(system => system with { RunsOpen = Math.Min(system.RunsOpen, runs) })],
            },
            Console.WriteLine,
            stop.Token);
        report.Write(Path.Combine(results, "chaos.json"));
        Console.WriteLine($"\n{report}");
        foreach (var violation in report.Violations) Console.WriteLine(violation);
        return report.Violations.Count == 0 ? 0 : 1;

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    private static bool Number(Queue<string> words, out double number)
    {
        number = 0;
        return words.TryDequeue(out var word) && double.TryParse(word, CultureInfo.InvariantCulture, out number);
    }

    private static async Task<int> RefuseAsync(string why)
    {
        await Console.Error.WriteLineAsync(why);
        return 2;
    }
}
