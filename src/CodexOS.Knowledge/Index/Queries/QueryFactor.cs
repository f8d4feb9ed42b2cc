using System.Buffers;
using System.Globalization;

namespace CodexOS.Knowledge.Index.Queries;

/// <summary>
/// How many times a word or a phrase counts, as in <c>word^2</c> and <c>"a phrase"^0.5</c>. What is behind the sign and is no
/// number stays a part of the text, and so does a power of a number.
/// </summary>
internal static class QueryFactor
{
    public const char Sign = '^';

    private const int DigitsMax = 6;

    private static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789.,");

    /// <summary>The factor that stands at a place, and how many characters it takes; one, and none, without one.</summary>
    public static (double Factor, int Length) At(ReadOnlySpan<char> text, int start)
    {
        if (start >= text.Length || text[start] != Sign) return (1, 0);
        var end = start + 1;
        while (end < text.Length && end - start <= DigitsMax && (char.IsAsciiDigit(text[end]) || IsPoint(text, end))) end++;
        if (end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] == Sign)) return (1, 0);
        var number = text[(start + 1)..end];
        return double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var factor)
            ? (Math.Clamp(factor, SearchBoosts.FactorMin, SearchBoosts.FactorMax), end - start)
            : (1, 0);
    }

    /// <summary>A word without its factor, and the factor; the word as it is, and one, without one.</summary>
    public static (string Word, double Factor) Of(string word)
    {
        var sign = word.IndexOf(Sign, StringComparison.Ordinal);
        if (sign <= 0 || !word.AsSpan(0, sign).ContainsAnyExcept(s_digits)) return (word, 1);
        var (factor, length) = At(word, sign);
        return length == 0 ? (word, 1) : (word[..sign] + word[(sign + length)..], factor);
    }

    /// <summary>A point within the number, not the one at the end of a sentence.</summary>
    private static bool IsPoint(ReadOnlySpan<char> text, int at) =>
        text[at] == '.' && at + 1 < text.Length && char.IsAsciiDigit(text[at + 1]);
}
