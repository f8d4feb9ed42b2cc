using System.Xml;
using CodexOS.Knowledge.Extraction.Archives;

namespace CodexOS.Knowledge.Extraction.Office;

/// <summary>An Office file: an archive of parts that refer to one another.</summary>
internal sealed class OfficePackage : IDisposable
{
    private readonly BoundedArchive _archive;
    private readonly ReadContext _context;

    public OfficePackage(Stream content, ReadContext context)
    {
        _archive = new BoundedArchive(content, context.Limits);
        _context = context;
    }

    /// <summary>The part that everything hangs from, for instance word/document.xml.</summary>
    public string MainPart(string usual)
    {
        foreach (var (_, type, target) in Relations(""))
        {
            if (type is "officeDocument" && _archive.Has(target)) return target;
        }

        return usual;
    }

    public XmlReader Open(string part) => XmlParts.Open(_archive.Open(part));

    public XmlReader? TryOpen(string? part) =>
        part is not null && _archive.TryOpen(part) is { } stream ? XmlParts.Open(stream) : null;

    /// <summary>What a part refers to: the id, the last word of the type, and the part it leads to.</summary>
    public IReadOnlyList<(string Id, string Type, string Target)> Relations(string part)
    {
        var slash = part.LastIndexOf('/');
        var folder = slash < 0 ? "" : part[..(slash + 1)];
        using var xml = TryOpen($"{folder}_rels/{part[(slash + 1)..]}.rels");
        if (xml is null) return [];
        var relations = new List<(string, string, string)>();
        while (xml.Next(_context))
        {
            if (xml.NodeType is not XmlNodeType.Element || xml.LocalName != "Relationship") continue;
            if (xml.GetAttribute("TargetMode") == "External") continue;
            var type = xml.GetAttribute("Type") ?? "";
            var target = xml.GetAttribute("Target") ?? "";
            relations.Add((xml.GetAttribute("Id") ?? "", type[(type.LastIndexOf('/') + 1)..], Resolve(folder, target)));
        }

        return relations;
    }

    /// <summary>The part of a type that another part refers to.</summary>
    public string? Related(string part, string type)
    {
        foreach (var (_, ofType, target) in Relations(part))
        {
            if (ofType == type) return target;
        }

        return null;
    }

    /// <summary>The chart that a part shows, as a table.</summary>
    public IEnumerable<Block> Chart(string part, string? id, Place? place)
    {
        foreach (var (ofId, type, target) in Relations(part))
        {
            if (ofId != id || type != "chart") continue;
            using var xml = TryOpen(target);
            if (xml is null) continue;
            foreach (var block in ChartTable.Read(xml, place, _context)) yield return block;
        }
    }

    /// <summary>Who wrote the file, and when.</summary>
    public DocumentMetadata Metadata()
    {
        var metadata = new DocumentMetadata();
        using var xml = TryOpen("docProps/core.xml");
        if (xml is null) return metadata;
        while (xml.Next(_context))
        {
            if (xml.NodeType is not XmlNodeType.Element) continue;
            metadata = xml.LocalName switch
            {
                "title" => metadata with { Title = xml.TextInside(_context) },
                "creator" => metadata with { Author = xml.TextInside(_context) },
                "created" => metadata with { CreatedAt = Date(xml.TextInside(_context)) },
                "modified" => metadata with { ModifiedAt = Date(xml.TextInside(_context)) },
                _ => metadata,
            };
        }

        return metadata;
    }

    public void Dispose() => _archive.Dispose();

    private static DateTimeOffset? Date(string text) => DateTimeOffset.TryParse(text, out var at) ? at : null;

    private static string Resolve(string folder, string target)
    {
        if (target.StartsWith('/')) return target[1..];
        var parts = new List<string>();
        foreach (var part in (folder + target).Split('/'))
        {
            if (part is "..")
            {
                if (parts.Count > 0) parts.RemoveAt(parts.Count - 1);
            }
            else if (part is not ("." or "")) parts.Add(part);
        }

        return string.Join('/', parts);
    }
}
