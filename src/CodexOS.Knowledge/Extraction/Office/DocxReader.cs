using System.Text;
using System.Xml;
using CodexOS.Knowledge.Extraction.Archives;

namespace CodexOS.Knowledge.Extraction.Office;

/// <summary>
/// Reads Word documents in one pass over each part: the body, then footnotes and endnotes. Headers and footers repeat on
/// every page and are left out, as is text that was deleted with changes tracked.
/// </summary>
internal sealed class DocxReader : IDocumentReader
{
    public IEnumerable<Block> Read(Stream content, ReadContext context)
    {
        using var package = new OfficePackage(content, context);
        context.Metadata = package.Metadata();
        var main = package.MainPart("word/document.xml");
        var styles = WordStyles.Read(package, main, context);
        var numbering = WordNumbering.Read(package, main, context);
        string?[] parts = [main, package.Related(main, "footnotes"), package.Related(main, "endnotes")];
        foreach (var part in parts)
        {
            using var xml = part == main ? package.Open(main) : package.TryOpen(part);
            if (xml is null) continue;
            var story = new WordStory(xml, styles, numbering, id => package.Chart(part!, id, place: null), context);
            while (story.Next())
            {
                while (story.Ready.TryDequeue(out var block)) yield return block;
            }
        }
    }
}

/// <summary>One part of a Word document as it is read.</summary>
internal sealed class WordStory(
    XmlReader xml, WordStyles styles, WordNumbering numbering, Func<string?, IEnumerable<Block>> chartOf, ReadContext context)
{
    private const int TablesDepthMax = 8;
    private const int ParagraphLengthMax = 64 * 1024;

    private readonly Stack<OfficeTable> _tables = new();
    private readonly Stack<Paragraph> _paragraphs = new();

    private sealed class Paragraph
    {
        public StringBuilder Text { get; } = new();

        public string? Style { get; set; }

        public int? ListLevel { get; set; }

        public string? Number { get; set; }

        public int? OutlineLevel { get; set; }
    }

    /// <summary>Blocks that are whole.</summary>
    public Queue<Block> Ready { get; } = new();

    /// <summary>Reads on; false at the end of the part.</summary>
    public bool Next()
    {
        if (!xml.Next(context)) return false;
        if (xml.NodeType is XmlNodeType.Element) Enter();
        else if (xml.NodeType is XmlNodeType.EndElement) Leave();
        return true;
    }

    private void Enter()
    {
        var paragraph = _paragraphs.TryPeek(out var top) ? top : null;
        switch (xml.LocalName)
        {
            // The fallback says what the choice before it has said.
            case "Fallback" or "del" or "moveFrom" or "instrText" or "delText" or "rPrChange" or "pPrChange" or "sectPr" or "rubyPr":
                xml.Pass(context);
                break;
            case "footnote" or "endnote" when xml.Attribute("type") is "separator" or "continuationSeparator":
                xml.Pass(context);
                break;
            case "p" when !xml.IsEmptyElement: _paragraphs.Push(new Paragraph()); break;
            case "pStyle" when paragraph is not null: paragraph.Style = xml.Attribute("val"); break;
            case "ilvl" when paragraph is not null && int.TryParse(xml.Attribute("val"), out var level):
                paragraph.ListLevel = Math.Clamp(level, 0, 20) + 1;
                break;
            case "numId" when paragraph is not null:
                paragraph.Number = xml.Attribute("val");
                paragraph.ListLevel = paragraph.Number == "0" ? null : paragraph.ListLevel ?? 1;
                break;
            case "outlineLvl" when paragraph is not null && int.TryParse(xml.Attribute("val"), out var level):
                paragraph.OutlineLevel = level is >= 0 and < 9 ? level + 1 : null;
                break;
            case "t" when paragraph is not null: Say(paragraph, xml.TextInside(context)); break;
            case "tab" or "ptab" when paragraph is not null && !IsTabStop(): Say(paragraph, "\t"); break;
            case "br" or "cr" when paragraph is not null: Say(paragraph, "\n"); break;
            case "noBreakHyphen" when paragraph is not null: Say(paragraph, "-"); break;
            case "f" when paragraph is not null && xml.Prefix == "m": Say(paragraph, " "); break;
            case "chart" when xml.Prefix == "c" && _tables.Count == 0:
                foreach (var block in chartOf(xml.Attribute("id"))) Ready.Enqueue(block);
                break;
            case "den" when paragraph is not null: Say(paragraph, "/"); break;
            case "sup" when paragraph is not null && xml.Prefix == "m": Say(paragraph, "^"); break;
            case "sub" when paragraph is not null && xml.Prefix == "m": Say(paragraph, "_"); break;
            case "tbl" when _tables.Count < TablesDepthMax: _tables.Push(new OfficeTable(null)); break;
            case "tr": Table?.BeginRow(); break;
            case "tc": Table?.BeginCell(); break;
            case "gridSpan" when int.TryParse(xml.Attribute("val"), out var span): Table?.SpanCell(span); break;
            case "gridBefore" when int.TryParse(xml.Attribute("val"), out var span): Table?.SkipCells(span); break;
            case "vMerge" when xml.Attribute("val") != "restart": Table?.RepeatAbove(); break;
        }
    }

    private OfficeTable? Table => _tables.TryPeek(out var table) ? table : null;

    private void Leave()
    {
        switch (xml.LocalName)
        {
            case "p" when _paragraphs.TryPop(out var paragraph): End(paragraph); break;
            case "tc": Table?.EndCell(); break;
            case "tr" when Table?.EndRow() is { } full && _tables.Count == 1: Ready.Enqueue(full); break;
            case "tbl" when _tables.TryPop(out var table): End(table); break;
        }
    }

    private void End(Paragraph paragraph)
    {
        var text = paragraph.Text.ToString();
        if (string.IsNullOrWhiteSpace(text)) return;
        if (NumberOf(paragraph) is { Length: > 0 } number) text = $"{number} {text}";
        if (Table is { IsInCell: true } table)
        {
            table.Say(text);
            return;
        }

        var (kind, level) = paragraph.OutlineLevel is { } outline
            ? (BlockKind.Heading, outline)
            : styles.Of(paragraph.Style);
        if (kind is BlockKind.Paragraph or BlockKind.ListItem && paragraph.ListLevel is { } list)
            (kind, level) = (BlockKind.ListItem, list);
        Ready.Enqueue(new Block(kind, text, level));
    }

    private string NumberOf(Paragraph paragraph)
    {
        var ofStyle = styles.NumberOf(paragraph.Style);
        if ((paragraph.Number ?? ofStyle?.Number) is not { } number || number == "0") return "";
        var level = paragraph.ListLevel - 1 ?? ofStyle?.Level ?? numbering.LevelOf(number, paragraph.Style) ?? 0;
        return numbering.Count(number, level);
    }

    private void End(OfficeTable table)
    {
        if (Table is { IsInCell: true } outer) outer.Say(table.AsText());
        else if (table.Finish() is { } block) Ready.Enqueue(block);
    }

    private void Say(Paragraph paragraph, string text)
    {
        paragraph.Text.Append(text);
        if (paragraph.Text.Length <= ParagraphLengthMax || Table is { IsInCell: true }) return;
        Ready.Enqueue(new Block(BlockKind.Paragraph, paragraph.Text.ToString()));
        paragraph.Text.Clear();
    }

    // The same element is a stop among the properties of a paragraph and a tab in its text.
    private bool IsTabStop() => xml.AttributeCount > 0 && xml.LocalName == "tab" && xml.Attribute("val") is not null;
}
