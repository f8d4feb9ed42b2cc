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

    /// <summary>Whether a character takes no space on a page: joiners, marks of direction, soft hyphens, controls.</summary>
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

    /// <summary>
    /// What is another way to write a letter or digit becomes that letter or digit: full width, mathematical, in circles,
    /// raised, lowered, joined. Then what the platform can compose is composed, which without its tables is nothing.
    /// </summary>
    private static string Compose(string text)
    {
        var folded = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (Fold(rune.Value) is { } plain) folded.Append(plain);
            else folded.Append(rune);
        }

        try
        {
            return folded.ToString().Normalize(NormalizationForm.FormKC);
        }
        catch (ArgumentException)
        {
            // What has no form is compared as it is.
            return folded.ToString();
        }
    }

    private static string? Fold(int code) => code switch
    {
        < 0xb2 => null,
        >= 0xff01 and <= 0xff5e => Of(code - 0xfee0),
        0x3000 => " ",
        0xb2 or 0xb3 => Of('2' + code - 0xb2),
        0xb9 => "1",
        0x2070 or (>= 0x2074 and <= 0x2079) => Of('0' + code - 0x2070),
        >= 0x2080 and <= 0x2089 => Of('0' + code - 0x2080),
        >= 0x2460 and <= 0x2468 => Of('1' + code - 0x2460),
        >= 0x2474 and <= 0x247c => Of('1' + code - 0x2474),
        >= 0x249c and <= 0x24b5 => Of('a' + code - 0x249c),
        >= 0x24b6 and <= 0x24cf => Of('A' + code - 0x24b6),
        >= 0x24d0 and <= 0x24e9 => Of('a' + code - 0x24d0),
        0x24ea => "0",
        >= 0xfb00 and <= 0xfb04 => (code - 0xfb00) switch { 0 => "ff", 1 => "fi", 2 => "fl", 3 => "ffi", _ => "ffl" },
        >= 0x1d400 and <= 0x1d6a3 => Letter((code - 0x1d400) % 52),
        >= 0x1d7ce and <= 0x1d7ff => Of('0' + ((code - 0x1d7ce) % 10)),
        >= 0x1f110 and <= 0x1f129 => Of('A' + code - 0x1f110),
        >= 0x1f130 and <= 0x1f149 => Of('A' + code - 0x1f130),
        >= 0x1f150 and <= 0x1f169 => Of('A' + code - 0x1f150),
        >= 0x1f170 and <= 0x1f189 => Of('A' + code - 0x1f170),
        _ => null,
    };

    private static string Letter(int place) => Of(place < 26 ? 'A' + place : 'a' + place - 26);

    private static string Of(int code) => ((char)code).ToString();
}
