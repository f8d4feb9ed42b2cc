using System.Collections.Frozen;
using System.Text;
using System.Text.RegularExpressions;

namespace CodexOS.Knowledge.Cache;

/// <summary>
/// The words of a text that must be the same, in their order, however near two texts are otherwise: numbers and codes, names,
/// signs, and words that turn a meaning round. Vectors hardly tell these apart: "cancel my order" and "do not cancel my order"
/// are nearer than most that mean the same.
/// </summary>
internal static partial class FixedWords
{
    private static readonly FrozenSet<string> s_turning = FrozenSet.ToFrozenSet(
        [
            "not", "no", "never", "none", "nor", "neither", "nothing", "without", "with", "except", "unless", "only", "but", "all",
            "any", "every", "each", "before", "after", "above", "below", "under", "over", "more", "less", "most", "least", "on", "off",
            "in", "out", "up", "down", "left", "right", "first", "last", "next", "previous", "open", "close", "start", "stop",
            "begin", "end", "enable", "disable", "allow", "deny", "forbid", "buy", "sell", "add", "remove", "delete", "create",
            "increase", "decrease", "minimum", "maximum", "min", "max", "best", "worst", "true", "false", "yes", "high", "low", "old",
            "new", "and", "or", "today", "tomorrow", "yesterday", "now", "monday", "tuesday", "wednesday", "thursday", "friday",
            "saturday", "sunday", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "hundred", "thousand",
            "million", "half", "double", "he", "she", "his", "her", "him", "to", "from", "son", "daughter", "male", "female",
        ],
        StringComparer.Ordinal);

    // At the beginning of a sentence every word has a capital letter; these are none of a name.
    private static readonly FrozenSet<string> s_openers = FrozenSet.ToFrozenSet(
        [
            "how", "what", "when", "where", "why", "who", "whom", "whose", "which", "is", "are", "was", "were", "do", "does", "did",
            "can", "could", "will", "would", "should", "shall", "may", "might", "must", "have", "has", "had", "please", "tell", "give",
            "show", "list", "explain", "describe", "write", "find", "help", "name", "say", "i", "we", "you", "they", "it", "this",
            "that", "these", "those", "there", "the", "a", "an", "my", "our", "your", "their", "its", "if", "at", "for", "of", "by",
            "as", "so", "hello", "hi", "dear", "thanks", "thank", "let", "make", "am", "i'm", "i'd", "i've", "what's", "how's",
            "where's", "who's", "it's", "that's", "there's", "let's",
        ],
        StringComparer.Ordinal);

    /// <summary>Those words in one text; the same for two texts if and only if all of them are.</summary>
    public static string Of(string text)
    {
        var words = new StringBuilder();
        var isOpening = true;
        foreach (var match in Pieces().EnumerateMatches(text))
        {
            var piece = text.AsSpan(match.Index, match.Length);
            if (!char.IsLetterOrDigit(piece[0]))
            {
                if (IsSign(text, match.Index)) words.Append(piece).Append('\n');
                isOpening |= piece[0] is '.' or '!' or '?' or '\n' or ':';
                continue;
            }

            var word = piece.ToString().ToLowerInvariant().Replace('\u2019', '\'');
            if (word.EndsWith("n't", StringComparison.Ordinal) || word == "cannot") word = "not";
            if (s_turning.Contains(word) || IsCode(piece) || IsName(piece, word, isOpening)) words.Append(word).Append('\n');
            isOpening = false;
        }

        return words.ToString();
    }

    /// <summary>Whether it is a number, an address, a path or a name that a program would have.</summary>
    private static bool IsCode(ReadOnlySpan<char> piece)
    {
        foreach (var letter in piece)
        {
            if (char.IsDigit(letter) || letter is '@' or '/' or '_' or ':' or '.') return true;
        }

        return false;
    }

    private static bool IsName(ReadOnlySpan<char> piece, string word, bool isOpening)
    {
        if (word is "i" || word.StartsWith("i'", StringComparison.Ordinal)) return false;
        for (var i = 1; i < piece.Length; i++)
        {
            if (char.IsUpper(piece[i])) return true;
        }

        return char.IsUpper(piece[0]) && !(isOpening && s_openers.Contains(word));
    }

    /// <summary>Whether a mark is more than punctuation; a dash is, unless it joins words or stands between them.</summary>
    private static bool IsSign(string text, int at) => text[at] switch
    {
        '.' or ',' or ';' or ':' or '!' or '?' or '"' or '\'' or '(' or ')' or '\n' or '\r' => false,
        '\u2018' or '\u2019' or '\u201c' or '\u201d' or '\u2026' => false,
        '-' or '\u2013' or '\u2014' => at + 1 < text.Length && char.IsDigit(text[at + 1]) || Touches(text, at),
        _ => true,
    };

    // "5 - 3" is a sum, "well - known" is not.
    private static bool Touches(string text, int at)
    {
        var before = at - 1;
        while (before >= 0 && text[before] == ' ') before--;
        return before >= 0 && char.IsDigit(text[before]);
    }

    [GeneratedRegex(@"[\p{L}\p{N}]+(['\u2019.,:/_@-][\p{L}\p{N}]+)*|[^\p{L}\p{N}\p{M} \t]",
        RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Pieces();
}
