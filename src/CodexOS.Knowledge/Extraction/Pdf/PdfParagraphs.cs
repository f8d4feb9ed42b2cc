using System.Text;
using System.Text.RegularExpressions;

namespace CodexOS.Knowledge.Extraction.Pdf;

/// <summary>Joins lines to paragraphs, and tells headings by the size and weight of their letters.</summary>
internal sealed partial class PdfParagraphs
{
    private const int HeadingLengthMax = 200;
    private const int ParagraphLengthMax = 8_000;

    private readonly Dictionary<int, long> _lettersBySize = [];
    private long _bold;
    private long _letters;

    /// <summary>Counts which size the running text has. The first pages count with those after them.</summary>
    public void Learn(PdfPage page)
    {
        foreach (var line in page.Lines)
        {
            var size = Tenths(line.Size);
            _lettersBySize[size] = _lettersBySize.GetValueOrDefault(size) + line.Text.Length;
            _letters += line.Text.Length;
            if (line.IsBold) _bold += line.Text.Length;
        }
    }

    /// <summary>The paragraphs of a page.</summary>
    public IEnumerable<Block> Join(PdfPage page)
    {
        if (page.Lines.Count == 0) yield break;
        var body = _lettersBySize.MaxBy(pair => pair.Value).Key / 10.0;
        var place = new Place(PlaceKind.Page, page.Number);
        var leading = Leading(page.Lines);
        var margins = page.Lines.GroupBy(line => line.Column).ToDictionary(
            group => group.Key, group => (Left: group.Min(line => line.Left), Right: group.Max(line => line.Right)));
        var lines = new List<PdfLine>();
        foreach (var line in page.Lines)
        {
            if (lines.Count > 0 && IsBreak(lines, line, leading, margins[line.Column], body))
            {
                if (Make(lines, body, place) is { } block) yield return block;
                lines.Clear();
            }

            lines.Add(line);
        }

        if (Make(lines, body, place) is { } last) yield return last;
    }

    private static bool IsBreak(
        List<PdfLine> paragraph, PdfLine line, double leading, (double Left, double Right) margins, double body)
    {
        var last = paragraph[^1];
        if (paragraph.Count * 100 > ParagraphLengthMax) return true;
        if (Math.Abs(line.Size - last.Size) > Math.Max(0.6, last.Size * 0.08)) return true;
        if (line.Column != last.Column) return !GoesOn(last, line);
        var drop = last.Baseline - line.Baseline;
        var step = Math.Min(leading > 0 ? leading : last.Size * 1.3, last.Size * 2);
        if (drop < 0) return !GoesOn(last, line);
        if (drop > Math.Max(step * 1.35, last.Size * 1.45)) return true;
        if (line.IsBold != last.IsBold && (last.IsBold ? paragraph.TrueForAll(one => one.IsBold) : IsHeadingLike(line, body)))
            return true;
        if (ListMark().IsMatch(line.Text)) return true;
        if (line.Cells > 1 || last.Cells > 1) return line.Cells > 1 != last.Cells > 1 && paragraph.Count > 1;

        // A line that ends early ends its paragraph; one that begins further in begins the next.
        var width = margins.Right - margins.Left;
        var isLastShort = last.Right < margins.Right - (width * 0.15) && EndsSentence(last.Text);
        var isIndented = line.Left > last.Left + (line.Size * 0.9) && line.Left < margins.Left + (line.Size * 4)
            && last.Left < margins.Left + (line.Size * 0.5) && paragraph.Count > 1;
        return !RightToLeft.IsMostly(line.Text) && (isLastShort || isIndented);
    }

    // A paragraph goes on in the next column when it stops in mid sentence.
    private static bool GoesOn(PdfLine last, PdfLine next) =>
        !EndsSentence(last.Text) && next.Text.Length > 0 && char.IsLower(next.Text[0]) && last.Cells == 1 && next.Cells == 1;

    private static bool IsHeadingLike(PdfLine line, double body) => line.Size > body * 1.12 || line.IsBold;

    private static bool EndsSentence(string text) => text.Length > 0 && text[^1] is '.' or '!' or '?' or ':' or '。' or '”' or '"';

