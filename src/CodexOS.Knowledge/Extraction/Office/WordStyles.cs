using System.Xml;
using CodexOS.Knowledge.Extraction.Archives;

namespace CodexOS.Knowledge.Extraction.Office;

/// <summary>What the styles of a Word document say of a paragraph: that it is a heading, code, a quote or a list item.</summary>
internal sealed class WordStyles
{
    private const int BasesMax = 16;

    private readonly Dictionary<string, Style> _styles = new(StringComparer.Ordinal);

    private sealed record Style(string Name, string? BasedOn, int? OutlineLevel, string? Number, int? NumberLevel);

    public static WordStyles Read(OfficePackage package, string mainPart, ReadContext context)
    {
        var styles = new WordStyles();
        using var xml = package.TryOpen(package.Related(mainPart, "styles"));
        if (xml is null) return styles;
        string? id = null;
        var style = new Style("", null, null, null, null);
        while (xml.Next(context))
        {
            if (xml.NodeType is not XmlNodeType.Element) continue;
            switch (xml.LocalName)
            {
                case "style":
                    id = xml.Attribute("styleId");
                    style = new Style("", null, null, null, null);
                    break;
                case "name": style = style with { Name = xml.Attribute("val") ?? "" }; break;
                case "basedOn": style = style with { BasedOn = xml.Attribute("val") }; break;
                case "numId": style = style with { Number = xml.Attribute("val") }; break;
                case "ilvl" when int.TryParse(xml.Attribute("val"), out var depth): style = style with { NumberLevel = depth }; break;
                case "outlineLvl" when int.TryParse(xml.Attribute("val"), out var level):
                    style = style with { OutlineLevel = level };
                    break;
                default: continue;
            }

            if (id is not null) styles._styles[id] = style;
        }

        return styles;
    }

    /// <summary>The kind and the level that a style gives a paragraph.</summary>
    public (BlockKind Kind, int Level) Of(string? id)
    {
        var isList = false;
        for (var i = 0; i < BasesMax && id is not null; i++)
        {
            if (!_styles.TryGetValue(id, out var style)) return (ByName(id) is { } byId ? byId : Plain(isList));
            if (style.OutlineLevel is >= 0 and < 9) return (BlockKind.Heading, style.OutlineLevel.Value + 1);
            if (ByName(style.Name) is { } named) return named;
            isList |= style.Number is not null and not "0";
            id = style.BasedOn;
        }

        return Plain(isList);
    }

    /// <summary>The scheme that numbers the paragraphs of a style, and their level in it, from zero.</summary>
    public (string Number, int? Level)? NumberOf(string? id)
    {
        int? level = null;
        for (var i = 0; i < BasesMax && id is not null && _styles.TryGetValue(id, out var style); i++, id = style.BasedOn)
        {
            level ??= style.NumberLevel;
            if (style.Number is { } number) return number == "0" ? null : (number, level);
        }

        return null;
    }

    private static (BlockKind, int) Plain(bool isList) => isList ? (BlockKind.ListItem, 1) : (BlockKind.Paragraph, 0);

    private static (BlockKind, int)? ByName(string name)
    {
        var lower = name.ToLowerInvariant().Replace(" ", "", StringComparison.Ordinal);
        if (lower is "title") return (BlockKind.Heading, 1);
        if (lower.StartsWith("heading", StringComparison.Ordinal) && lower.Length == 8 && char.IsAsciiDigit(lower[7]))
            return (BlockKind.Heading, Math.Max(1, lower[7] - '0'));
        if (lower.StartsWith("listparagraph", StringComparison.Ordinal)) return null;
        if (lower.StartsWith("listbullet", StringComparison.Ordinal) || lower.StartsWith("listnumber", StringComparison.Ordinal))
            return (BlockKind.ListItem, char.IsAsciiDigit(lower[^1]) ? lower[^1] - '0' : 1);
        if (lower is "quote" or "intensequote") return (BlockKind.Quote, 0);
        return lower.Contains("code", StringComparison.Ordinal) || lower is "htmlpreformatted"
            ? (BlockKind.Code, 0) : null;
    }
}
