using System.Buffers;

namespace CodexOS.Inference.Local.UseLite;

/// <summary>
/// Cuts a text into the likeliest pieces of words, as the model was taught: the pieces' scores are logarithms of how likely they
/// are, and the cut with the greatest sum is taken. A letter that no piece begins with is unknown, and unknown letters in a row
/// are one token.
/// </summary>
internal sealed class UseLiteTokenizer
{
    /// <summary>How many tokens the model reads; what is behind them is left.</summary>
    public const int TokensMax = 128;

    // The first are marks of the model's own, which no text contains.
    private const int ReservedCount = 6;
    private const int Unknown = 0;
    private const char Space = '\u2581';

    // Far more letters than 128 tokens have: pieces have 16 at most. Letters behind do not change how those before are cut.
    private const int LettersMax = 8_192;

    private readonly Dictionary<string, (double Score, int Id)> _pieces = new(StringComparer.Ordinal);
    private readonly int[] _lengths;
    private readonly int _longest;
    private readonly UseLiteLetters _letters = UseLiteLetters.Instance;

    public UseLiteTokenizer(IReadOnlyList<UseLitePiece> pieces)
    {
        _lengths = new int[pieces.Count];
        for (var id = 0; id < pieces.Count; id++)
        {
            _lengths[id] = pieces[id].Text.Length;
            if (id < ReservedCount) continue;
            // A piece that is listed more than once is the last of them.
            _pieces[pieces[id].Text] = (pieces[id].Score, id);
            _longest = Math.Max(_longest, _lengths[id]);
        }
    }

    /// <summary>The tokens of a text.</summary>
    public int[] Encode(string text)
    {
        var plain = _letters.Normalize(text.Length > LettersMax ? text[..LettersMax] : text);
        return plain.Length == 0 ? [] : Cut(Space + plain.Replace(' ', Space));
    }

    private int[] Cut(string letters)
    {
        var best = ArrayPool<double>.Shared.Rent(letters.Length + 1);
        var last = ArrayPool<int>.Shared.Rent(letters.Length + 1);
        try
        {
            best.AsSpan(0, letters.Length + 1).Clear();
            last.AsSpan(0, letters.Length + 1).Clear();
            var pieces = _pieces.GetAlternateLookup<ReadOnlySpan<char>>();
            for (var start = 0; start < letters.Length; start++)
            {
                var begins = false;
                for (var end = start + 1; end <= Math.Min(letters.Length, start + _longest); end++)
                {
                    if (!pieces.TryGetValue(letters.AsSpan(start, end - start), out var piece)) continue;
                    begins = true;
                    Reach(end, piece.Score + best[start], piece.Id);
                }

                if (!begins) Reach(start + 1, best[start], Unknown);
            }

            return Back(last, letters.Length);
        }
        finally
        {
            ArrayPool<double>.Shared.Return(best);
            ArrayPool<int>.Shared.Return(last);
        }

        // A sum of zero stands for a place that was not reached yet; the vectors to be met were made so.
        void Reach(int end, double score, int id)
        {
            if (best[end] is not 0 && score < best[end]) return;
            (best[end], last[end]) = (score, id);
        }
    }

    private int[] Back(int[] last, int length)
    {
        var tokens = new List<int>();
        for (var at = length; at > 0; at -= _lengths[last[at]])
        {
            if (last[at] != Unknown || tokens.Count == 0 || tokens[^1] != Unknown) tokens.Add(last[at]);
        }

        tokens.Reverse();
        return tokens.Count > TokensMax ? [.. tokens[..TokensMax]] : [.. tokens];
    }
}
