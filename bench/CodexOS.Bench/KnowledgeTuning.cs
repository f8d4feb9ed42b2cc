using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using CodexOS.Knowledge.Index;
using CodexOS.Knowledge.Index.Analysis;
using CodexOS.Knowledge.Index.Queries;
using CodexOS.Testing;

namespace CodexOS.Bench;

/// <summary>
/// What the synonyms and boosts of a base cost its searches: the same questions without any, with synonyms, with boosts by
/// metadata and age, and with all of these and weights of fields; by words and vectors, turn by turn.
/// </summary>
internal static class KnowledgeTuning
{
    /// <summary>The settings beside a search without any.</summary>
    public static readonly ImmutableArray<string> Settings = ["synonyms", "boosts", "all"];

    private const string Plain = "plain";
    private const int Passages = 30_000;
    private const int PassagesPerDocument = 10;
    private const int RuleCount = 100;
    private const int PairCount = 20;
    private const int QueryCount = 300;
    private const int Rounds = 7;
    private const int HitCount = 10;

    /// <summary>The time that so many percent of all searches with a setting do not take longer than.</summary>
    public static string Series(string setting, int percent) =>
        string.Create(CultureInfo.InvariantCulture, $"tuning, {Passages / 1000}k passages: {setting}, p{percent}");

    /// <summary>The same of searches without any.</summary>
    public static string PlainSeries(int percent) => Series(Plain, percent);

    public static void Run(Report report)
    {
        using var temp = new TempDirectory();
        var texts = KnowledgeCorpus.Texts(Passages);
        var queries = KnowledgeCorpus.Queries(texts, QueryCount);
        using var index = KnowledgeIndex.Open(
            temp.In("index"), new IndexOptions { HasBackgroundWork = false, SegmentsPerTierMax = 1 }, TimeProvider.System).Value;
        index.Publish([.. texts.Select(static (text, i) => Passage(i, text))], [], CancellationToken.None);
        while (index.Merge(CancellationToken.None).Value) { }
        index.Refit(CancellationToken.None);

        var (synonyms, boosts) = (SynonymsFor(queries), Boosts());
        (string Name, Func<SearchQuery, SearchQuery> With)[] settings =
        [
            (Plain, static query => query),
            (Settings[0], query => query with { Synonyms = synonyms }),
            (Settings[1], query => query with { Boosts = boosts }),
            (Settings[2], query => query with
            {
                Synonyms = synonyms,
                Boosts = boosts with { Fields = new FieldWeights(4, 3, 1) },
            }),
        ];
        var touched = queries.Count(
            query => Found(index, settings[1].With(Query(query))).Any(static hit => !hit.Synonyms.IsEmpty));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"  {touched} of {queries.Count} questions find something by a synonym"));
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var (name, with) in settings) Measure(report, index, name, queries.ConvertAll(query => with(Query(query))));
        }

        foreach (var setting in Settings)
        {
            foreach (var percent in (int[])[50, 95])
                report.Compare($"tuning p{percent}: {setting} / plain", Series(setting, percent), PlainSeries(percent));
        }
    }

    private static void Measure(Report report, KnowledgeIndex index, string name, List<SearchQuery> queries)
    {
        foreach (var query in queries.Take(20)) Found(index, query);
        var latencies = new List<double>();
        foreach (var query in queries)
        {
            var start = Stopwatch.GetTimestamp();
            Found(index, query);
            latencies.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }

        foreach (var percent in (int[])[50, 95])
            report.Add(Series(name, percent), Report.Percentile(latencies, percent), "µs");
    }

    private static SearchQuery Query(string text) => new(text, SearchFilter.Everything, HitCount);

    private static ImmutableArray<SearchHit> Found(KnowledgeIndex index, SearchQuery query) =>
        index.Search(query, CancellationToken.None).Value.Hits;

    /// <summary>A passage of a document with a date, a team and a number of its own.</summary>
    private static IndexPassage Passage(int number, string text)
    {
        var document = number / PassagesPerDocument;
        var passage = KnowledgeCorpus.Passage(document, text);
        return passage with
        {
            Passage = passage.Passage with { Ordinal = number % PassagesPerDocument },
            Title = text[..text.IndexOf(' ', StringComparison.Ordinal)],
            Metadata = ImmutableSortedDictionary.CreateRange(
                StringComparer.Ordinal,
                [KeyValuePair.Create("team", $"t{document % PairCount}"), KeyValuePair.Create("file", $"f{document}")]),
            Time = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddDays(-(document % 1_000)),
        };
    }

    /// <summary>A word of every third question stands for one of another, and the other way round.</summary>
    private static Synonyms SynonymsFor(List<string> queries) => new(
        Enumerable.Range(0, RuleCount).SelectMany(rule =>
        {
            var (one, other) = (queries[3 * rule].Split(' ')[0], queries[(3 * rule) + 1].Split(' ')[1]);
            return (Synonym[])[new Synonym(one, other), new Synonym(other, one)];
        }));

    private static SearchBoosts Boosts() => new(
        FieldWeights.Usual,
        [.. Enumerable.Range(0, PairCount).Select(static team => new MetadataBoost("team", $"t{team}", 1 + (team / 10d)))],
        new NewerBoost(90, 1.5, new DateTimeOffset(2026, 1, 2, 0, 0, 0, TimeSpan.Zero)));
}
