using CodexOS.Knowledge.Chunking;
using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Documents;
using CodexOS.Knowledge.Index;
using CodexOS.Knowledge.Index.Fusion;

namespace CodexOS.Knowledge.Health;

/// <summary>
/// Makes questions whose answer is known: a sentence without every third word, as somebody asks who remembers what was said but
/// not how (known-item search, after Azzopardi and de Rijke).
/// </summary>
internal static class KnownItems
{
    private const int WordsMin = 6;
    private const int WordsMax = 40;
    private const int SentencesSeen = 200;

    /// <summary>A question to a document; null if none of the sentences of the chosen passage makes one.</summary>
    /// <param name="document">The document.</param>
    /// <param name="text">Its text.</param>
    /// <param name="seed">Chooses the passage; the same seed chooses the same.</param>
    public static KnownItem? Of(DocumentId document, KeptText text, int seed)
    {
        if (text.Passages.IsEmpty) return null;
        var ordinal = (int)((uint)seed % (uint)text.Passages.Length);
        var passage = text.TextOf(text.Passages[ordinal]);
        var words = TextCutter.Sentences(passage).Take(SentencesSeen)
            .Select(sentence => WordsOf(passage.AsSpan(sentence.Start, sentence.Length)))
            .Where(static words => words.Count is >= WordsMin and <= WordsMax)
            .MaxBy(static words => words.Count);
        if (words is null) return null;
        return new KnownItem(
            string.Join(' ', words.Where(static (_, at) => at % 3 != 2)), new PassageKey(document.Value, ordinal));
    }

    /// <summary>The words without signs, so that none of them is taken for an order to the search.</summary>
    private static List<string> WordsOf(ReadOnlySpan<char> sentence)
    {
        var words = new List<string>();
        var start = -1;
        for (var i = 0; i <= sentence.Length; i++)
        {
            var isWord = i < sentence.Length && char.IsLetterOrDigit(sentence[i]);
            if (isWord && start < 0) start = i;
            if (isWord || start < 0) continue;
            words.Add(sentence[start..i].ToString());
            start = -1;
        }

        return words;
    }
}