    // Rules and stray signs without a letter or a digit say nothing.
    private Block? Make(List<PdfLine> lines, double body, Place place)
    {
        var text = Text(lines);
        if (!text.Any(char.IsLetterOrDigit)) return null;
        if (LevelOf(lines, text, body) is { } level)
            return new Block(BlockKind.Heading, BlockText.Collapse(text), level, place);
        return ListMark().Match(text) is { Success: true } mark && mark.Length < text.Length
            ? new Block(BlockKind.ListItem, char.IsAsciiDigit(text.TrimStart('(')[0]) ? text : text[mark.Length..], 1, place)
            : new Block(BlockKind.Paragraph, text, 0, place);
    }

    private int? LevelOf(List<PdfLine> lines, string text, double body)
    {
        if (text.Length is < 2 or > HeadingLengthMax || lines.Count > 4 || !text.Any(char.IsLetter)) return null;
        if (lines.Exists(line => line.Cells > 2)) return null;
        var ratio = lines.Max(line => line.Size) / body;
        var isBold = lines.TrueForAll(line => line.IsBold) && _bold * 3 < _letters;
        if (text[^1] is '.' or ',' or ';' && ratio < 1.3) return null;
        if (text[^1] is ':' && ratio < 1.1) return null;
        if (ratio < 1.12 && !(isBold && ratio > 0.9 && lines.Count <= 2)) return null;
        if (SectionNumber().Match(text) is { Success: true } number)
            return Math.Min(6, number.Groups["number"].Value.Count(c => c == '.') + 2);
        return ratio switch { >= 1.6 => 1, >= 1.25 => 2, >= 1.12 => 3, _ => 4 };
    }

    private static string Text(List<PdfLine> lines)
    {
        var text = new StringBuilder();
        foreach (var line in lines)
        {
            if (text.Length > 0) Append(text, line.Text, line.Cells > 1);
            else text.Append(line.Text);
        }

        return Leaders().Replace(text.ToString(), " … ");
    }

    // Rows of tables stay lines. A word that was parted at the end of a line is made whole.
    private static void Append(StringBuilder text, string line, bool isRow)
    {
        if (line.Length == 0) return;
        if (isRow)
        {
            text.Append('\n').Append(line);
            return;
        }

        var last = text[^1];
        if (last is '\u00AD' || (last is '-' or '\u2010' && text.Length > 1 && char.IsLower(text[^2]) && char.IsLower(line[0])))
            text.Length--;
        else if (!(IsWide(last) && IsWide(line[0]))) text.Append(' ');
        text.Append(line);
    }

    // Chinese and Japanese have no spaces between words.
    private static bool IsWide(char c) => c is (>= '\u2E80' and <= '\u9FFF') or (>= '\uF900' and <= '\uFAFF')
        or (>= '\uFF00' and <= '\uFFEF') or (>= '\uD840' and <= '\uD87F') or (>= '\uDC00' and <= '\uDFFF');

    private static double Leading(IReadOnlyList<PdfLine> lines)
    {
        var steps = new List<double>();
        for (var i = 1; i < lines.Count; i++)
        {
            var step = lines[i - 1].Baseline - lines[i].Baseline;
            if (lines[i].Column == lines[i - 1].Column && step > 1 && step < lines[i].Size * 3) steps.Add(step);
        }

        if (steps.Count == 0) return 0;
        steps.Sort();
        return steps[steps.Count / 2];
    }

    private static int Tenths(double size) => (int)Math.Round(size * 2, MidpointRounding.AwayFromZero) * 5;

    [GeneratedRegex(@"^\s*([•▪◦‣●○■□–—\u2043\uE000-\uF8FF]\s*|[-*]\s+|\(?\d{1,2}[.)]\s+(?=\S)|\(?[a-z][.)]\s+(?=\S))", RegexOptions.ExplicitCapture, 200)]
    private static partial Regex ListMark();

    // The dots of a table of contents lead the eye and say nothing.
    [GeneratedRegex(@"\s*(\. ?){5,}\s*", RegexOptions.ExplicitCapture, 200)]
    private static partial Regex Leaders();

    [GeneratedRegex(@"^(?<number>\d{1,2}(\.\d{1,2})*)\.?\s+\p{L}", RegexOptions.ExplicitCapture, 200)]
    private static partial Regex SectionNumber();
}
