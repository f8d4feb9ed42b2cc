using System.Text;
using System.Xml;
using CodexOS.Knowledge.Extraction.Archives;
using CodexOS.Knowledge.Extraction.Tables;

namespace CodexOS.Knowledge.Extraction.Office;

/// <summary>Reads a chart as the table it was drawn from: a row for each category, a column for each series.</summary>
internal static class ChartTable
{
    private const int PointsMax = 10_000;
    private const int SeriesMax = 100;

    private sealed class Series
    {
        public string Name { get; set; } = "";

        public SortedDictionary<int, string> Categories { get; } = [];

        public SortedDictionary<int, string> Values { get; } = [];
    }

    public static IEnumerable<Block> Read(XmlReader xml, Place? place, ReadContext context)
    {
        var (title, series) = Parse(xml, context);
        if (title.Length > 0) yield return new Block(BlockKind.Paragraph, title, 0, place);
        if (series.Count == 0) yield break;
        var table = new TableWriter(place);
        table.Add(["Category", .. series.Select(one => one.Name)]);
        foreach (var point in series.SelectMany(one => one.Values.Keys).Distinct().Order().Take(PointsMax))
        {
            var category = series.Select(one => one.Categories.GetValueOrDefault(point)).FirstOrDefault(name => name is not null);
            if (table.Add([category ?? $"{point + 1}", .. series.Select(one => one.Values.GetValueOrDefault(point) ?? "")]) is { } piece)
                yield return piece;
        }

        if (table.Finish() is { } last) yield return last;
    }

    private static (string Title, List<Series> Series) Parse(XmlReader xml, ReadContext context)
    {
        var title = new StringBuilder();
        var series = new List<Series>();
        var (part, point, isInTitle) = ("", 0, false);
        while (xml.Next(context) && series.Count <= SeriesMax)
        {
            if (xml.LocalName == "title") isInTitle = xml.NodeType is XmlNodeType.Element && !xml.IsEmptyElement && series.Count == 0;
            if (xml.NodeType is not XmlNodeType.Element) continue;
            switch (xml.LocalName)
            {
                case "ser":
                    series.Add(new Series());
                    part = "";
                    break;
                case "tx" or "cat" or "xVal" or "val" or "yVal": part = xml.LocalName; break;
                case "pt": _ = int.TryParse(xml.Attribute("idx"), out point); break;
                case "t" when isInTitle: title.Append(xml.TextInside(context)); break;
                case "v" when series.Count > 0 && point is >= 0 and < PointsMax:
                    Take(series[^1], part, point, xml.TextInside(context));
                    break;
            }
        }

        return (title.ToString(), series);
    }

    private static void Take(Series series, string part, int point, string value)
    {
        switch (part)
        {
            case "tx": series.Name = value; break;
            case "cat" or "xVal": series.Categories[point] = value; break;
            case "val" or "yVal": series.Values[point] = value; break;
        }
    }
}
