using System.Globalization;
using System.Text;

namespace CodexOS.Bench;

/// <summary>What the search index is to reach, beside what it did: one row for each bar whose part was measured.</summary>
internal static class KnowledgeBars
{
    private const double PercentToResolve = 100;
    private const string HundredThousand = "100k vectors";
    private const string Million = "1000k vectors";

    /// <summary>Prints the table, writes it as <c>knowledge.md</c>, and says whether everything is met.</summary>
    public static bool Judge(Report report, string results)
    {
        var rows = All(report).Where(static row => row.Value is not null).ToList();
        if (rows.Count == 0) return true;
        var text = new StringBuilder("# Bars of the search index\n\n")
            .Append("Medians of the rounds. The JSON beside it has the load, the machine and every round.\n\n")
            .Append("| | bar | measured | |\n|---|--:|--:|---|\n");
        foreach (var row in rows)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {row.Name} | {(row.IsAtLeast ? "≥" : "≤")} {row.Bar:0.###} {row.Unit} | {row.Value:0.###} {row.Unit} | {(row.IsMet ? "✓" : "✗")} |\n");
        }

        File.WriteAllText(Path.Combine(results, "knowledge.md"), text.ToString());
        Console.Write($"\n{text}");
        return rows.All(static row => row.IsMet);
    }

    private static IEnumerable<Row> All(Report report)
    {
        var stores = "100k × 192";
        yield return new Row(
            "100k vectors, p50, in process beside Chroma over HTTP", 0.2, "", Ratio($"{stores}, codexos: p50", $"{stores}, chroma: p50"));
        yield return AtLeast("the same, recall@10", 99, "%", Of($"{stores}, codexos: recall@10"));
        yield return new Row(
            "100k vectors, p50, beside hnswlib", 1.5, "",
            Ratio($"{HundredThousand}, codexos: p50", $"{HundredThousand}, hnswlib: p50"));
        yield return AtLeast("the same, recall@10", 99, "%", Of($"{HundredThousand}, codexos: recall@10"));
        yield return new Row(
            "100k vectors, to build, beside hnswlib", 0.1, "",
            Ratio($"build, {HundredThousand}: codexos", $"build, {HundredThousand}: hnswlib"));
        yield return new Row("1M vectors, p50", 2, "ms", Milliseconds($"{Million}, codexos: p50"));
        yield return new Row("1M vectors, p99", 10, "ms", Milliseconds($"{Million}, codexos: p99"));
        yield return AtLeast("1M vectors, recall@10", 99, "%", Of($"{Million}, codexos: recall@10"));
        yield return new Row("1M vectors, memory beside the vectors", 100, "MB", Of(KnowledgeVectors.WorkingSet(Million)));
        foreach (var name in (string[])[HundredThousand, Million])
        {
            var (exact, memory) = KnowledgeVectors.Bandwidth(name);
            yield return AtLeast($"{name}, exact search beside reading memory", 0.9, "", Ratio(exact, memory));
        }

        yield return new Row("100k passages by words, p95", 1, "ms", Milliseconds(KnowledgeWords.P95));
        yield return new Row(
            "100k passages by words, p95, beside Lucene.NET", 0.2, "", Ratio(KnowledgeWords.P95, KnowledgeWords.LuceneP95));
        yield return new Row("100k passages, hybrid, p95, in process", 5, "ms", Milliseconds(KnowledgeWords.HybridP95));
        foreach (var (setting, bar) in KnowledgeTuning.Settings.Zip((double[])[1.5, 2, 3]))
        {
            yield return new Row(
                $"30k passages, hybrid, with {setting} beside plain, p95", bar, "",
                Ratio(KnowledgeTuning.Series(setting, 95), KnowledgeTuning.PlainSeries(95)));
        }

        yield return new Row("100k passages, hybrid, p95, over HTTP with a token", 10, "ms", Of(KnowledgeHttp.P95));
        yield return AtLeast("citations that resolve", PercentToResolve, "%", Of(KnowledgeHttp.Resolved));
        yield return AtLeast("ingestion of PDF", 15, "GB/h", Of(KnowledgeIngestion.Rate("PDF")));
        yield return AtLeast("ingestion of DOCX", 100, "GB/h", Of(KnowledgeIngestion.Rate("DOCX")));
        yield return AtLeast("ingestion of text", 40, "GB/h", Of(KnowledgeIngestion.Rate("text")));

        double? Of(string series) => report.Has(series) ? report.MedianOf(series) : null;

        double? Milliseconds(string series) => Of(series) / 1_000;

        double? Ratio(string of, string baseline) => Of(of) / Of(baseline);

        static Row AtLeast(string name, double bar, string unit, double? value) =>
            new(name, bar, unit, value) { IsAtLeast = true };
    }

    private sealed record Row(string Name, double Bar, string Unit, double? Value)
    {
        public bool IsAtLeast { get; init; }

        public bool IsMet => IsAtLeast ? Value >= Bar : Value <= Bar;
    }
}
