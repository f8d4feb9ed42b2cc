using System.Text;

namespace CodexOS.Knowledge.Extraction.Pdf;

/// <summary>Brings Hebrew and Arabic from the order it is seen in to the order it is read in.</summary>
internal static class RightToLeft
{
    /// <summary>Whether a letter is written from right to left.</summary>
    public static bool Is(string letter) => letter.Length > 0 && letter[0] is
        (>= '\u0590' and <= '\u08FF' and not (>= '\u0660' and <= '\u0669') and not (>= '\u06F0' and <= '\u06F9'))
        or (>= '\uFB1D' and <= '\uFDFF') or (>= '\uFE70' and <= '\uFEFC');

    /// <summary>Whether a line is, by the most of its letters.</summary>
    public static bool IsMostly(string line)
    {
        int right = 0, left = 0;
        foreach (var c in line)
        {
            if (c < '\u0590') left += char.IsAsciiLetter(c) ? 1 : 0;
            else if (Is(c.ToString())) right++;
            else if (char.IsLetter(c)) left++;
        }

        return right > left;
    }

    /// <summary>Reads from the right, but numbers and words of other scripts from the left.</summary>
    public static string Logical(List<string> visual)
    {
        var text = new StringBuilder();
        for (var i = visual.Count - 1; i >= 0; i--)
        {
            if (!IsLeftToRight(visual[i]))
            {
                text.Append(visual[i]);
                continue;
            }

            var start = i;
            while (start > 0 && (IsLeftToRight(visual[start - 1]) || (start > 1 && IsJoint(visual[start - 1])
                && IsLeftToRight(visual[start - 2])))) start--;
            for (var j = start; j <= i; j++) text.Append(visual[j]);
            i = start;
        }

        return text.ToString();
    }

    private static bool IsLeftToRight(string letter) => char.IsLetterOrDigit(letter, 0) && !Is(letter);

    private static bool IsJoint(string sign) => sign is "." or "," or ":" or "/" or "-" or "@" or "_" or " " or "'";
}

/// <summary>
/// Letters that print joins are searched as the letters they are. What a font draws for a control character is a bullet
/// or a box.
/// </summary>
internal static class Ligatures
{
    public static string Apart(string letter)
    {
        if (letter.Length != 1) return letter;
        return letter[0] switch
        {
            '\uFB00' => "ff",
            '\uFB01' => "fi",
            '\uFB02' => "fl",
            '\uFB03' => "ffi",
            '\uFB04' => "ffl",
            '\uFB05' or '\uFB06' => "st",
            var sign => char.IsControl(sign) ? "•" : letter,
        };
    }
}
