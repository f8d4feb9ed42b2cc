using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace CodexOS.Bench;

/// <summary>
/// The whole way of a question: over HTTP, with a token that is checked, limits that are counted, and passages that are read
/// from sealed documents. And whether what is cited stands in the documents where it says.
/// </summary>
internal static class KnowledgeHttp
{
    public const string P95 = "hybrid over HTTP, 100k passages: p95";
    public const string Resolved = "citations that resolve";

    private const int Passages = 100_000;
    private const int PassagesPerDocument = 100;
    private const int QueryCount = 300;
    private const int Rounds = 5;
    private const int HitCount = 10;
    private const int Uploads = 8;

    public static async Task RunAsync(Report report)
    {
        var texts = KnowledgeCorpus.Texts(Passages);
        await using var server = await KnowledgeBase.StartServerAsync();
        using var client = await server.SignInAsync();
        client.Timeout = TimeSpan.FromHours(1);
        var place = await KnowledgeBase.MakeAsync(client, "bench");
        var clock = Stopwatch.StartNew();
        await Parallel.ForEachAsync(
            texts.Chunk(PassagesPerDocument).Index(),
            new ParallelOptions { MaxDegreeOfParallelism = Uploads },
            async (part, _) => await place.AddAsync($"{part.Index}.txt", Encoding.UTF8.GetBytes(string.Join("\n\n", part.Item))));
        if (await place.IngestAsync() is > 0 and var failed)
            throw new InvalidOperationException($"{failed} documents could not be read.");
        report.Add("base of 100k paragraphs, added and read over HTTP", clock.Elapsed.TotalSeconds, "s");

        var queries = KnowledgeCorpus.Queries(texts, QueryCount);
        foreach (var query in queries.Take(50)) await place.SearchAsync(query, HitCount);
        var cited = new List<JsonElement>();
        for (var round = 0; round < Rounds; round++)
        {
            var latencies = new List<double>();
            foreach (var query in queries)
            {
                var start = Stopwatch.GetTimestamp();
                var found = await place.SearchAsync(query, HitCount);
                latencies.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                if (round == 0) cited.AddRange(found.EnumerateArray().Take(1));
            }

            report.Add("hybrid over HTTP, 100k passages: p50", Report.Percentile(latencies, 50), "ms");
            report.Add(P95, Report.Percentile(latencies, 95), "ms");
        }

        var resolved = 0;
        foreach (var passage in cited) resolved += await place.ResolvesAsync(passage) ? 1 : 0;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {cited.Count} of {queries.Count} questions found something"));
        report.Add(Resolved, 100d * resolved / cited.Count, "%");
    }
}
