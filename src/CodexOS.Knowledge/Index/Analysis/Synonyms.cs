using System.Collections.Frozen;

namespace CodexOS.Knowledge.Index.Analysis;

/// <summary>Two ways to say one thing.</summary>
/// <param name="Term">What is written in a query, up to three words.</param>
/// <param name="Other">What is looked for as well.</param>
/// <param name="Weight">How much it counts against what was written, above 0 and up to 1.</param>
internal sealed record Synonym(string Term, string Other, float Weight = 0.5f);

/// <summary>The synonyms of a base, found by folded words.</summary>
internal sealed class Synonyms
{
    private const int WordsMax = 3;

    private readonly FrozenDictionary<string, (string Text, float Weight)[]> _table;

    public Synonyms(IEnumerable<Synonym> synonyms) => _table = synonyms
        .GroupBy(static one => string.Join(' ', WordsOf(one.Term)), StringComparer.Ordinal)
        .ToFrozenDictionary(
            static group => group.Key,
            static group => group.Select(static one => (one.Other, one.Weight)).ToArray(),
            StringComparer.Ordinal);

    public static Synonyms None { get; } = new([]);

    /// <summary>What else to look for with a text.</summary>
    public IEnumerable<(string Text, float Weight)> Of(string text)
    {
        if (_table.Count == 0) yield break;
        var words = WordsOf(text);
        for (var start = 0; start < words.Count; start++)
        {
            for (var count = 1; count <= WordsMax && start + count <= words.Count; count++)
            {
                if (!_table.TryGetValue(string.Join(' ', words.GetRange(start, count)), out var found)) continue;
                foreach (var one in found) yield return one;
            }
        }
    }

    private static List<string> WordsOf(string text)
    {
        var words = new Words();
        Tokenizer.Scan(text, 0, ref words);
        return words.All;
    }

    private struct Words : ITokenSink
    {
        public Words()
        {
        }

        public List<string> All { get; } = [];

        public readonly void Take(scoped ReadOnlySpan<char> token, int position, TokenKind kind)
        {
            if (kind is TokenKind.Word or TokenKind.Number or TokenKind.Pair) All.Add(token.ToString());
        }
    }
}
