namespace CodexOS.Knowledge.Extraction.Web;

/// <summary>Reads web pages.</summary>
internal sealed class HtmlReader : IDocumentReader
{
    public IEnumerable<Block> Read(Stream content, ReadContext context)
    {
        using var text = new StreamReader(content, context.Encoding, true, -1, leaveOpen: true);
        foreach (var block in HtmlBlocks.Read(text, context, place: null)) yield return block;
    }
}
