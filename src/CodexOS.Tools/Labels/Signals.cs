using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace CodexOS.Tools.Labels;

/// <summary>
/// Notices texts that look like instructions to a model. It is recorded for people and decides nothing: whoever writes such
/// a text can write it otherwise.
/// </summary>
internal static partial class Signals
{
    private const int LookedAtMax = 64 * 1024;

    /// <summary>What is noticed in a text.</summary>
    public static ImmutableArray<string> In(string text)
    {
        var looked = text.Length <= LookedAtMax ? text : text[..LookedAtMax];
        var found = ImmutableArray.CreateBuilder<string>();
        if (Override().IsMatch(looked)) found.Add("override");
        if (Role().IsMatch(looked)) found.Add("role-marker");
        if (HasUnseen(looked)) found.Add("unseen-characters");
        return found.ToImmutable();
    }

    private static bool HasUnseen(string text)
    {
        var count = 0;
        foreach (var character in text)
        {
            // A joiner or two belong to many scripts; a row of them is a message.
            if (character is (>= '\u200b' and <= '\u200f') or '\u2060' or '\u2061' or '\u2062' or '\u2063' or '\u2064' or '\ufeff'
                or (>= '\u202a' and <= '\u202e') or '\udb40')
            {
                if (++count > 4) return true;
            }
        }

        return false;
    }

    [GeneratedRegex(
        @"\b(ignore|disregard|forget|override)\b.{0,40}\b(previous|prior|above|earlier|all|your|the)\b.{0,40}\b(instruction|prompt|rule|task|message)",
        RegexOptions.IgnoreCase | RegexOptions.Singleline | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Override();

    [GeneratedRegex(
        @"<\|?(im_start|system|/?information|/?important|endoftext)\b|^\s{0,8}(system|assistant)\s{0,4}:|\[/?INST\]",
        RegexOptions.IgnoreCase | RegexOptions.Multiline | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Role();
}
