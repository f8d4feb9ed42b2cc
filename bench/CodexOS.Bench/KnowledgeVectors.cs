using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Index.Storage;
using CodexOS.Knowledge.Index.Vectors;
using CodexOS.Testing;

namespace CodexOS.Bench;

/// <summary>
/// Vectors of 384 numbers: how fast the ten nearest are found and how many of the truly nearest are among them; side by side
/// with hnswlib, on one thread each, with the same vectors and queries.
/// </summary>
internal static class KnowledgeVectors
{
    private const int Dimension = 384;
    private const int QueryCount = 200;
    private const int HitCount = 10;
    private const int Rounds = 5;

    private static readonly (int Probed, int Rescored)[] s_settings =
        [(1, 50), (2, 50), (3, 100), (4, 100), (8, 100), (8, 200), (16, 300)];

    // The system's own, which its packages belong to.
    private const string Python = "/usr/bin/python3";

    /// <summary>What an exact search reads in a millisecond, and what a sum over as much memory does.</summary>
    public static (string Exact, string Memory) Bandwidth(string name) => ($"{name}, exact: read", $"{name}, memory: read");

    /// <summary>What a search works with beside the vectors, which the system may drop from memory at any time.</summary>
    public static string WorkingSet(string name) => $"{name}, codexos: codes, lists and own memory";

    public static void Run(Report report, string results, int count, bool hasPeer)
    {
        using var temp = new TempDirectory();
        var name = string.Create(CultureInfo.InvariantCulture, $"{count / 1000}k vectors");
        var queries = WriteRaw(temp, count);
        var key = new EmbedderKey("bench", Dimension, "1");
        var clock = Stopwatch.StartNew();
        new VectorWriter(key).Write(temp.In("vectors"), sink =>
        {
            foreach (var row in Rows(temp.In("base.f32"))) sink(row);
        });
        report.Add($"build, {name}: codexos", clock.Elapsed.TotalMilliseconds, "ms");
        var ownBefore = OwnMemory();
        using var vectors = VectorSet.Open(temp.In("vectors"), key).Value;
        var facts = vectors.Facts;
        Console.WriteLine(
            $"  {facts.ListCount} lists, {facts.ProbedLists} probed, {facts.RescoredCount} rescored, "
            + $"recall in trial {facts.Recall:F4}");
        var all = Bits.Full(count);
        var truths = new List<HashSet<int>>();
        var exact = new List<double>();
        foreach (var query in queries)
        {
            var start = Stopwatch.GetTimestamp();
            truths.Add([.. vectors.Exact(query, all, HitCount).Select(static hit => hit.Passage)]);
            exact.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }

        var bytes = (long)count * Dimension * sizeof(float);
        report.Add($"{name}, exact: p50", Report.Percentile(exact, 50), "µs");
        report.Add(Bandwidth(name).Exact, bytes / 1e3 / Report.Percentile(exact, 50), "MB/ms");
        MeasureMemory(report, Bandwidth(name).Memory, bytes);
        report.Compare($"{name}: exact search / reading memory", Bandwidth(name).Exact, Bandwidth(name).Memory);
        File.WriteAllLines(temp.In("truth.txt"), truths.Select(static truth => string.Join(' ', truth)));
        for (var round = 0; round < Rounds; round++) Measure(report, name, vectors, queries, truths, all);
        var beside = new FileInfo(temp.In("vectors")).Length - bytes;
        report.Add(WorkingSet(name), (beside + Math.Max(0, OwnMemory() - ownBefore)) / 1e6, "MB");
        if (!hasPeer) return;
        var peer = RunPeer(report, temp, name, facts.Recall);
        if (peer.Length == 0) return;
        Plot.Write(
            Path.Combine(results, "knowledge-vectors.svg"), $"{name}: time of a search in µs, by what it misses",
            "percent of the ten nearest that are missed",
            [new PlotLine("codexos", Curve(vectors, queries, truths, all)), new PlotLine("hnswlib", peer)]);
    }

    /// <summary>What searches miss and how long they take, with fewer and with more lists that are looked through.</summary>
    private static (double X, double Y)[] Curve(
        VectorSet vectors, List<float[]> queries, List<HashSet<int>> truths, ulong[] all)
    {
        var points = new List<(double, double)>();
        foreach (var (probed, rescored) in s_settings)
        {
            var (latencies, found) = (new List<double>(), 0);
            for (var i = 0; i < queries.Count; i++)
            {
                var start = Stopwatch.GetTimestamp();
                var hits = vectors.Search(queries[i], all, HitCount, probed, rescored);
                latencies.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
                found += hits.Count(hit => truths[i].Contains(hit.Passage));
            }

            points.Add(Point(1 - (found / (double)(queries.Count * HitCount)), Report.Percentile(latencies, 50)));
        }

        return [.. points];
    }

