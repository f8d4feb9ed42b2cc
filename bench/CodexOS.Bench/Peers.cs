using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CodexOS.Platform.Ids;
using CodexOS.Testing;
using CodexOS.Testing.Postgres;
using Npgsql;

namespace CodexOS.Bench;

/// <summary>
/// The same work on the engine and on other durable engines: on one machine, in one run, on one PostgreSQL server with
/// the same settings, in alternating rounds of which only one is under way at a time.
/// </summary>
internal static class Peers
{
    private const int StepsPerRun = EngineBench.StepsPerRun;
    private const string Ours = "codexos";

    // With one run at a time a round is a mean over several, or it would measure the timer.
    private static readonly (int Runs, int Rounds, int Repeat)[] s_sizes =
        [(1, 5, 20), (100, 5, 1), (1_000, 3, 1), (10_000, 1, 1)];

    private static readonly TimeSpan s_roundMax = TimeSpan.FromSeconds(60);

    public static async Task RunAsync(string results, PostgresCluster cluster)
    {
        using var files = new TempDirectory();
        var report = new Report(
            "engine-peers",
            $"{StepsPerRun} steps a run, 1 KiB a step, runs of a round all at once, commits reach the disk (fsync on); "
                + "sync: a step is durable before the next begins, as with CodexOS and DBOS; async: it may not be");
        var contestants = new List<Contestant>();
        try
        {
            foreach (var database in (string[])["postgres", "sqlite"])
            {
                var postgres = database == "postgres" ? await cluster.CreateDatabaseAsync() : null;
                contestants.Add(new Engine(
                    $"{Ours} {database}", await BenchServer.StartAsync(database, postgres, [new BenchHandler()])));
            }

            contestants.Add(await PeerProcess.StartAsync("DBOS postgres", "dbos", await UrlAsync(cluster)));
            foreach (var durability in (string[])["sync", "async"])
            {
                contestants.Add(await PeerProcess.StartAsync(
                    $"LangGraph.js postgres {durability}", "langgraph-postgres", await UrlAsync(cluster), durability));
                contestants.Add(await PeerProcess.StartAsync(
                    $"LangGraph.js sqlite {durability}", "langgraph-sqlite", files.In($"{durability}.db"), durability));
            }

            await MeasureAsync(contestants, report, results);
        }
        finally
        {
            foreach (var contestant in contestants) await contestant.DisposeAsync();
        }
    }

    private static async Task MeasureAsync(List<Contestant> contestants, Report report, string results)
    {
        var table = new PeerTable([.. contestants.Select(contestant => contestant.Name)]);
        Console.WriteLine("peers: warming up");
        foreach (var contestant in contestants)
        {
            for (var round = 0; round < 5; round++) await contestant.RoundAsync(100);
        }

        var last = new Dictionary<Contestant, double>();
        foreach (var (runs, rounds, repeat) in s_sizes)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"peers: {runs:N0} runs at once"));
            for (var round = 0; round < rounds; round++)
            {
                foreach (var contestant in contestants)
                {
                    var expected = TimeSpan.FromSeconds(
                        last.TryGetValue(contestant, out var perSecond) ? runs * StepsPerRun / perSecond : 0);
                    if (expected > s_roundMax)
                    {
                        table.Cut(contestant.Name, runs, expected);
                        continue;
                    }

                    var took = await ManyAsync(contestant, runs, repeat);
                    last[contestant] = runs * StepsPerRun / took.Wall.TotalSeconds;
                    table.Add(contestant.Name, runs, took, StepsPerRun);
                    report.Add($"{contestant.Name}, {runs} runs", runs * StepsPerRun / took.Wall.TotalSeconds, "steps/s");
                }
            }

            if (runs is 100 or 1_000) Compare(report, table, runs);
        }

        report.Write(results);
        table.Write(results);
    }

    private static void Compare(Report report, PeerTable table, int runs)
    {
        foreach (var (ours, peer) in ((string, string)[])
            [("postgres", "DBOS postgres"), ("postgres", "LangGraph.js postgres sync"),
                ("postgres", "LangGraph.js postgres async"), ("sqlite", "LangGraph.js sqlite sync"),
                ("sqlite", "LangGraph.js sqlite async")])
        {
            if (!table.Has($"{Ours} {ours}", runs) || !table.Has(peer, runs)) continue;
            report.Compare($"{Ours} {ours} / {peer}, {runs} runs", $"{Ours} {ours}, {runs} runs", $"{peer}, {runs} runs");
        }
    }

    private static async Task<Round> ManyAsync(Contestant contestant, int runs, int repeat)
    {
        var rounds = new List<Round>();
        for (var i = 0; i < repeat; i++) rounds.Add(await contestant.RoundAsync(runs));
        return new Round(
            TimeSpan.FromSeconds(rounds.Average(round => round.Wall.TotalSeconds)),
            rounds.Average(round => round.P50Ms),
            rounds.Max(round => round.P95Ms));
    }

    private static async Task<string> UrlAsync(PostgresCluster cluster)
    {
        var database = new NpgsqlConnectionStringBuilder(
            PostgresCluster.OwnerOf(await cluster.CreateDatabaseAsync()));
        return $"postgresql://{database.Username}@localhost/{database.Database}?host={Uri.EscapeDataString(database.Host!)}";
    }

    /// <summary>Somebody who can do a round.</summary>
    private abstract class Contestant(string name) : IAsyncDisposable
    {
        public string Name => name;

        public abstract Task<Round> RoundAsync(int runs);

        public abstract ValueTask DisposeAsync();
    }

    /// <summary>The engine inside the whole server.</summary>
    private sealed class Engine(string name, BenchServer server) : Contestant(name)
    {
        public override async Task<Round> RoundAsync(int runs)
        {
            var tenant = TenantId.New(TimeProvider.System);
            using var ended = new EndedRuns(runs);
            var watch = Stopwatch.StartNew();
            await server.StartRunsAsync(tenant, runs, StepsPerRun, BenchHandler.Name);
            await ended.AllAsync(s_roundMax * 3);
            var wall = watch.Elapsed;
            var times = await RunLatencies.OfAsync(server, tenant);
            return new Round(wall, Report.Percentile(times, 50), Report.Percentile(times, 95));
        }

        public override ValueTask DisposeAsync() => server.DisposeAsync();
    }

    /// <summary>Another engine in a process of its own.</summary>
    private sealed class PeerProcess(string name, Process process) : Contestant(name)
    {
        public static async Task<PeerProcess> StartAsync(string name, params string[] arguments)
        {
            var folder = Repository.In("bench", "peers");
            var peer = new PeerProcess(name, Process.Start(new ProcessStartInfo("node", ["peers.mjs", .. arguments])
            {
                WorkingDirectory = folder,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                UseShellExecute = false,
            })!);
            try
            {
                await peer.ReadAsync();
                return peer;
            }
            catch
            {
                await peer.DisposeAsync();
                throw;
            }
        }

        public override async Task<Round> RoundAsync(int runs)
        {
            await process.StandardInput.WriteLineAsync($"{runs}");
            await process.StandardInput.FlushAsync();
            var took = await ReadAsync();
            return new Round(
                TimeSpan.FromMilliseconds(took.GetProperty("wallMs").GetDouble()),
                took.GetProperty("p50Ms").GetDouble(),
                took.GetProperty("p95Ms").GetDouble());
        }

        public override async ValueTask DisposeAsync()
        {
            process.StandardInput.Close();
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            try
            {
                await process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill();
            }

            process.Dispose();
        }

        private async Task<JsonElement> ReadAsync()
        {
            // What the peer's own packages print is not an answer.
            while (true)
            {
                var line = await process.StandardOutput.ReadLineAsync().WaitAsync(s_roundMax * 3)
                    ?? throw new InvalidOperationException($"{Name} ended. What it said stands above.");
                if (line.StartsWith('{')) return JsonDocument.Parse(line).RootElement;
            }
        }
    }
}

