using System.Globalization;
using System.Text;

namespace CodexOS.Tools.Contracts;

/// <summary>
/// The one form in which texts are compared: compatibility-composed, lower case, without characters that are not seen,
/// and with single spaces.
/// </summary>
public static class TextForm
{
    /// <summary>The normal form of a text.</summary>
    public static string Normal(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (IsNormal(text)) return text;
        var composed = Compose(text);
        var form = new StringBuilder(composed.Length);
        var space = false;
        foreach (var character in composed)
        {
            if (IsSpace(character))
            {
                space = form.Length > 0;
                continue;
            }

            if (IsUnseen(character)) continue;
            if (space) form.Append(' ');
            space = false;
            form.Append(char.ToLowerInvariant(character));
        }

        return form.ToString();
    }

    /// <summary>
    /// Whether a text is spelled in the plain way: composed, and without characters that are not seen. Another text with the
    /// same normal form may then differ in case and spaces only.
    /// </summary>
    internal static bool IsPlain(string text)
    {
        var ascii = true;
        foreach (var character in text)
        {
            if (character > '~') ascii = false;
            if (!char.IsWhiteSpace(character) && IsUnseen(character)) return false;
        }

        return ascii || string.Equals(Compose(text), text, StringComparison.Ordinal);
    }

    /// <summary>Whether a character takes no space on a page: joiners, marks of direction, soft hyphens, control characters.</summary>
    internal static bool IsUnseen(char character) => char.IsControl(character)
        || CharUnicodeInfo.GetUnicodeCategory(character) is UnicodeCategory.Format
        || character is '\u034f' or '\u115f' or '\u1160' or '\u3164' or '\uffa0' or (>= '\ufe00' and <= '\ufe0f');

    private static bool IsSpace(char character) => char.IsWhiteSpace(character) || character is '\u2800';

    private static bool IsNormal(string text)
    {
        var before = ' ';
        foreach (var character in text)
        {
            if (character is < ' ' or > '~' or (>= 'A' and <= 'Z') || (character == ' ' && before == ' ')) return false;
            before = character;
        }

        return before != ' ' || text.Length == 0;
    }

    private static string Compose(string text)
    {
        try
        {
            return text.Normalize(NormalizationForm.FormKC);
        }
        catch (ArgumentException)
        {
            // Half a surrogate pair has no form; what is around it is compared as it is.
            return text;
        }
    }
}
