using System.Globalization;
using System.Text;
using CodexOS.Tools.Contracts;

namespace CodexOS.Tools.Connections;

/// <summary>
/// What strangers write, without what people do not see: a description that a model reads must be the one that its approver
/// has read.
/// </summary>
internal static class PlainText
{
    /// <summary>The text without characters that are not seen, and how many those were; lines and tabs stay.</summary>
    public static (string Text, int Hidden) Clean(string text)
    {
        var hidden = 0;
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            // What is half a pair comes as U+FFFD, which is seen.
            if (IsSeen(rune)) clean.Append(rune);
            else if (rune.Value is not '\r') hidden++;
        }

        return (clean.ToString().Trim(), hidden);
    }

    /// <summary>The same on one line, cut to a length.</summary>
    public static string Line(string text, int lengthMax)
    {
        var (clean, _) = Clean(text.Length > lengthMax * 4 ? text[..(lengthMax * 4)] : text);
        return Cut(string.Join(' ', clean.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)), lengthMax);
    }

    /// <summary>The text, or its beginning.</summary>
    public static string Cut(string text, int lengthMax)
    {
        if (text.Length <= lengthMax) return text;
        var end = char.IsHighSurrogate(text[lengthMax - 2]) ? lengthMax - 2 : lengthMax - 1;
        return $"{text.AsSpan(0, end)}…";
    }

    /// <summary>Whether every character of a text is seen and none of them is a space at its ends.</summary>
    public static bool IsPlain(string text) =>
        text.EnumerateRunes().All(static rune => rune.Value is not ('\n' or '\t') && IsSeen(rune)) && text == text.Trim();

    private static bool IsSeen(Rune rune)
    {
        if (rune.Value is '\n' or '\t') return true;
        if (rune.IsBmp && TextForm.IsUnseen((char)rune.Value)) return false;
        return Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator)
            && rune.Value is not (>= 0xe0100 and <= 0xe01ef);
    }
}
