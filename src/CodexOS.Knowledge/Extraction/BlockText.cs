using System.Buffers;
using System.Text;

namespace CodexOS.Knowledge.Extraction;

/// <summary>Makes the text of blocks fit to be stored, searched and quoted.</summary>
internal static class BlockText
{
    // Controls say nothing to a reader, and a NUL is refused by PostgreSQL.
    private static readonly SearchValues<char> s_unwanted = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(i => (char)i).Where(c => c is not ('\n' or '\t')),
         .. Enumerable.Range(0x7F, 0x21).Select(i => (char)i), '\u00AD', '\uFEFF', '\u2028', '\u2029', '\uFFFE', '\uFFFF',
         .. Enumerable.Range(0xD800, 0x800).Select(i => (char)i)]);

    /// <summary>
    /// Without control characters and lone surrogates, with plain line ends, and without blank lines at either end. Only
    /// code keeps the spaces its first line begins with.
    /// </summary>
    public static string Clean(string text, BlockKind kind)
    {
        if (text.AsSpan().ContainsAny(s_unwanted)) text = Replace(text);
        return kind is BlockKind.Code ? TrimLines(text) : text.Trim();
    }

    /// <summary>One line, with single spaces, cut to a length.</summary>
    public static string Line(string text, int lengthMax)
    {
        var line = Collapse(Replace(text));
        if (line.Length <= lengthMax) return line;
        return line[..(char.IsHighSurrogate(line[lengthMax - 1]) ? lengthMax - 1 : lengthMax)];
    }

    /// <summary>With every run of white space as one space.</summary>
    public static string Collapse(string text) =>
        string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static string Replace(string text)
    {
        var clean = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                clean.Append(c).Append(text[++i]);
            else if (char.IsSurrogate(c)) clean.Append('\uFFFD');
            else if (c is '\r') clean.Append(i + 1 < text.Length && text[i + 1] == '\n' ? "" : "\n");
            else if (c is '\u2028' or '\u2029' or '\u0085' or '\f' or '\v') clean.Append('\n');
            else if (!s_unwanted.Contains(c)) clean.Append(c);
        }

        return clean.ToString();
    }

    private static string TrimLines(string text)
    {
        text = text.TrimEnd();
        var start = 0;
        for (var i = 0; i < text.Length && char.IsWhiteSpace(text[i]); i++)
        {
            if (text[i] == '\n') start = i + 1;
        }

        return text[start..];
    }
}
