using System.Text;

namespace CodexOS.Knowledge.Extraction.Texts;

/// <summary>Reads plain text: paragraphs are what blank lines part. The lines of a paragraph stay lines.</summary>
internal sealed class PlainTextReader : IDocumentReader
{
    private const int ParagraphLengthMax = 16 * 1024;

    public IEnumerable<Block> Read(Stream content, ReadContext context)
    {
        using var text = new StreamReader(content, context.Encoding, true, -1, leaveOpen: true);
        var lines = new LineReader(text, context);
        var paragraph = new StringBuilder();
        var first = 1;
        while (lines.Next() is { } line)
        {
            var isBlank = string.IsNullOrWhiteSpace(line);
            if (paragraph.Length > 0 && (isBlank || paragraph.Length + line.Length > ParagraphLengthMax))
            {
                yield return Make(paragraph, first);
            }

            if (isBlank) continue;
            if (paragraph.Length == 0) first = lines.Number;
            else paragraph.Append('\n');
            paragraph.Append(line.AsSpan().TrimEnd());
        }

        if (paragraph.Length > 0) yield return Make(paragraph, first);
    }

    private static Block Make(StringBuilder paragraph, int line)
    {
        var block = new Block(BlockKind.Paragraph, paragraph.ToString(), 0, new Place(PlaceKind.Line, line));
        paragraph.Clear();
        return block;
    }
}

/// <summary>
/// Reads lines with their numbers. A line too long to be held comes in pieces, cut at a space where there is one.
/// </summary>
internal sealed class LineReader(TextReader text, ReadContext context)
{
    private const int LineLengthMax = 16 * 1024;

    private readonly char[] _buffer = new char[LineLengthMax];
    private int _at;
    private int _end;
    private bool _isInLine;

    /// <summary>The number of the line read last, from one.</summary>
    public int Number { get; private set; }

    public string? Next()
    {
        context.Check();
        if (!_isInLine) Number++;
        var span = _buffer.AsSpan(_at, _end - _at);
        var stop = span.IndexOfAny('\n', '\r');
        if (stop < 0 || (stop == span.Length - 1 && span[stop] == '\r'))
        {
            Fill();
            span = _buffer.AsSpan(_at, _end - _at);
            stop = span.IndexOfAny('\n', '\r');
        }

        if (span.IsEmpty) return null;
        if (stop < 0)
        {
            _isInLine = span.Length == LineLengthMax;
            var cut = _isInLine ? Cut(span) : span.Length;
            _at += cut;
            return span[..cut].ToString();
        }

        _isInLine = false;
        _at += stop + (span[stop] == '\r' && stop + 1 < span.Length && span[stop + 1] == '\n' ? 2 : 1);
        return span[..stop].ToString();
    }

    private static int Cut(ReadOnlySpan<char> span)
    {
        var space = span.LastIndexOf(' ');
        if (space > span.Length / 2) return space + 1;
        return char.IsHighSurrogate(span[^1]) ? span.Length - 1 : span.Length;
    }

    private void Fill()
    {
        var left = _end - _at;
        if (left > 0) Array.Copy(_buffer, _at, _buffer, 0, left);
        _at = 0;
        _end = left + text.ReadBlock(_buffer, left, LineLengthMax - left);
    }
}
