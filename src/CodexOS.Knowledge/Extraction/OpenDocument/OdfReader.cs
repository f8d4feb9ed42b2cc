using System.Text;
using System.Xml;
using CodexOS.Knowledge.Extraction.Archives;
using CodexOS.Knowledge.Extraction.Office;

namespace CodexOS.Knowledge.Extraction.OpenDocument;

/// <summary>Reads OpenDocument texts, spreadsheets and presentations, which hold all of their content in one part.</summary>
internal sealed class OdfReader : IDocumentReader
{
    public IEnumerable<Block> Read(Stream content, ReadContext context)
    {
        using var archive = new BoundedArchive(content, context.Limits);
        if (IsEncrypted(archive, context)) throw new DocumentException(ExtractionFaults.Encrypted("The OpenDocument file"));
        context.Metadata = Metadata(archive, context);
        using var xml = XmlParts.Open(archive.Open("content.xml"));
        var story = new OdfStory(xml, context);
        while (story.Next())
        {
            while (story.Ready.TryDequeue(out var block)) yield return block;
        }
    }

    private static bool IsEncrypted(BoundedArchive archive, ReadContext context)
    {
        if (archive.TryOpen("META-INF/manifest.xml") is not { } stream) return false;
        using var xml = XmlParts.Open(stream, DtdProcessing.Ignore);
        while (xml.Next(context))
        {
            if (xml.NodeType is XmlNodeType.Element && xml.LocalName == "encryption-data") return true;
        }

        return false;
    }

    private static DocumentMetadata Metadata(BoundedArchive archive, ReadContext context)
    {
        var metadata = new DocumentMetadata();
        if (archive.TryOpen("meta.xml") is not { } stream) return metadata;
        using var xml = XmlParts.Open(stream);
        while (xml.Next(context))
        {
            if (xml.NodeType is not XmlNodeType.Element) continue;
            metadata = xml.LocalName switch
            {
                "title" => metadata with { Title = xml.TextInside(context) },
                "initial-creator" => metadata with { Author = xml.TextInside(context) },
                "creator" => metadata with { Author = metadata.Author ?? xml.TextInside(context) },
                "creation-date" => metadata with { CreatedAt = Date(xml.TextInside(context)) },
                "date" => metadata with { ModifiedAt = Date(xml.TextInside(context)) },
                _ => metadata,
            };
        }

        return metadata;
    }

    private static DateTimeOffset? Date(string text) => DateTimeOffset.TryParse(text, out var at) ? at : null;
}

/// <summary>The content as it is read.</summary>
internal sealed class OdfStory(XmlReader xml, ReadContext context)
{
    private const int TablesDepthMax = 8;
    private const int RepeatMax = 64;
    private const int SpacesMax = 100;

    private readonly Stack<OfficeTable> _tables = new();
    private readonly Stack<(StringBuilder Text, int HeadingLevel)> _paragraphs = new();
    private int _lists;
    private int _pages;
    private int _notes;
    private int _repeat = 1;
    private bool _isTitle;
    private Place? _place;

    public Queue<Block> Ready { get; } = new();

    private OfficeTable? Table => _tables.TryPeek(out var table) ? table : null;

    public bool Next()
    {
        if (!xml.Next(context)) return false;
        if (xml.NodeType is XmlNodeType.Element) Enter();
        else if (xml.NodeType is XmlNodeType.EndElement) Leave(xml.LocalName);
        else if (xml.IsText() && _paragraphs.TryPeek(out var paragraph)) Say(paragraph.Text, xml.Value);
        return true;
    }

