using System.Text;
using System.Xml;
using CodexOS.Knowledge.Extraction.Archives;
using CodexOS.Knowledge.Extraction.Web;

namespace CodexOS.Knowledge.Extraction.Books;

/// <summary>Reads books: the chapters in the order of the spine, which is the order of reading.</summary>
internal sealed class EpubReader : IDocumentReader
{
    public IEnumerable<Block> Read(Stream content, ReadContext context)
    {
        using var archive = new BoundedArchive(content, context.Limits);
        var package = PackagePart(archive, context);
        var chapters = Chapters(archive, package, context);
        context.CheckPages(chapters.Count, "chapters");
        var metadata = context.Metadata = context.Metadata with { Pages = chapters.Count };
        if (IsEncrypted(archive, chapters, context)) throw new DocumentException(ExtractionFaults.Encrypted("The book"));
        for (var i = 0; i < chapters.Count; i++)
        {
            if (archive.TryOpen(chapters[i]) is not { } stream) continue;
            using var text = new StreamReader(stream, Encoding.UTF8);
            foreach (var block in HtmlBlocks.Read(text, context, new Place(PlaceKind.Chapter, i + 1)))
            {
                // The titles of chapters are not the book's.
                context.Metadata = metadata;
                yield return block;
            }
        }
    }

    private static string PackagePart(BoundedArchive archive, ReadContext context)
    {
        using var xml = XmlParts.Open(archive.Open("META-INF/container.xml"));
        while (xml.Next(context))
        {
            if (xml.NodeType is XmlNodeType.Element && xml.LocalName == "rootfile" && xml.GetAttribute("full-path") is { } path)
                return path;
        }

        throw new DocumentException(ExtractionFaults.Damaged("its container names no package"));
    }

    private static List<string> Chapters(BoundedArchive archive, string package, ReadContext context)
    {
        var folder = package[..(package.LastIndexOf('/') + 1)];
        var items = new Dictionary<string, string>(StringComparer.Ordinal);
        var chapters = new List<string>();
        using var xml = XmlParts.Open(archive.Open(package), DtdProcessing.Ignore);
        while (xml.Next(context))
        {
            if (xml.NodeType is not XmlNodeType.Element) continue;
            switch (xml.LocalName)
            {
                case "item" when xml.GetAttribute("id") is { } id && xml.GetAttribute("href") is { } href
                    && xml.GetAttribute("properties") is not "nav":
                    items[id] = folder + Uri.UnescapeDataString(href);
                    break;
                case "itemref" when xml.GetAttribute("linear") != "no" && items.TryGetValue(xml.GetAttribute("idref") ?? "", out var part):
                    chapters.Add(part);
                    break;
                case "title": context.Metadata = context.Metadata with { Title = context.Metadata.Title ?? xml.TextInside(context) }; break;
                case "creator": context.Metadata = context.Metadata with { Author = context.Metadata.Author ?? xml.TextInside(context) }; break;
                case "date" when DateTimeOffset.TryParse(xml.TextInside(context), out var at):
                    context.Metadata = context.Metadata with { CreatedAt = at };
                    break;
            }
        }

        return chapters;
    }

    // Fonts may be scrambled in a book that is open to read; only its chapters count.
    private static bool IsEncrypted(BoundedArchive archive, List<string> chapters, ReadContext context)
    {
        if (archive.TryOpen("META-INF/encryption.xml") is not { } stream) return false;
        var parts = chapters.ToHashSet(StringComparer.OrdinalIgnoreCase);
        using var xml = XmlParts.Open(stream);
        while (xml.Next(context))
        {
            if (xml.NodeType is XmlNodeType.Element && xml.LocalName == "CipherReference"
                && parts.Contains(Uri.UnescapeDataString(xml.GetAttribute("URI") ?? ""))) return true;
        }

        return false;
    }
}
