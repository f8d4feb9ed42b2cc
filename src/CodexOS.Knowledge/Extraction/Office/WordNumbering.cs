using System.Globalization;
using System.Text;
using System.Xml;
using CodexOS.Knowledge.Extraction.Archives;

namespace CodexOS.Knowledge.Extraction.Office;

/// <summary>
/// Counts the numbered paragraphs of a Word document, whose numbers stand nowhere in it: a contract is quoted by its
/// section 3.2, so the number is part of what it says. Bullets are not.
/// </summary>
internal sealed class WordNumbering
{
    private const int LevelsMax = 9;

    private readonly Dictionary<string, Scheme> _byNumber = new(StringComparer.Ordinal);

    private sealed class Level
    {
        public string Format { get; set; } = "decimal";

        public string Text { get; set; } = "";

        public int Start { get; set; } = 1;

        public string? Style { get; set; }
    }

    private sealed class Scheme
    {
        public Level[] Levels { get; } = [.. Enumerable.Range(0, LevelsMax).Select(_ => new Level())];

        public int[] Counts { get; } = new int[LevelsMax];
    }

    public static WordNumbering Read(OfficePackage package, string mainPart, ReadContext context)
    {
        var numbering = new WordNumbering();
        using var xml = package.TryOpen(package.Related(mainPart, "numbering"));
        if (xml is null) return numbering;
        var schemes = new Dictionary<string, Scheme>(StringComparer.Ordinal);
        var numbers = new Dictionary<string, (string Scheme, bool IsAnew)>(StringComparer.Ordinal);
        var scheme = new Scheme();
        var level = new Level();
        string? number = null;
        while (xml.Next(context))
        {
            if (xml.NodeType is not XmlNodeType.Element) continue;
            switch (xml.LocalName)
            {
                case "abstractNum":
                    schemes[xml.Attribute("abstractNumId") ?? ""] = scheme = new Scheme();
                    number = null;
                    break;
                case "lvl" when number is null && int.TryParse(xml.Attribute("ilvl"), out var i) && i is >= 0 and < LevelsMax:
                    level = scheme.Levels[i];
                    break;
                case "lvl": level = new Level(); break;
                case "start" when int.TryParse(xml.Attribute("val"), out var start): level.Start = start; break;
                case "numFmt": level.Format = xml.Attribute("val") ?? "decimal"; break;
                case "lvlText": level.Text = xml.Attribute("val") ?? ""; break;
                case "pStyle": level.Style = xml.Attribute("val"); break;
                case "num": number = xml.Attribute("numId") ?? ""; break;
                case "abstractNumId" when number is not null: numbers[number] = (xml.Attribute("val") ?? "", false); break;
                case "startOverride" when number is not null && numbers.TryGetValue(number, out var same):
                    numbers[number] = same with { IsAnew = true };
                    break;
            }
        }

        // Lists that are continued share their counts; one that begins anew has counts of its own.
        foreach (var (id, (of, isAnew)) in numbers)
        {
            if (schemes.TryGetValue(of, out var shared)) numbering._byNumber[id] = isAnew ? Copy(shared) : shared;
        }

        return numbering;
    }

    /// <summary>The level that a scheme gives to a style, from zero.</summary>
    public int? LevelOf(string number, string? style)
    {
        if (style is null || !_byNumber.TryGetValue(number, out var scheme)) return null;
        var level = Array.FindIndex(scheme.Levels, one => one.Style == style);
        return level < 0 ? null : level;
    }

    /// <summary>Counts one paragraph on, and gives the number that stands before it; empty for bullets.</summary>
    public string Count(string number, int level)
    {
        if (level is < 0 or >= LevelsMax || !_byNumber.TryGetValue(number, out var scheme)) return "";
        var counts = scheme.Counts;
        counts[level] = counts[level] == 0 ? Math.Max(1, scheme.Levels[level].Start) : counts[level] + 1;
        Array.Clear(counts, level + 1, LevelsMax - level - 1);
        if (scheme.Levels[level].Format is "bullet" or "none") return "";
        var label = new StringBuilder();
        var text = scheme.Levels[level].Text;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '%' || i + 1 == text.Length || text[i + 1] is < '1' or > '9')
            {
                label.Append(text[i]);
                continue;
            }

            var of = text[++i] - '1';
            label.Append(Show(Math.Max(counts[of], 1), scheme.Levels[of].Format));
        }

        return label.ToString().Trim();
    }

    private static Scheme Copy(Scheme scheme)
    {
        var copy = new Scheme();
        scheme.Levels.CopyTo(copy.Levels, 0);
        return copy;
    }

    private static string Show(int count, string format) => format switch
    {
        "lowerLetter" => Letters(count, 'a'),
        "upperLetter" => Letters(count, 'A'),
        "lowerRoman" => Roman(count).ToLowerInvariant(),
        "upperRoman" => Roman(count),
        "decimalZero" => count.ToString("00", CultureInfo.InvariantCulture),
        _ => count.ToString(CultureInfo.InvariantCulture),
    };

    // After z comes aa, then bb.
    private static string Letters(int count, char first) =>
        new((char)(first + ((count - 1) % 26)), Math.Min(((count - 1) / 26) + 1, 9));

    private static string Roman(int count)
    {
        (int Value, string Sign)[] signs =
        [
            (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"),
            (5, "V"), (4, "IV"), (1, "I"),
        ];
        var roman = new StringBuilder();
        foreach (var (value, sign) in signs)
        {
            for (; count >= value && roman.Length < 32; count -= value) roman.Append(sign);
        }

        return roman.ToString();
    }
}
