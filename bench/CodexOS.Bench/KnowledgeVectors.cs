using System.Diagnostics;
using System.Globalization;
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

    // The system's own, which its packages belong to.
    private const string Python = "/usr/bin/python3";

    public static void Run(Report report, int count, bool hasPeer)
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

        report.Add($"{name}, exact: p50", Report.Percentile(exact, 50), "µs");
        report.Add(
            $"{name}, exact: read", (double)count * Dimension * sizeof(float) / 1e3 / Report.Percentile(exact, 50), "MB/ms");
        File.WriteAllLines(temp.In("truth.txt"), truths.Select(static truth => string.Join(' ', truth)));
        for (var round = 0; round < Rounds; round++) Measure(report, name, vectors, queries, truths, all);
        if (hasPeer) RunPeer(report, temp, name, facts.Recall);
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

    /// <summary>Has hnswlib build and search, with the smallest beam that finds as much.</summary>
    private static void RunPeer(Report report, TempDirectory temp, string name, double recallMin)
    {
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
            var series = parts[0] == "build" ? $"build, {name}: hnswlib" : $"{name}, hnswlib: {parts[0]}";
            report.Add(series, double.Parse(parts[1], CultureInfo.InvariantCulture), parts[2]);
        }

        peer.WaitForExit();
        if (peer.ExitCode != 0) return;
        report.Compare($"{name}, p50: codexos / hnswlib", $"{name}, codexos: p50", $"{name}, hnswlib: p50");
        report.Compare($"{name}, build: codexos / hnswlib", $"build, {name}: codexos", $"build, {name}: hnswlib");
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