/// <summary>What a round took.</summary>
/// <param name="Wall">From the first start to the last end.</param>
/// <param name="P50Ms">The median of a run's time from start to end.</param>
/// <param name="P95Ms">Its 95th percentile.</param>
internal sealed record Round(TimeSpan Wall, double P50Ms, double P95Ms);

/// <summary>Collects the peers' rounds and writes them as a table and a plot.</summary>
internal sealed class PeerTable(string[] names)
{
    private readonly Dictionary<(string Name, int Runs), List<(double Rate, Round Round)>> _cells = [];
    private readonly Dictionary<(string Name, int Runs), TimeSpan> _cut = [];

    public void Add(string name, int runs, Round took, int stepsPerRun)
    {
        if (!_cells.TryGetValue((name, runs), out var cell)) _cells[(name, runs)] = cell = [];
        cell.Add((runs * stepsPerRun / took.Wall.TotalSeconds, took));
    }

    /// <summary>Whether anything was measured.</summary>
    public bool Has(string name, int runs) => _cells.ContainsKey((name, runs));

    /// <summary>Says that a round was left out because it would take too long.</summary>
    public void Cut(string name, int runs, TimeSpan expected) => _cut[(name, runs)] = expected;

    public void Write(string directory)
    {
        var sizes = _cells.Keys.Select(cell => cell.Runs).Distinct().Order().ToArray();
        var text = new StringBuilder("# Steps per second, and start to end of a run (p50 / p95)\n\n")
            .Append("Medians of the rounds. See engine-peers.json for the load, the machine and every round.\n\n")
            .Append("| |").AppendJoin('|', sizes.Select(size => $" {size:N0} at once ")).Append("|\n|---|")
            .Append(string.Concat(sizes.Select(_ => "--:|"))).Append('\n');
        foreach (var name in names)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {name} |")
                .AppendJoin('|', sizes.Select(size => $" {Cell(name, size)} ")).Append("|\n");
        }

        File.WriteAllText(Path.Combine(directory, "engine-peers.md"), text.ToString());
        Console.WriteLine($"\n{text}");
        var lines = names.Select(name => new PlotLine(
            name, [.. sizes.Where(size => _cells.ContainsKey((name, size))).Select(size => ((double)size, Rate(name, size)))]));
        Plot.Write(
            Path.Combine(directory, "engine-peers.svg"), "Durable steps per second, by runs at once", "runs at once", [.. lines]);
    }

    private double Rate(string name, int size) => Median(_cells[(name, size)].Select(round => round.Rate));

    private string Cell(string name, int size)
    {
        if (_cut.TryGetValue((name, size), out var expected))
            return string.Create(CultureInfo.InvariantCulture, $"left out: it would take about {expected.TotalSeconds:N0} s");
        if (!_cells.TryGetValue((name, size), out var cell)) return "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"**{Rate(name, size):N0}** ({Median(cell.Select(one => one.Round.P50Ms)):N0} / "
                + $"{Median(cell.Select(one => one.Round.P95Ms)):N0} ms)");
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        var middle = sorted.Count / 2;
        return sorted.Count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