    /// <summary>A point of the plot, whose axes have no zero: nothing missed is drawn as half of the least that can be.</summary>
    private static (double X, double Y) Point(double missed, double microseconds) =>
        (100 * Math.Max(missed, 0.5 / (QueryCount * HitCount)), microseconds);

    /// <summary>The bytes that the process does not share with a file.</summary>
    private static long OwnMemory()
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        var line = File.ReadLines("/proc/self/status").First(static line => line.StartsWith("RssAnon:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) * 1_024;
    }

    /// <summary>How fast one thread reads so many bytes and does no more with them than to add them up.</summary>
    private static void MeasureMemory(Report report, string series, long bytes)
    {
        var memory = GC.AllocateUninitializedArray<float>((int)(bytes / sizeof(float)));
        memory.AsSpan().Fill(1);
        for (var round = 0; round < Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            if (TensorPrimitives.Sum<float>(memory) == 0) throw new InvalidOperationException("There is something to add up.");
            report.Add(series, bytes / 1e3 / Stopwatch.GetElapsedTime(start).TotalMicroseconds, "MB/ms");
        }
    }

    private static void Measure(
        Report report, string name, VectorSet vectors, List<float[]> queries, List<HashSet<int>> truths, ulong[] all)
    {
        foreach (var query in queries.Take(20)) vectors.Search(query, all, HitCount);
        var latencies = new List<double>();
        var found = 0;
        for (var i = 0; i < queries.Count; i++)
        {
            var start = Stopwatch.GetTimestamp();
            var hits = vectors.Search(queries[i], all, HitCount);
            latencies.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
            found += hits.Count(hit => truths[i].Contains(hit.Passage));
        }

        report.Add($"{name}, codexos: p50", Report.Percentile(latencies, 50), "µs");
        report.Add($"{name}, codexos: p99", Report.Percentile(latencies, 99), "µs");
        report.Add($"{name}, codexos: recall@10", 100d * found / (queries.Count * HitCount), "%");
    }

    /// <summary>Has hnswlib build and search, with the smallest beam that finds as much; the points of its curve.</summary>
    private static (double X, double Y)[] RunPeer(Report report, TempDirectory temp, string name, double recallMin)
    {
        var curve = new List<(double, double)>();
        var start = new ProcessStartInfo(Python) { RedirectStandardOutput = true, UseShellExecute = false };
        string[] arguments =
        [
            Repository.In("bench", "peers", "hnsw.py"), temp.Path, $"{Dimension}",
            Math.Max(0.99, recallMin).ToString(CultureInfo.InvariantCulture), $"{Rounds}",
        ];
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var peer = Process.Start(start)!;
        while (peer.StandardOutput.ReadLine() is { } line)
        {
            var parts = line.Split('\t');
            if (parts[0] == "curve")
            {
                curve.Add(Point(Number(parts[1]) / 100, Number(parts[2])));
                continue;
            }

            var series = parts[0] == "build" ? $"build, {name}: hnswlib" : $"{name}, hnswlib: {parts[0]}";
            report.Add(series, Number(parts[1]), parts[2]);
        }

        peer.WaitForExit();
        if (peer.ExitCode != 0) return [];
        report.Compare($"{name}, p50: codexos / hnswlib", $"{name}, codexos: p50", $"{name}, hnswlib: p50");
        report.Compare($"{name}, build: codexos / hnswlib", $"build, {name}: codexos", $"build, {name}: hnswlib");
        return [.. curve];

        static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
    }

    private static List<float[]> WriteRaw(TempDirectory temp, int count)
    {
        var queries = new List<float[]>();
        using var file = File.Create(temp.In("base.f32"));
        using var queryFile = File.Create(temp.In("query.f32"));
        var number = 0;
        foreach (var vector in KnowledgeCorpus.Vectors(count + QueryCount, Dimension))
        {
            var isQuery = number++ >= count;
            (isQuery ? queryFile : file).Write(MemoryMarshal.AsBytes(vector.AsSpan()));
            if (isQuery) queries.Add(vector);
        }

        return queries;
    }

    private static IEnumerable<float[]> Rows(string path)
    {
        using var file = File.OpenRead(path);
        var row = new float[Dimension];
        for (var bytes = sizeof(float) * Dimension; file.ReadAtLeast(MemoryMarshal.AsBytes(row.AsSpan()), bytes, false) > 0;)
            yield return row;
    }
}
