using System.Buffers;
using System.Globalization;
using System.Xml;
using CodexOS.Knowledge.Extraction.Archives;

namespace CodexOS.Knowledge.Extraction.Office;

/// <summary>Shows the numbers of a workbook as a person sees them: dates as dates, shares as per cent.</summary>
internal sealed class NumberFormats
{
    private static readonly SearchValues<char> s_dateSigns = SearchValues.Create("ymdhsYMDHS");

    private readonly List<string> _byStyle = [];

    private bool _isFrom1904;

    public static NumberFormats Read(OfficePackage package, string main, bool isFrom1904, ReadContext context)
    {
        var formats = new NumberFormats { _isFrom1904 = isFrom1904 };
        using var xml = package.TryOpen(package.Related(main, "styles"));
        if (xml is null) return formats;
        var custom = new Dictionary<int, string>();
        var isInCells = false;
        while (xml.Next(context))
        {
            if (xml.LocalName == "cellXfs") isInCells = xml.NodeType is XmlNodeType.Element;
            if (xml.NodeType is not XmlNodeType.Element) continue;
            if (xml.LocalName == "numFmt" && int.TryParse(xml.GetAttribute("numFmtId"), out var id))
                custom[id] = xml.GetAttribute("formatCode") ?? "";
            if (xml.LocalName != "xf" || !isInCells) continue;
            var format = int.TryParse(xml.GetAttribute("numFmtId"), out var number) ? number : 0;
            formats._byStyle.Add(custom.GetValueOrDefault(format) ?? BuiltIn(format));
        }

        return formats;
    }

    /// <summary>A number as its style shows it.</summary>
    public string Show(string raw, string? style)
    {
        var format = int.TryParse(style, out var index) && index >= 0 && index < _byStyle.Count ? _byStyle[index] : "";
        var isNumber = double.TryParse(raw, NumberStyles.Float, CultureInfo.InvariantCulture, out var value);
        if (!isNumber || !double.IsFinite(value)) return raw;
        if (format.Length == 0) return Plain(value);
        var signs = Signs(format);
        if (IsDate(signs)) return Date(value, signs) ?? raw;
        var decimals = Decimals(signs);
        if (signs.Contains('%', StringComparison.Ordinal))
            return (value * 100).ToString("F" + decimals, CultureInfo.InvariantCulture) + "%";
        if (signs.Contains('E', StringComparison.Ordinal) || !signs.Contains('0', StringComparison.Ordinal)) return Plain(value);
        return value.ToString((signs.Contains(',', StringComparison.Ordinal) ? "N" : "F") + decimals, CultureInfo.InvariantCulture);
    }

    private static string BuiltIn(int id) => id switch
    {
        1 => "0",
        2 => "0.00",
        3 or 37 or 38 => "#,##0",
        4 or 39 or 40 or 44 => "#,##0.00",
        9 => "0%",
        10 => "0.00%",
        14 or 15 or 16 or 17 => "yyyy-mm-dd",
        18 or 19 or 20 or 21 or 45 or 46 or 47 => "hh:mm:ss",
        22 => "yyyy-mm-dd hh:mm",
        _ => "",
    };

    // Fifteen digits are what a workbook holds; the rest is noise of binary fractions.
    private static string Plain(double value) => value.ToString("G15", CultureInfo.InvariantCulture);

    // The first section of a format, without what it quotes and without colours and currencies.
    private static string Signs(string format)
    {
        var signs = new System.Text.StringBuilder();
        for (var i = 0; i < format.Length && format[i] != ';'; i++)
        {
            switch (format[i])
            {
                case '"':
                    while (++i < format.Length && format[i] != '"')
                    {
                    }

                    break;
                case '\\' or '_' or '*': i++; break;
                case '[':
                    // Hours beyond a day are written in brackets.
                    if (i + 1 < format.Length && format[i + 1] is 'h' or 'H') signs.Append('h');
                    while (++i < format.Length && format[i] != ']')
                    {
                    }

                    break;
                default: signs.Append(format[i]); break;
            }
        }

        return signs.ToString();
    }

    private static bool IsDate(string signs) =>
        signs.AsSpan().ContainsAny(s_dateSigns) && !signs.StartsWith("General", StringComparison.OrdinalIgnoreCase);

    private static int Decimals(string signs)
    {
        var dot = signs.IndexOf('.', StringComparison.Ordinal);
        var decimals = 0;
        while (dot >= 0 && dot + 1 + decimals < signs.Length && signs[dot + 1 + decimals] is '0' or '#' or '?') decimals++;
        return Math.Min(decimals, 15);
    }

    private string? Date(double value, string signs)
    {
        var hasDay = signs.AsSpan().IndexOfAny("ydYD") >= 0;
        var hasTime = signs.AsSpan().IndexOfAny("hsHS") >= 0;
        if (value is < 0 or > 2_958_466) return null;

        // The sheet counts a 29th of February 1900 that never was.
        var days = _isFrom1904 ? value + 1_462 : value < 60 ? value + 1 : value;
        var at = new DateTime(1899, 12, 30).AddSeconds(Math.Round(days * 86_400));
        if (hasDay || !hasTime) return at.ToString(hasTime ? "yyyy-MM-dd HH:mm:ss" : "yyyy-MM-dd", CultureInfo.InvariantCulture);
        var seconds = (long)Math.Round(value * 86_400);
        return $"{seconds / 3600:00}:{seconds / 60 % 60:00}:{seconds % 60:00}";
    }
}
