namespace CodexOS.Bench;

/// <summary>
/// Measures knowledge beside others, in one run on one machine. Parts: <c>words</c> (beside Lucene.NET and SQLite),
/// <c>tuning</c> (what synonyms and boosts cost), <c>vectors</c> (beside hnswlib), <c>million</c> (a million vectors),
/// <c>stores</c> (beside Chroma and pgvector), <c>http</c> (questions to a real server) and, with a folder of documents,
/// <c>ingestion</c>. Fails where a bar is not met.
/// </summary>
internal static class KnowledgeBench
{
    private const string Ingestion = "ingestion";

    private static readonly string[] s_parts = ["words", "tuning", "vectors", "million", "stores", "http", Ingestion];

    public static async Task<int> RunAsync(string results, string[] arguments)
    {
        string? data = null;
        if (arguments is [.. var parts, "--data", var folder]) (arguments, data) = (parts, folder);
        if (arguments.Except(s_parts).Any())
        {
            Console.Error.WriteLine($"The parts of the knowledge bench are {string.Join(", ", s_parts)}.");
            return 2;
        }

        if (data is null && arguments.Contains(Ingestion))
        {
            Console.Error.WriteLine("Name a folder of documents with --data, behind the parts.");
            return 2;
        }

        var measured = arguments.Length > 0 ? arguments : s_parts;
        var report = new Report(
            arguments.Length == 0 ? "knowledge" : $"knowledge-{string.Join('-', arguments)}",
            "made texts and vectors; one search at a time, on one thread, files in the page cache");
        if (measured.Contains("words")) KnowledgeWords.Run(report);
        if (measured.Contains("tuning")) KnowledgeTuning.Run(report);
        if (measured.Contains("vectors")) KnowledgeVectors.Run(report, results, 100_000, hasPeer: true);
        if (measured.Contains("million")) KnowledgeVectors.Run(report, results, 1_000_000, hasPeer: false);
        if (measured.Contains("stores"))
        {
            await KnowledgeStores.RunAsync(report, 20_000, hasPostgres: true);
            await KnowledgeStores.RunAsync(report, 100_000, hasPostgres: false);
        }

        if (measured.Contains("http")) await KnowledgeHttp.RunAsync(report);
        if (data is not null && measured.Contains(Ingestion)) await KnowledgeIngestion.RunAsync(report, data);
        report.Write(results);
        return KnowledgeBars.Judge(report, results) ? 0 : 1;
    }
}
