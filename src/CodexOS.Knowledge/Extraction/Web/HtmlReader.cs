namespace CodexOS.Knowledge.Extraction.Web;

/// <summary>Reads web pages: their main part where they mark one, else all of them.</summary>
internal sealed class HtmlReader : IDocumentReader
{
    private const int BufferSizeBytes = 64 * 1024;

    public IEnumerable<Block> Read(Stream content, ReadContext context)
    {
        // A main part may be marked and empty, as pages that scripts fill have it; then the page is all there is.
        var hasBlocks = false;
        if (MayHaveMain(content, context))
        {
            foreach (var block in Blocks(content, context, isMainOnly: true))
            {
                hasBlocks = true;
                yield return block;
            }
        }

        if (hasBlocks) yield break;
        foreach (var block in Blocks(content, context, isMainOnly: false)) yield return block;
    }

    private static IEnumerable<Block> Blocks(Stream content, ReadContext context, bool isMainOnly)
    {
        content.Position = 0;
        using var text = new StreamReader(content, context.Encoding, true, -1, leaveOpen: true);
        foreach (var block in HtmlBlocks.Read(text, context, place: null, isMainOnly)) yield return block;
    }

    // The bytes are looked through before the page is read, which is far quicker than reading it twice.
    private static bool MayHaveMain(Stream content, ReadContext context)
    {
        const int Overlap = 16;
        var buffer = new byte[BufferSizeBytes];
        var kept = 0;
        content.Position = 0;
        while (content.Read(buffer, kept, buffer.Length - kept) is var read and > 0)
        {
            context.Check();
            var seen = buffer.AsSpan(0, kept + read);
            if (seen.IndexOf("<main"u8) >= 0 || seen.IndexOf("role=\"main\""u8) >= 0) return true;
            kept = Math.Min(Overlap, seen.Length);
            seen[^kept..].CopyTo(buffer);
        }

        return false;
    }
}