    private void Enter()
    {
        var text = _paragraphs.TryPeek(out var paragraph) ? paragraph.Text : null;
        switch (xml.LocalName)
        {
            case "tracked-changes" or "annotation" or "automatic-styles" or "forms" or "desc" or "note-citation" or "ruby-text"
                or "sequence-decls" or "font-face-decls" or "scripts":
                xml.Pass(context);
                break;
            case "h" when !xml.IsEmptyElement:
                var level = int.TryParse(xml.Attribute("outline-level"), out var outline) ? Math.Clamp(outline, 1, 9) : 1;
                _paragraphs.Push((new StringBuilder(), level));
                break;
            case "p" when !xml.IsEmptyElement: _paragraphs.Push((new StringBuilder(), _isTitle ? 1 : 0)); break;
            case "s" when text is not null:
                text.Append(' ', int.TryParse(xml.Attribute("c"), out var spaces) ? Math.Clamp(spaces, 1, SpacesMax) : 1);
                break;
            case "tab": text?.Append('\t'); break;
            case "line-break": text?.Append('\n'); break;
            case "list" when !xml.IsEmptyElement: context.CheckDepth(++_lists); break;
            case "frame": _isTitle = xml.Attribute("class") is "title" or "subtitle"; break;
            case "notes" when xml.Prefix == "presentation" && !xml.IsEmptyElement: _notes++; break;
            case "page" when xml.Prefix == "draw":
                context.CheckPages(++_pages, "slides");
                _place = new Place(PlaceKind.Slide, _pages, xml.Attribute("name"));
                break;
            case "table" when !xml.IsEmptyElement: EnterTable(); break;
            case "table-row": Table?.BeginRow(); break;
            case "table-cell" or "covered-table-cell":
                _repeat = int.TryParse(xml.Attribute("number-columns-repeated"), out var repeat) ? Math.Clamp(repeat, 1, RepeatMax) : 1;
                Table?.BeginCell();
                if (xml.IsEmptyElement) Leave(xml.LocalName);
                break;
        }
    }

    private void EnterTable()
    {
        // The tables of a spreadsheet are its sheets; only they stand outside of texts and pages and have a print state.
        if (context.Format is DocumentFormat.Ods && _tables.Count == 0)
        {
            context.CheckPages(++_pages, "sheets");
            _place = new Place(PlaceKind.Sheet, _pages, xml.Attribute("name"));
            Ready.Enqueue(new Block(BlockKind.Heading, _place.Value.Name ?? $"Sheet {_pages}", 1, _place));
        }

        if (_tables.Count >= TablesDepthMax) xml.Pass(context);
        else _tables.Push(new OfficeTable(_place));
    }

    private void Leave(string name)
    {
        switch (name)
        {
            case "p" or "h" when _paragraphs.TryPop(out var paragraph): End(paragraph.Text.ToString(), paragraph.HeadingLevel); break;
            case "list": _lists = Math.Max(0, _lists - 1); break;
            case "frame": _isTitle = false; break;
            case "notes": _notes = Math.Max(0, _notes - 1); break;
            case "table-cell" or "covered-table-cell":
                if (_repeat > 1) Table?.RepeatCell(_repeat);
                Table?.EndCell();
                _repeat = 1;
                break;
            case "table-row" when Table?.EndRow() is { } full && _tables.Count == 1: Ready.Enqueue(full); break;
            case "table" when _tables.TryPop(out var table):
                if (Table is { IsInCell: true } outer) outer.Say(table.AsText());
                else if (table.Finish() is { } block) Ready.Enqueue(block);
                break;
        }
    }

    private void End(string text, int headingLevel)
    {
        if (string.IsNullOrWhiteSpace(text)) return;
        if (Table is { IsInCell: true } table) table.Say(text);
        else if (headingLevel > 0) Ready.Enqueue(new Block(BlockKind.Heading, BlockText.Collapse(text), headingLevel, _place));
        else if (_notes > 0) Ready.Enqueue(new Block(BlockKind.Quote, text, 0, _place));
        else if (_lists > 0) Ready.Enqueue(new Block(BlockKind.ListItem, text, _lists, _place));
        else Ready.Enqueue(new Block(BlockKind.Paragraph, text, 0, _place));
    }

    // White space in the file is layout of the XML; real runs of it are elements of their own.
    private static void Say(StringBuilder text, string words)
    {
        foreach (var c in words)
        {
            if (!char.IsWhiteSpace(c)) text.Append(c);
            else if (text.Length > 0 && !char.IsWhiteSpace(text[^1])) text.Append(' ');
        }
    }
}
