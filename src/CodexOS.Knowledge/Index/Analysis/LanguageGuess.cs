using System.Numerics;
using System.Runtime.InteropServices;

namespace CodexOS.Knowledge.Index.Analysis;

/// <summary>
/// Guesses the language of a text by its stop words, which are a third of any prose and differ between languages. A stop
/// word that several languages share counts for less.
/// </summary>
internal static class LanguageGuess
{
    private const int TokensMax = 300;
    private const float LeadMin = 1.2f;

    /// <summary>The language of a text, or <see cref="Language.None"/> if its stop words do not tell.</summary>
    /// <param name="text">Read only as far as needed.</param>
    /// <param name="among">The set of languages to choose from, as bits.</param>
    /// <param name="scoreMin">How many stop words of its own the language must show.</param>
    public static Language Of(ReadOnlySpan<char> text, int among = ~0, float scoreMin = 1.5f)
    {
        var counts = new Counts { Among = among };
        const int LengthMax = 4_000;
        Tokenizer.Scan(text[..Math.Min(text.Length, LengthMax)], 0, ref counts);
        return counts.Best(scoreMin);
    }

    [StructLayout(LayoutKind.Auto)]
    private struct Counts : ITokenSink
    {
        private Scores _scores;
        private int _tokens;

        public int Among { get; init; }

        public void Take(scoped ReadOnlySpan<char> token, int position, TokenKind kind)
        {
            if (kind != TokenKind.Word || _tokens++ >= TokensMax) return;
            var mask = StopWords.LanguagesOf(token) & Among;
            if (mask == 0) return;
            var weight = 1f / BitOperations.PopCount((uint)mask);
            for (; mask != 0; mask &= mask - 1) _scores[BitOperations.TrailingZeroCount(mask)] += weight;
        }

        public Language Best(float scoreMin)
        {
            var (best, second) = (0, 0);
            for (var i = 1; i < Languages.Count; i++)
            {
                if (_scores[i] > _scores[best]) (best, second) = (i, best);
                else if (_scores[i] > _scores[second]) second = i;
            }

            var isClear = _scores[best] >= scoreMin && (second == 0 || _scores[best] >= LeadMin * _scores[second]);
            return isClear ? (Language)best : Language.None;
        }
    }

    [System.Runtime.CompilerServices.InlineArray(Languages.Count)]
    private struct Scores
    {
        private float _first;
    }
}
