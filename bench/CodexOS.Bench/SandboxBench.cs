using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using CodexOS.Sandbox;
using CodexOS.Sandbox.Contracts;
using CodexOS.Sandbox.Interpreters;

namespace CodexOS.Bench;

/// <summary>
/// What isolation costs: from start to end of programs in the sandbox, under bare bubblewrap and under another sandbox for
/// agents, in alternating rounds on one machine; a kept interpreter; how many sandboxes a second; and whether honest
/// programs are ever killed. Fails where a bar is not met.
/// </summary>
internal static class SandboxBench
{
    private const string Ours = "codexos";
    private const string Bare = "bare bwrap";
    private const string Peer = "sandbox-runtime";
    private const int Rounds = 5;
    private const int WarmCalls = 500;

    private static readonly (string Name, ImmutableArray<string> Program, int Share)[] s_programs =
    [
        ("true", ["/usr/bin/true"], 1),
        ("python", ["/usr/bin/python3", "-c", "print(1)"], 2),
        ("node", ["/usr/bin/node", "-e", "console.log(1)"], 4),
    ];

    /// <summary>Measures.</summary>
    /// <param name="results">The folder that the figures are written to.</param>
    /// <param name="runs">How often <c>true</c> is run in each round; slower programs less often.</param>
    /// <param name="benign">How many honest programs are run.</param>
    public static async Task<int> RunAsync(string results, int runs, int benign)
    {
        var report = new Report(
            "sandbox", $"{runs} runs of true a round, half as many of Python, a quarter of Node.js; {benign} honest programs");
        using var box = new BenchSandbox();
        var isolation = await box.Sandbox.ReportAsync(CancellationToken.None);
        Console.WriteLine($"isolation: {isolation.Level}. {isolation.Reason}");
        await using var peer = await SandboxPeer.StartAsync();
        List<(string Name, Func<ImmutableArray<string>, int, int, Task<double[]>> RunAsync)> contestants =
        [
            (Ours, box.RunAsync), (Bare, BareBubblewrap.RunAsync), (Peer, peer.RunAsync),
        ];
        foreach (var (_, runAsync) in contestants) await runAsync(s_programs[0].Program, 10, 1);
        foreach (var atOnce in (int[])[1, 8])
        {
            foreach (var (name, program, share) in s_programs)
            {
                for (var round = 0; round < Rounds; round++)
                {
                    foreach (var (who, runAsync) in contestants)
                    {
                        var took = await runAsync(program, Math.Max(runs / share, atOnce), atOnce);
                        report.Add(Series(who, name, atOnce, "p50"), Report.Percentile(took, 50), "ms");
                        report.Add(Series(who, name, atOnce, "p95"), Report.Percentile(took, 95), "ms");
                    }
                }

                foreach (var other in (string[])[Bare, Peer])
                {
                    report.Compare(
                        $"{name}, {atOnce} at a time: {Ours} / {other}",
                        Series(Ours, name, atOnce, "p50"), Series(other, name, atOnce, "p50"));
                }
            }
        }

        for (var round = 0; round < Rounds; round++)
        {
            var watch = Stopwatch.StartNew();
            await box.RunAsync(s_programs[0].Program, runs, 4);
            report.Add(ColdRate, runs / watch.Elapsed.TotalSeconds, "sandboxes/s");
        }

        await MeasureWarmAsync(box, report);
        var killed = await BenignAsync(box, benign);
        report.Add(FalseKills, killed, "programs");
        report.Write(results);
        return Judge(report, results);
    }

    private const string ColdRate = "codexos: cold sandboxes, 4 at a time";
    private const string FalseKills = "codexos: honest programs that were killed";
    private const string Warm = "codexos: a call of a kept Python";

    private static string Series(string who, string program, int atOnce, string percentile) =>
        $"{who}: {program}, {atOnce} at a time, {percentile}";

