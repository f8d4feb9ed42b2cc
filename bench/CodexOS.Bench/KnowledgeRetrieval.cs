using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using CodexOS.Inference.Contracts;
using CodexOS.Inference.Local.UseLite;
using CodexOS.Knowledge.Answers;
using CodexOS.Knowledge.Chunking;
using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Documents;
using CodexOS.Knowledge.Embeddings;
using CodexOS.Knowledge.Evaluation;
using CodexOS.Knowledge.Health;
using CodexOS.Knowledge.Index;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Index.Fusion;
using CodexOS.Knowledge.Index.Queries;
using CodexOS.Knowledge.Search;
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
    private const int AnswerPassages = 8;
    private const int ReciprocalRankConstant = 60;
    private const string Ranks = "reciprocal ranks";
    private const string Weighed = "hybrid by that weight";
    private const string ByModel = "hybrid with builtin:use-lite";

    private static readonly string[] s_english = ["cranfield", "cisi", "cacm", "xquad-en"];

    // Questions of a set that have no answer in the other: physics and news, computing and news.
    private static readonly (string Own, string Other)[] s_strangers =
        [("xquad-en", "cranfield"), ("xquad-en", "cacm"), ("cranfield", "xquad-en"), ("cacm", "xquad-en")];

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
        var all = new Dictionary<string, Dictionary<string, double>>(StringComparer.Ordinal);
        var isMet = true;
        var model = UseLiteEmbedder.Load(Path.Combine(BuiltinModelFiles.Folder, UseLiteFile.Name)).Value;
        foreach (var folder in Directory.EnumerateDirectories(data).Order(StringComparer.Ordinal))
        {
            if (!File.Exists(Path.Combine(folder, "corpus.jsonl"))) continue;
            var set = Collection.Read(folder);
            var scores = Measure(set, report);
            // The model knows no other language.
            if (s_english.Contains(set.Name)) scores[ByModel] = MeasureModel(set, model, report);
            all[set.Name] = scores;
            isMet &= Bar(
                $"{set.Name}: hybrid is no worse than words by more than {LossMax}",
                scores["hybrid"] >= scores["words"] - LossMax);
            if (scores.TryGetValue(ByModel, out var byModel))
                isMet &= Bar($"{set.Name}: neither is {ByModel}", byModel >= scores["words"] - LossMax);
        }

        if (s_english.All(all.ContainsKey))
        {
            foreach (var way in all[s_english[0]].Keys)
                report.Add($"mean of the English sets, {way}, nDCG@10", 100 * s_english.Average(name => all[name][way]), "%");
            var mean = s_english.Average(name => all[name]["hybrid"]);
            isMet &= Bar(
                string.Create(CultureInfo.InvariantCulture, $"the mean is {mean:F4}, at least {EnglishMeanMin}"),
                mean >= EnglishMeanMin);
        }

        foreach (var (own, other) in s_strangers)
        {
            if (all.ContainsKey(own) && all.ContainsKey(other))
                Answer(Path.Combine(data, own), Path.Combine(data, other), report);
        }

        report.Write(results);
        return isMet ? 0 : 1;
    }

    /// <summary>How often questions are answered in a base's own words that it can answer, and that it cannot.</summary>
    private static void Answer(string own, string other, Report report)
    {
        var (set, strangers) = (Collection.Read(own), Collection.Read(other));
        using var temp = new TempDirectory();
        using var index = KnowledgeIndex.Open(
            temp.In("index"), new IndexOptions { HasBackgroundWork = false }, TimeProvider.System).Value;
        index.Publish(set.Passages, [], CancellationToken.None);
        index.Refit(CancellationToken.None);
        var (answered, right) = (0, 0);
        foreach (var (query, relevant) in set.Queries)
        {
            if (Extracted(set, index, query) is not { Citations: [var first, ..] }) continue;
            answered++;
            if (relevant.ContainsKey(Collection.NumberOf(new PassageKey(first.DocumentId.Value, 0)))) right++;
        }

        var told = strangers.Queries.Count(query => Extracted(set, index, query.Text) is { Citations.Count: > 0 });
        report.Add($"{set.Name}, own questions that are answered", 100d * answered / set.Queries.Count, "%");
        report.Add($"{set.Name}, of these from a passage that answers", 100d * right / Math.Max(1, answered), "%");
        report.Add($"{set.Name}, questions of {strangers.Name} that are answered", 100d * told / strangers.Queries.Count, "%");
    }

    private static ExtractedAnswer? Extracted(Collection set, KnowledgeIndex index, string query)
    {
        var search = new SearchQuery(query, SearchFilter.Everything, AnswerPassages);
        if (!index.Search(search, CancellationToken.None).TryGet(out var found, out _)) return null;
        return Extract.Of(
            found.Asked,
            [
                .. found.Hits.Select(hit =>
                {
                    var passage = set.Passages[Collection.NumberOf(hit.Key)];
                    return new FoundPassage(
                        new DocumentId(passage.Document), passage.Title, passage.Title, 1,
                        new PassagePlace(0, 0, passage.Passage.Text.Length, [], null, null), passage.Passage.Text, hit.Score,
                        new PassageScores(hit.Lexical, hit.Feedback, hit.Dense), hit.MatchedTerms, []);
                }),
            ]);
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
            scores[name] = Measure(set, query => Find(index, query, channels), name, report);
        scores[Ranks] = Measure(set, query => ByReciprocalRanks(index, query), Ranks, report);

        // What the self-test of a base would make of the weight of its vectors, and whether that is right.
        var items = set.Passages
            .Select((passage, at) => KnownItems.Of(
                new DocumentId(passage.Document),
                KeptText.Of(new StoredText(
                    passage.Passage.Text, [new StoredPassage(0, passage.Passage.Text.Length, [], null, null)])),
                at))
            .OfType<KnownItem>().Take(ItemsMax).ToList();
        var calibration = index.Calibrate(items, CancellationToken.None).Value;
        report.Add($"{set.Name}, weight of vectors by {items.Count} known items", 100 * calibration.DenseWeight, "%");
        report.Add($"{set.Name}, known items, MRR by words", 100 * calibration.WithoutVectors, "%");
        report.Add($"{set.Name}, known items, MRR by both", 100 * calibration.WithVectors, "%");
        scores[Weighed] = Measure(set, query => Find(index, query, Channels.All), Weighed, report);
        return scores;
    }

    /// <summary>The same with vectors of the model that CodexOS comes with.</summary>
    private static double MeasureModel(Collection set, UseLiteEmbedder model, Report report)
    {
        var key = new EmbedderKey(BuiltinModels.UseLite.ToString(), UseLiteTensors.Width, "");
        using var temp = new TempDirectory();
        using var index = KnowledgeIndex.Open(
            temp.In("index"), new IndexOptions { HasBackgroundWork = false }, TimeProvider.System).Value;
        var made = index.Models.Use(new GivenEmbedder(key), static (_, _) => { }, CancellationToken.None);
        if (!made.IsOk) throw new InvalidOperationException(made.Fault.Message);
        index.Publish(
            [.. set.Passages.AsParallel().AsOrdered().Select(one => one with { Vector = Vector(one.Title, one.Passage.Text) })],
            [], CancellationToken.None);
        return Measure(
            set,
            query =>
            {
                var search = new SearchQuery(query, SearchFilter.Everything, Depth) { Vector = Vector("", query) };
                return index.Search(search, CancellationToken.None).TryGet(out var found, out _)
                    ? [.. found.Hits.Select(static hit => hit.Key)]
                    : [];
            },
            ByModel, report);

        GivenVector Vector(string title, string text) => new(key, model.Encode(PassageWords.Of(title, [], text)));
    }

    private static List<PassageKey> Find(KnowledgeIndex index, string query, Channels channels)
    {
        var search = new SearchQuery(query, SearchFilter.Everything, Depth) { Channels = channels };
        return index.Search(search, CancellationToken.None).TryGet(out var found, out _)
            ? [.. found.Hits.Select(static hit => hit.Key)]
            : [];
    }

    /// <summary>Words and vectors by their places alone (Cormack, Clarke and Büttcher, 2009), to be compared with.</summary>
    private static List<PassageKey> ByReciprocalRanks(KnowledgeIndex index, string query)
    {
        var scores = new Dictionary<PassageKey, double>();
        foreach (var channels in (Channels[])[Channels.Lexical | Channels.Feedback, Channels.Dense])
        {
            foreach (var (place, key) in Find(index, query, channels).Index())
                scores[key] = scores.GetValueOrDefault(key) + (1d / (ReciprocalRankConstant + place + 1));
        }

        return
        [
            .. scores.OrderByDescending(static one => one.Value).ThenBy(static one => one.Key).Take(Depth)
                .Select(static one => one.Key),
        ];
    }

    private static double Measure(Collection set, Func<string, List<PassageKey>> find, string name, Report report)
    {
        var (ndcg, recall, mrr) = (0d, 0d, 0d);
        foreach (var (query, relevant) in set.Queries)
        {
            int[] grades = [.. find(query).Select(key => relevant.GetValueOrDefault(Collection.NumberOf(key)))];
            ndcg += RetrievalMeasures.Ndcg(grades, relevant.Values);
            recall += RetrievalMeasures.Recall(grades, relevant.Values);
            mrr += RetrievalMeasures.ReciprocalRank(grades);
        }

        report.Add($"{set.Name}, {name}, nDCG@10", 100 * ndcg / set.Queries.Count, "%");
        report.Add($"{set.Name}, {name}, recall@100", 100 * recall / set.Queries.Count, "%");
        report.Add($"{set.Name}, {name}, MRR@10", 100 * mrr / set.Queries.Count, "%");
        return ndcg / set.Queries.Count;
    }

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
