using System.Xml;

namespace CodexOS.Knowledge.Extraction.Archives;

/// <summary>Reads XML from strangers: no document types, no entities from outside, nothing fetched.</summary>
internal static class XmlParts
{
    public static XmlReader Open(Stream stream, DtdProcessing dtd = DtdProcessing.Prohibit) =>
        XmlReader.Create(stream, Settings(dtd));

    public static XmlReader Open(TextReader text, DtdProcessing dtd = DtdProcessing.Prohibit) =>
        XmlReader.Create(text, Settings(dtd));

    /// <summary>Goes to the next node, within the limits of depth and time.</summary>
    public static bool Next(this XmlReader xml, ReadContext context)
    {
        context.Check();
        try
        {
            if (!xml.Read()) return false;
        }
        catch (Exception exception) when (exception is XmlException or InvalidDataException or EndOfStreamException)
        {
            throw new DocumentException(ExtractionFaults.Damaged("a part of it is not well-formed XML"));
        }

        if (xml.Depth > context.Limits.DepthMax) context.CheckDepth(xml.Depth);
        return true;
    }

    /// <summary>Passes an element with all that is in it, and stands on its end.</summary>
    public static void Pass(this XmlReader xml, ReadContext context)
    {
        if (xml.IsEmptyElement) return;
        var depth = xml.Depth;
        while (xml.Next(context) && xml.Depth > depth)
        {
        }
    }

    /// <summary>All text inside an element, which ends on its end.</summary>
    public static string TextInside(this XmlReader xml, ReadContext context)
    {
        if (xml.IsEmptyElement) return "";
        var depth = xml.Depth;
        var text = new System.Text.StringBuilder();
        while (xml.Next(context) && xml.Depth > depth)
        {
            if (xml.IsText()) text.Append(xml.Value);
        }

        return text.ToString();
    }

    public static bool IsText(this XmlReader xml) =>
        xml.NodeType is XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.SignificantWhitespace or XmlNodeType.Whitespace;

    /// <summary>
    /// An attribute by its local name, whatever its prefix: strict and transitional files differ in namespaces.
    /// </summary>
    public static string? Attribute(this XmlReader xml, string localName)
    {
        string? value = null;
        for (var more = xml.MoveToFirstAttribute(); more; more = xml.MoveToNextAttribute())
        {
            if (xml.LocalName == localName && xml.Prefix != "xmlns") value = xml.Value;
        }

        xml.MoveToElement();
        return value;
    }

    private static XmlReaderSettings Settings(DtdProcessing dtd) => new()
    {
        DtdProcessing = dtd,
        XmlResolver = null,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        MaxCharactersFromEntities = 1,
        CheckCharacters = false,
    };
}
