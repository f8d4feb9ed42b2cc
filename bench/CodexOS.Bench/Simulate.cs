using System.Diagnostics;
using System.Globalization;
using CodexOS.Testing.Simulation;

namespace CodexOS.Bench;

/// <summary>Drives the engine through simulated schedules; one alone is traced.</summary>
internal static class Simulate
{
    private const int BrokenMax = 10;

    /// <summary>Runs so many schedules, from a seed on.</summary>
    public static int Run(string count, string? seed)
    {
        if (!int.TryParse(count, CultureInfo.InvariantCulture, out var schedules) || schedules < 1
            || !int.TryParse(seed ?? "1", CultureInfo.InvariantCulture, out var from))
        {
            Console.Error.WriteLine("simulate takes a number of schedules, 1 or more, and the seed of the first one.");
            return 2;
        }

        if (schedules == 1)
        {
            var one = Simulation.Run(from, SimMutation.None, Console.Out);
            Console.WriteLine(one.Violation is null ? $"Seed {from}: nothing is wrong." : $"Seed {from}: {one.Violation}");
            return one.Violation is null ? 0 : 1;
        }

        long events = 0, crashes = 0, steps = 0, done = 0;
        var began = Stopwatch.GetTimestamp();
        var broken = Simulation.RunMany(from, schedules, BrokenMax, SimMutation.None, result =>
        {
            (events, crashes, steps) = (events + result.EventsCount, crashes + result.CrashesCount, steps + result.StepsCount);
            if (result.Violation is not null) Console.WriteLine($"Seed {result.Seed}: {result.Violation}");
            if (++done % 10_000 == 0) Console.WriteLine($"  · {done} schedules");
        });
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{done} schedules from seed {from}: {broken.Count} broken; {events} events, {crashes} crashes and freezes, "
            + $"{steps} turns in {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s."));
        if (broken.Count > 0) Console.WriteLine("Replay one alone with its trace: ./run chaos --simulate 1 --seed SEED");
        return broken.Count == 0 ? 0 : 1;
    }
}
