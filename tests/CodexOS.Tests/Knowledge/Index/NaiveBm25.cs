namespace CodexOS.Tests.Knowledge.Index;

/// <summary>The formula of BM25 written down once more, over plain lists. Texts are words of digits and letters.</summary>
internal sealed class NaiveBm25(IReadOnlyList<(int Document, string[] Words)> passages)
{
    private const double K1 = 1.2, B = 0.75;

    /// <summary>The scores of all passages with a word of the query, the best first, then by document.</summary>
    public List<(int Document, double Score)> Search(string[] query)
    {
        var average = passages.Count == 0 ? 0 : passages.Average(static one => one.Words.Length);
        var found = new List<(int Document, double Score)>();
        foreach (var (document, words) in passages)
        {
            var score = 0d;
            foreach (var (word, count) in query.CountBy(static word => word))
            {
                var frequency = words.Count(one => one == word);
                if (frequency == 0) continue;
                var with = passages.Count(one => one.Words.Contains(word));
                var rarity = Math.Log(1 + ((passages.Count - with + 0.5) / (with + 0.5)));
                score += Math.Min(count, 3) * rarity * frequency * (K1 + 1)
                    / (frequency + (K1 * (1 - B + (B * words.Length / average))));
            }

            if (score > 0) found.Add((document, score));
        }

        return [.. found.OrderByDescending(static one => one.Score).ThenBy(static one => IndexCase.Document(one.Document))];
    }
}
