using System.Text;
using System.Xml;
using CodexOS.Knowledge.Extraction.Archives;
using CodexOS.Knowledge.Extraction.Tables;

namespace CodexOS.Knowledge.Extraction.Office;

/// <summary>
/// Reads workbooks: each visible sheet as a heading and its tables, which blank rows part. Hidden sheets are not what a
/// person sees of the file, and are left out.
/// </summary>
internal sealed class XlsxReader : IDocumentReader
{
    public IEnumerable<Block> Read(Stream content, ReadContext context)
    {
        using var package = new OfficePackage(content, context);
        var main = package.MainPart("xl/workbook.xml");
        var (sheets, isFrom1904) = Sheets(package, main, context);
        context.CheckPages(sheets.Count, "sheets");
        context.Metadata = package.Metadata() with { Pages = sheets.Count };
        var strings = SharedStrings(package, main, context);
        var formats = NumberFormats.Read(package, main, isFrom1904, context);
        for (var i = 0; i < sheets.Count; i++)
        {
            var place = new Place(PlaceKind.Sheet, i + 1, sheets[i].Name);
            using var xml = package.TryOpen(sheets[i].Part);
            if (xml is null) continue;
            var hasRows = false;
            foreach (var block in new SheetReader(xml, strings, formats, place, context).Read())
            {
                // A sheet without a cell is not worth its heading.
                if (!hasRows) yield return new Block(BlockKind.Heading, sheets[i].Name, 1, place);
                hasRows = true;
                yield return block;
            }
        }
    }

    private static (List<(string Name, string Part)> Sheets, bool IsFrom1904) Sheets(
        OfficePackage package, string main, ReadContext context)
    {
        var targets = package.Relations(main).GroupBy(relation => relation.Id, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.First().Target, StringComparer.Ordinal);
        var sheets = new List<(string, string)>();
        var isFrom1904 = false;
        using var xml = package.Open(main);
        while (xml.Next(context))
        {
            if (xml.NodeType is not XmlNodeType.Element) continue;
            if (xml.LocalName == "workbookPr") isFrom1904 = xml.GetAttribute("date1904") is "1" or "true";
            if (xml.LocalName != "sheet" || xml.GetAttribute("state") is "hidden" or "veryHidden") continue;
            var id = xml.Attribute("id") ?? "";
            if (targets.TryGetValue(id, out var part)) sheets.Add((xml.GetAttribute("name") ?? $"Sheet {sheets.Count + 1}", part));
        }

        return (sheets, isFrom1904);
    }

    private static List<string> SharedStrings(OfficePackage package, string main, ReadContext context)
    {
        var strings = new List<string>();
        using var xml = package.TryOpen(package.Related(main, "sharedStrings"));
        if (xml is null) return strings;
        var text = new StringBuilder();
        var characters = 0L;
        while (xml.Next(context))
        {
            if (xml.LocalName == "si")
            {
                if (xml.NodeType is XmlNodeType.EndElement || xml.IsEmptyElement)
                {
                    characters += text.Length;
                    if (characters > context.Limits.CharactersMax)
                        throw new DocumentException(ExtractionFaults.TooLarge($"{context.Limits.CharactersMax} characters of text"));
                    strings.Add(text.ToString());
                }

                text.Clear();
            }
            else if (xml.NodeType is XmlNodeType.Element && xml.LocalName == "t") text.Append(xml.TextInside(context));
            else if (xml.NodeType is XmlNodeType.Element && xml.LocalName == "rPh") xml.Pass(context);
        }

        return strings;
    }
}

/// <summary>One sheet, row after row.</summary>
internal sealed class SheetReader(
    XmlReader xml, List<string> strings, NumberFormats formats, Place place, ReadContext context)
{
    private const int ColumnsMax = 512;

    private readonly List<string> _cells = [];
    private TableWriter? _table;
    private int _row;
    private int _lastRow;
    private int _firstColumn = int.MaxValue;

    public IEnumerable<Block> Read()
    {
        while (xml.Next(context))
        {
            if (xml.NodeType is XmlNodeType.Element && xml.LocalName == "row")
            {
                _row = int.TryParse(xml.GetAttribute("r"), out var number) ? number : _row + 1;
                _cells.Clear();
            }
            else if (xml.NodeType is XmlNodeType.Element && xml.LocalName == "c" && !xml.IsEmptyElement) Cell();
            else if (xml.NodeType is XmlNodeType.EndElement && xml.LocalName == "row" && _cells.Exists(cell => cell.Length > 0))
            {
                if (_table is not null && IsNewTable() && _table.Finish() is { } table)
                {
                    _table = null;
                    yield return table;
                }

                if (_table is null) _firstColumn = _cells.FindIndex(cell => cell.Length > 0);
                _table ??= new TableWriter(place);
                _lastRow = _row;
                var skipped = Math.Min(_firstColumn, _cells.FindIndex(cell => cell.Length > 0));
                if (_table.Add(_cells.GetRange(skipped, _cells.Count - skipped), _row) is { } piece) yield return piece;
            }
        }

        if (_table?.Finish() is { } last) yield return last;
    }

    // A gap of rows parts tables, as does a line that says what the table below is.
    private bool IsNewTable() => _row > _lastRow + 1;

    private void Cell()
    {
        var column = ColumnOf(xml.GetAttribute("r")) ?? _cells.Count;
        var type = xml.GetAttribute("t");
        var style = xml.GetAttribute("s");
        var depth = xml.Depth;
        var text = "";
        while (xml.Next(context) && xml.Depth > depth)
        {
            if (xml.NodeType is not XmlNodeType.Element) continue;
            if (xml.LocalName == "f") xml.Pass(context);
            else if (xml.LocalName == "rPh") xml.Pass(context);
            else if (xml.LocalName is "v" or "t") text += xml.TextInside(context);
        }

        if (text.Length == 0 || column >= ColumnsMax) return;
        while (_cells.Count <= column) _cells.Add("");
        _cells[column] = type switch
        {
            "s" => int.TryParse(text, out var index) && index >= 0 && index < strings.Count ? strings[index] : "",
            "b" => text == "1" ? "TRUE" : "FALSE",
            "str" or "inlineStr" or "e" => text,
            "d" => text.Replace('T', ' '),
            _ => formats.Show(text, style),
        };
    }

    private static int? ColumnOf(string? reference)
    {
        if (reference is null) return null;
        var column = 0;
        foreach (var c in reference)
        {
            if (!char.IsAsciiLetterUpper(c) || column > ColumnsMax) break;
            column = (column * 26) + c - 'A' + 1;
        }

        return column == 0 ? null : column - 1;
    }
}
