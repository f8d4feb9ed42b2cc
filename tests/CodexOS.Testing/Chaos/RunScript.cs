using CodexOS.Runs.Contracts;

namespace CodexOS.Testing.Chaos;

/// <summary>Makes up runs: the same for the same seed.</summary>
internal sealed class RunScript(string system, int seed)
{
    private static readonly RepeatClass[] s_classes = Enum.GetValues<RepeatClass>();
    private readonly Random _random = new(seed);
    private int _count;

    /// <summary>The next run's idempotency key and input.</summary>
    public (string Key, object Input) Next()
    {
        var stages = new List<object>();
        var (count, steps) = (2 + _random.Next(5), 0);
        for (var stage = 0; stage < count; stage++)
        {
            if (_random.Next(8) == 0)
            {
                stages.Add(new { sleepMs = 50 + _random.Next(1_000) });
                continue;
            }

            var together = _random.Next(4) == 0 ? 2 + _random.Next(2) : 1;
            stages.Add(new { steps = Enumerable.Range(0, together).Select(_ => Step(steps++)).ToArray() });
        }

        stages.Add(new { steps = new[] { Step(steps) } });
        return ($"{system}-{seed}-{_count++}", new { stages });
    }

    private object Step(int number) => new
    {
        step = $"s{number}",
        effect = ChaosHandler.EffectOf(s_classes[_random.Next(s_classes.Length)]),
        ms = _random.Next(3) == 0 ? _random.Next(150) : _random.Next(12),
        // Most are small, some fill the log soon, a few are large enough to be kept beside the journal.
        bytes = _random.Next(20) switch { 0 => 40_000, < 6 => 12_000, _ => 200 },
    };
}
