using System.Text;
using System.Xml;
using CodexOS.Knowledge.Extraction.Archives;

namespace CodexOS.Knowledge.Extraction.Web;

/// <summary>
/// Reads XML of any kind: each element that holds text is a line that names it, and each child of the root is a paragraph
/// of such lines; of a feed each entry. HTML inside of it, as in feeds, loses its tags.
/// </summary>
internal sealed class XmlTextReader : IDocumentReader
{
    private const int ParagraphLengthMax = 4_000;

    public IEnumerable<Block> Read(Stream content, ReadContext context)
    {
        using var text = new StreamReader(content, context.Encoding, true, -1, leaveOpen: true);
        using var xml = XmlParts.Open(text, DtdProcessing.Ignore);
        var paragraph = new StringBuilder();
        var line = new StringBuilder();
        string name = "", root = "";
        while (xml.Next(context))
        {
            if (xml.NodeType is XmlNodeType.Element or XmlNodeType.EndElement)
            {
                // What ends right after a child has ended holds children of its own: it is an entry, not a line.
                var isPart = xml.NodeType is XmlNodeType.EndElement && name.Length == 0 && line.Length == 0
                    && xml.Depth <= (root is "rss" or "RDF" ? 2 : 1);
                EndLine(paragraph, line, name);
                if (root.Length == 0) root = xml.LocalName;
                name = xml.NodeType is XmlNodeType.Element ? xml.LocalName : "";
                if (xml.NodeType is XmlNodeType.Element) Attributes(xml, line);
                if (xml.IsEmptyElement) EndLine(paragraph, line, name);

                if ((isPart || paragraph.Length > ParagraphLengthMax) && paragraph.Length > 0) yield return Take(paragraph);
            }
            else if (xml.IsText())
            {
                Say(line, xml.Value);
                if (line.Length > ParagraphLengthMax * 4)
                {
                    EndLine(paragraph, line, name);
                    yield return Take(paragraph);
                }
            }
        }

        if (paragraph.Length > 0) yield return Take(paragraph);
    }

    private static void Attributes(XmlReader xml, StringBuilder line)
    {
        for (var more = xml.MoveToFirstAttribute(); more; more = xml.MoveToNextAttribute())
        {
            if (xml.Prefix is "xmlns" or "xsi" || xml.Name is "xmlns" || string.IsNullOrWhiteSpace(xml.Value)) continue;
            if (line.Length > 0) line.Append(", ");
            line.Append(xml.LocalName).Append('=').Append(xml.Value);
        }

        xml.MoveToElement();
    }

    private static void Say(StringBuilder line, string text)
    {
        if (string.IsNullOrWhiteSpace(text)) return;
        if (line.Length > 0) line.Append(' ');
        if (!text.Contains("</", StringComparison.Ordinal))
        {
            line.Append(text.Trim());
            return;
        }

        using var markup = new StringReader(text);
        var scanner = new HtmlScanner(markup);
        for (var token = scanner.Next(); token is not HtmlToken.End; token = scanner.Next())
        {
            if (token is HtmlToken.Text) line.Append(scanner.Value);
            else if (line.Length > 0 && line[^1] != ' ') line.Append(' ');
        }
    }

    private static void EndLine(StringBuilder paragraph, StringBuilder line, string name)
    {
        if (line.Length == 0) return;
        if (paragraph.Length > 0) paragraph.Append('\n');
        if (name.Length > 0) paragraph.Append(name).Append(": ");
        paragraph.Append(BlockText.Collapse(line.ToString()));
        line.Clear();
    }

    private static Block Take(StringBuilder paragraph)
    {
        var block = new Block(BlockKind.Paragraph, paragraph.ToString());
        paragraph.Clear();
        return block;
    }
}
