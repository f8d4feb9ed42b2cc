namespace CodexOS.Bench;

/// <summary>
/// Measures the search index beside others, in one run on one machine. Parts: <c>words</c> (beside Lucene.NET and SQLite),
/// <c>vectors</c> (beside hnswlib), <c>million</c> (a million vectors).
/// </summary>
internal static class KnowledgeBench
{
    private static readonly string[] s_parts = ["words", "vectors", "million", "stores"];

    public static async Task<int> RunAsync(string results, string[] parts)
    {
        if (parts.Length == 0) parts = s_parts;
        if (parts.Except(s_parts).Any())
        {
            Console.Error.WriteLine($"The parts of the knowledge bench are {string.Join(", ", s_parts)}.");
            return 2;
        }

        var report = new Report(
            parts.Length == s_parts.Length ? "knowledge" : $"knowledge-{string.Join('-', parts)}",
            "made texts and vectors; one search at a time, on one thread, files in the page cache");
        if (parts.Contains("words")) KnowledgeWords.Run(report);
        if (parts.Contains("vectors")) KnowledgeVectors.Run(report, 100_000, hasPeer: true);
        if (parts.Contains("million")) KnowledgeVectors.Run(report, 1_000_000, hasPeer: false);
        if (parts.Contains("stores"))
        {
            await KnowledgeStores.RunAsync(report, 20_000, hasPostgres: true);
            await KnowledgeStores.RunAsync(report, 100_000, hasPostgres: false);
        }

        report.Write(results);
        return 0;
    }
}