    private static async Task MeasureWarmAsync(BenchSandbox box, Report report)
    {
        var began = Stopwatch.GetTimestamp();
        await using var session = await box.KeepAsync(Language.Python.Kept);
        await using var python = new Interpreter(session, new SandboxOptions(), TimeProvider.System);
        await AskAsync("x = 0", "");
        report.Add("codexos: start of a kept Python, first call included", Stopwatch.GetElapsedTime(began).TotalMilliseconds, "ms");
        for (var round = 0; round < Rounds; round++)
        {
            var took = new List<double>();
            for (var call = 1; call <= WarmCalls; call++)
                took.Add((await AskAsync("x += 1\nx", $"{(round * WarmCalls) + call}\n")).TotalMicroseconds);
            report.Add($"{Warm}, p50", Report.Percentile(took, 50), "µs");
            report.Add($"{Warm}, p95", Report.Percentile(took, 95), "µs");
        }

        async Task<TimeSpan> AskAsync(string code, string expected)
        {
            var answer = await python.CallAsync(code, TimeSpan.FromMinutes(1), static _ => { }, CancellationToken.None);
            return answer.Output.Text == expected
                ? answer.Duration
                : throw new InvalidOperationException($"Python answered '{answer.Output.Text}' instead of '{expected}'.");
        }
    }

    /// <summary>Runs honest programs of several kinds, four at a time; the number of those that did not end well.</summary>
    private static async Task<int> BenignAsync(BenchSandbox box, int count)
    {
        var next = 0;
        var killed = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(WorkAsync)));
        return killed;

        async Task WorkAsync()
        {
            int number;
            while ((number = Interlocked.Increment(ref next)) <= count)
            {
                var (program, expected) = Honest(number);
                var result = await box.RunOnceAsync(program);
                if (result.TryGet(out var exit, out var fault) && exit is { End: SandboxEnd.Exited } && exit.ExitCode == expected)
                    continue;
                Interlocked.Increment(ref killed);
                Console.WriteLine($"  honest program {number}: {fault?.Message ?? $"{exit!.End} {exit.ExitCode} {exit.Error.Text}"}");
            }
        }
    }

    private static (ImmutableArray<string> Program, int ExitCode) Honest(int number) => (number % 100) switch
    {
        0 => (["/bin/sh", "-c", "printf 'int main(void) { return 7; }' > /tmp/a.c && gcc -o /tmp/a /tmp/a.c && /tmp/a"], 7),
        < 5 => (["/usr/bin/node", "-e", "process.exit([1, 2, 3].reduce((a, b) => a + b))"], 6),
        < 20 => (["/usr/bin/python3", "-c", "import json, sys; sys.exit(len(json.dumps([1, 2])))"], 6),
        _ => (["/bin/sh", "-c", $"echo {number} > /tmp/n && [ \"$(cat /tmp/n)\" = {number} ] && exit {number % 7}"], number % 7),
    };

    private static int Judge(Report report, string results)
    {
        (string Name, bool IsMet)[] bars =
        [
            ("the whole sandbox takes at most 1.5 times as long as bare bubblewrap",
                report.MedianOf(Series(Ours, "true", 1, "p50")) <= 1.5 * report.MedianOf(Series(Bare, "true", 1, "p50"))),
            ("60 cold sandboxes a second", report.MedianOf(ColdRate) >= 60),
            ("a call of a kept Python takes at most 5 ms", report.MedianOf($"{Warm}, p95") <= 5_000),
            ("no honest program was killed", report.MedianOf(FalseKills) == 0),
        ];
        var table = SandboxTable.Make(report, [Ours, Bare, Peer], [.. s_programs.Select(program => program.Name)], Series)
            + string.Concat(bars.Select(bar => $"{(bar.IsMet ? "✓" : "✗")} {bar.Name}\n"));
        File.WriteAllText(Path.Combine(results, "sandbox.md"), table);
        Console.Write(string.Create(CultureInfo.InvariantCulture, $"\n{table}"));
        return bars.All(static bar => bar.IsMet) ? 0 : 1;
    }
}
