using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using CodexOS.Knowledge.Chunking;
using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Documents;
using CodexOS.Knowledge.Health;
using CodexOS.Knowledge.Index;
using CodexOS.Knowledge.Index.Fusion;
using CodexOS.Knowledge.Index.Queries;
using CodexOS.Testing;

namespace CodexOS.Bench;

/// <summary>
/// Measures how well passages are found, on test collections in the layout of BEIR: <c>corpus.jsonl</c>,
/// <c>queries.jsonl</c> and <c>qrels.tsv</c> in a folder for each. Nothing is fitted to a collection but the index's own
/// embedder. Fails where a bar is not met.
/// </summary>
internal static class KnowledgeRetrieval
{
    private const double EnglishMeanMin = 0.57;
    private const double LossMax = 0.01;
    private const int Depth = 100;
    private const int ItemsMax = 200;

    private static readonly string[] s_english = ["cranfield", "cisi", "cacm", "xquad-en"];
    private static readonly (string Name, Channels Channels)[] s_ways =
    [
        ("words", Channels.Lexical),
        ("words + feedback", Channels.Lexical | Channels.Feedback),
        ("vectors", Channels.Dense),
        ("hybrid", Channels.All),
    ];

    public static int Run(string results, string data)
    {
        var report = new Report("retrieval", "test collections in the layout of BEIR; nDCG@10, recall@100 and MRR@10 in percent");
        var hybrid = new Dictionary<string, double>(StringComparer.Ordinal);
        var isMet = true;
        foreach (var folder in Directory.EnumerateDirectories(data).Order(StringComparer.Ordinal))
        {
            if (!File.Exists(Path.Combine(folder, "corpus.jsonl"))) continue;
            var set = Collection.Read(folder);
            var scores = Measure(set, report);
            hybrid[set.Name] = scores["hybrid"];
            isMet &= Bar(
                $"{set.Name}: hybrid is no worse than words by more than {LossMax}",
                scores["hybrid"] >= scores["words"] - LossMax);
        }

        if (s_english.All(hybrid.ContainsKey))
        {
            var mean = s_english.Average(name => hybrid[name]);
            report.Add("mean of the English sets, hybrid, nDCG@10", 100 * mean, "%");
            isMet &= Bar(
                string.Create(CultureInfo.InvariantCulture, $"the mean is {mean:F4}, at least {EnglishMeanMin}"),
                mean >= EnglishMeanMin);
        }

        report.Write(results);
        return isMet ? 0 : 1;
    }

    private static Dictionary<string, double> Measure(Collection set, Report report)
    {
        using var temp = new TempDirectory();
        using var index = KnowledgeIndex.Open(
            temp.In("index"), new IndexOptions { HasBackgroundWork = false }, TimeProvider.System).Value;
        index.Publish(set.Passages, [], CancellationToken.None);
        index.Refit(CancellationToken.None);
        var scores = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (name, channels) in s_ways)
        {
            scores[name] = Measure(set, index, channels, name, report);
        }

        // What the self-test of a base would make of the weight of its vectors, and whether that is right.
        var items = set.Passages
            .Select((passage, at) => KnownItems.Of(
                new DocumentId(passage.Document),
                new StoredText(passage.Passage.Text, [new StoredPassage(0, passage.Passage.Text.Length, [], null, null)]), at))
            .OfType<KnownItem>().Take(ItemsMax).ToList();
        var calibration = index.Calibrate(items, CancellationToken.None).Value;
        report.Add($"{set.Name}, weight of vectors by {items.Count} known items", 100 * calibration.DenseWeight, "%");
        report.Add($"{set.Name}, known items, MRR by words", 100 * calibration.WithoutVectors, "%");
        report.Add($"{set.Name}, known items, MRR by both", 100 * calibration.WithVectors, "%");
        Measure(set, index, Channels.All, "hybrid by that weight", report);
        return scores;
    }

    private static double Measure(Collection set, KnowledgeIndex index, Channels channels, string name, Report report)
    {
        var (ndcg, recall, mrr) = (0d, 0d, 0d);
        foreach (var (query, relevant) in set.Queries)
        {
            var search = new SearchQuery(query, SearchFilter.Everything, Depth) { Channels = channels };
            var found = index.Search(search, CancellationToken.None);
            int[] grades = found.IsOk
                ? [.. found.Value.Hits.Select(hit => relevant.GetValueOrDefault(Collection.NumberOf(hit.Key)))]
                : [];
            ndcg += Gain(grades) / Gain([.. relevant.Values.OrderDescending()]);
            recall += grades.Count(static grade => grade > 0) / (double)relevant.Values.Count(static grade => grade > 0);
            var first = Array.FindIndex(grades, static grade => grade > 0);
            mrr += first is >= 0 and < 10 ? 1d / (first + 1) : 0;
        }

        report.Add($"{set.Name}, {name}, nDCG@10", 100 * ndcg / set.Queries.Count, "%");
        report.Add($"{set.Name}, {name}, recall@100", 100 * recall / set.Queries.Count, "%");
        report.Add($"{set.Name}, {name}, MRR@10", 100 * mrr / set.Queries.Count, "%");
        return ndcg / set.Queries.Count;
    }

    private static double Gain(int[] grades) =>
        grades.Take(10).Select(static (grade, place) => grade / Math.Log2(place + 2)).Sum();

    private static bool Bar(string name, bool isMet)
    {
        Console.WriteLine($"{(isMet ? "✓" : "✗")} {name}");
        return isMet;
    }

    /// <summary>One test collection.</summary>
    private sealed record Collection(
        string Name, List<IndexPassage> Passages, List<(string Text, Dictionary<int, int> Relevant)> Queries)
    {
        public static Collection Read(string folder)
        {
            var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
            var passages = new List<IndexPassage>();
            foreach (var line in Lines(folder, "corpus.jsonl"))
            {
                numbers[line.GetProperty("_id").GetString()!] = passages.Count;
                var title = line.TryGetProperty("title", out var named) ? named.GetString() ?? "" : "";
                passages.Add(new IndexPassage(
                    new Guid(passages.Count, 0, 0, new byte[8]),
                    new Passage(0, 0, line.GetProperty("text").GetString()!, [], null, null),
                    title,
                    [],
                    ImmutableSortedDictionary<string, string>.Empty));
            }

            var relevant = File.ReadLines(Path.Combine(folder, "qrels.tsv")).Skip(1).Select(static line => line.Split('\t'))
                .GroupBy(static parts => parts[0], StringComparer.Ordinal)
                .ToDictionary(
                    static group => group.Key,
                    group => group.ToDictionary(
                        parts => numbers[parts[1]], parts => int.Parse(parts[2], CultureInfo.InvariantCulture)),
                    StringComparer.Ordinal);
            var queries = Lines(folder, "queries.jsonl")
                .Select(line => (line.GetProperty("text").GetString()!, relevant[line.GetProperty("_id").GetString()!]))
                .ToList();
            return new Collection(Path.GetFileName(folder), passages, queries);
        }

        public static int NumberOf(PassageKey key) => BitConverter.ToInt32(key.Document.ToByteArray());

        private static IEnumerable<JsonElement> Lines(string folder, string file) =>
            File.ReadLines(Path.Combine(folder, file)).Select(static line => JsonSerializer.Deserialize<JsonElement>(line));
    }
}
