using System.Text;
using System.Xml;
using CodexOS.Knowledge.Extraction.Archives;

namespace CodexOS.Knowledge.Extraction.Office;

/// <summary>Reads presentations: slide after slide as they are shown, each with its notes. Hidden slides are left out.</summary>
internal sealed class PptxReader : IDocumentReader
{
    public IEnumerable<Block> Read(Stream content, ReadContext context)
    {
        using var package = new OfficePackage(content, context);
        var main = package.MainPart("ppt/presentation.xml");
        var slides = Slides(package, main, context);
        context.CheckPages(slides.Count, "slides");
        context.Metadata = package.Metadata() with { Pages = slides.Count };
        for (var i = 0; i < slides.Count; i++)
        {
            context.CheckNow();
            var place = new Place(PlaceKind.Slide, i + 1);
            using (var xml = package.Open(slides[i]))
            {
                var slide = slides[i];
                var shapes = new SlideReader(xml, place, id => package.Chart(slide, id, place), context);
                foreach (var block in shapes.Read()) yield return block;
            }

            using var notes = package.TryOpen(package.Related(slides[i], "notesSlide"));
            if (notes is null) continue;
            foreach (var block in new SlideReader(notes, place, chartOf: null, context).Read()) yield return block;
        }
    }

    // The order is that of the list in the presentation; file names say nothing.
    private static List<string> Slides(OfficePackage package, string main, ReadContext context)
    {
        var targets = package.Relations(main).Where(relation => relation.Type == "slide")
            .GroupBy(relation => relation.Id, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.First().Target, StringComparer.Ordinal);
        var slides = new List<string>();
        using var xml = package.Open(main);
        while (xml.Next(context))
        {
            if (xml.NodeType is not XmlNodeType.Element || xml.LocalName != "sldId") continue;
            for (var more = xml.MoveToFirstAttribute(); more; more = xml.MoveToNextAttribute())
            {
                if (xml.LocalName == "id" && xml.Prefix.Length > 0 && targets.TryGetValue(xml.Value, out var slide)) slides.Add(slide);
            }

            xml.MoveToElement();
        }

        return slides;
    }
}

/// <summary>One slide, or the notes to one. Its shapes stand in the order they were drawn, which is that of reading.</summary>
/// <param name="chartOf">Reads a chart by its id; null for notes, which have none.</param>
internal sealed class SlideReader(XmlReader xml, Place place, Func<string?, IEnumerable<Block>>? chartOf, ReadContext context)
{
    private readonly StringBuilder _text = new();
    private OfficeTable? _table;
    private string _placeholder = "";
    private int _level;
    private bool _isBullet;

    public IEnumerable<Block> Read()
    {
        while (xml.Next(context))
        {
            if (xml.NodeType is XmlNodeType.Element)
            {
                if (xml.LocalName == "sld" && xml.GetAttribute("show") is "0" or "false") yield break;
                Enter();
                if (xml.LocalName != "chart" || xml.Prefix != "c" || chartOf is null) continue;
                foreach (var block in chartOf(xml.Attribute("id"))) yield return block;
            }
            else if (xml.NodeType is XmlNodeType.EndElement && Leave() is { } block)
            {
                yield return block;
            }
        }
    }

    private void Enter()
    {
        switch (xml.LocalName)
        {
            case "Fallback": xml.Pass(context); break;
            case "sp": _placeholder = ""; break;
            case "ph": _placeholder = xml.GetAttribute("type") ?? "body"; break;
            case "p" when !xml.IsEmptyElement:
                _text.Clear();
                (_level, _isBullet) = (1, false);
                break;
            case "pPr" when int.TryParse(xml.GetAttribute("lvl"), out var level): _level = Math.Clamp(level, 0, 8) + 1; break;
            case "buChar" or "buAutoNum": _isBullet = true; break;
            case "t": _text.Append(xml.TextInside(context)); break;
            case "br": _text.Append('\n'); break;
            case "tbl": _table = new OfficeTable(place); break;
            case "tr": _table?.BeginRow(); break;
            case "tc":
                _table?.BeginCell();
                if (xml.GetAttribute("hMerge") is "1" or "true") _table?.Say("");
                if (xml.GetAttribute("vMerge") is "1" or "true") _table?.RepeatAbove();
                break;
        }
    }

    private Block? Leave()
    {
        switch (xml.LocalName)
        {
            case "p": return End();
            case "tc": _table?.EndCell(); break;
            case "tr": return _table?.EndRow();
            case "tbl":
                var last = _table?.Finish();
                _table = null;
                return last;
        }

        return null;
    }

    private Block? End()
    {
        var text = _text.ToString();
        _text.Clear();
        if (string.IsNullOrWhiteSpace(text)) return null;
        if (_table is { IsInCell: true })
        {
            _table.Say(text);
            return null;
        }

        if (chartOf is null) return _placeholder is "body" ? new Block(BlockKind.Quote, text, 0, place) : null;
        return _placeholder switch
        {
            "title" or "ctrTitle" => new Block(BlockKind.Heading, BlockText.Collapse(text), 1, place),
            "subTitle" => new Block(BlockKind.Heading, BlockText.Collapse(text), 2, place),
            "sldNum" or "dt" or "ftr" or "hdr" => null,
            "body" or "obj" => new Block(BlockKind.ListItem, text, _level, place),
            _ => _isBullet ? new Block(BlockKind.ListItem, text, _level, place) : new Block(BlockKind.Paragraph, text, 0, place),
        };
    }
}
