using System.Text;

namespace CodexOS.Knowledge.Extraction.Texts;

/// <summary>
/// Reads source code of any language: it is cut before a line that begins at the left edge after a blank one, where
/// languages begin a function, a class or a rule. Small neighbours stay together.
/// </summary>
internal sealed class CodeReader : IDocumentReader
{
    private const int PieceLengthMin = 400;
    private const int PieceLengthMax = 8 * 1024;

    public IEnumerable<Block> Read(Stream content, ReadContext context)
    {
        using var text = new StreamReader(content, context.Encoding, true, -1, leaveOpen: true);
        var lines = new LineReader(text, context);
        var piece = new StringBuilder();
        var first = 1;
        var isAfterBlank = false;
        while (lines.Next() is { } line)
        {
            var isBlank = string.IsNullOrWhiteSpace(line);
            var isCut = !isBlank && piece.Length > 0
                && ((isAfterBlank && IsOuter(line) && piece.Length >= PieceLengthMin)
                    || piece.Length + line.Length > PieceLengthMax);
            if (isCut) yield return Take(piece, first);
            isAfterBlank = isBlank;
            if (piece.Length == 0)
            {
                if (isBlank) continue;
                first = lines.Number;
            }
            else
            {
                piece.Append('\n');
            }

            piece.Append(line.AsSpan().TrimEnd());
        }

        if (piece.Length > 0) yield return Take(piece, first);
    }

    // What closes a block belongs to what it closes.
    private static bool IsOuter(string line) => !char.IsWhiteSpace(line[0]) && line[0] is not ('}' or ')' or ']');

    private static Block Take(StringBuilder piece, int line)
    {
        var block = new Block(BlockKind.Code, piece.ToString(), 0, new Place(PlaceKind.Line, line));
        piece.Clear();
        return block;
    }
}
