using System.Text;
using UglyToad.PdfPig.Content;

namespace CodexOS.Knowledge.Extraction.Pdf;

/// <summary>
/// Orders the runs of a page: finds the gutters between columns, reads column after column, and whatever reaches over a
/// gutter (titles, wide tables) in its place between them.
/// </summary>
internal static class PdfLines
{
    private const int ColumnsDepthMax = 3;
    private const int LinesPerColumnMin = 5;
    private const double GutterWidthMin = 7;

    public static IReadOnlyList<PdfLine> Of(IReadOnlyList<Letter> letters, ReadContext context)
    {
        var segments = PdfSegments.Of(letters, context);
        var lines = new List<PdfLine>();
        var column = 0;
        Read(segments, 0, lines, ref column, context);
        return lines;
    }

    private static void Read(
        List<PdfSegment> segments, int depth, List<PdfLine> lines, ref int column, ReadContext context)
    {
        context.CheckNow();
        if (depth >= ColumnsDepthMax || FindGutter(segments) is not { } gutter)
        {
            ReadRows(segments, lines, ++column);
            return;
        }

        // From the top: what stands on either side is gathered until something reaches across.
        var left = new List<PdfSegment>();
        var right = new List<PdfSegment>();
        var across = new List<PdfSegment>();
        foreach (var segment in segments.OrderByDescending(segment => segment.Baseline))
        {
            if (segment.Left < gutter && segment.Right > gutter)
            {
                if (left.Count + right.Count > 0)
                {
                    // A wide line amid columns only parts them when it stands clear of both.
                    Flush(left, right, depth, lines, ref column, context);
                }

                across.Add(segment);
                continue;
            }

            if (across.Count > 0 && !IsBeside(across[^1], segment))
            {
                ReadRows(across, lines, ++column);
                across.Clear();
            }
            else if (across.Count > 0)
            {
                across.Add(segment);
                continue;
            }

            (segment.Right <= gutter ? left : right).Add(segment);
        }

        if (across.Count > 0) ReadRows(across, lines, ++column);
        Flush(left, right, depth, lines, ref column, context);
    }

    private static bool IsBeside(PdfSegment one, PdfSegment other) =>
        Math.Abs(one.Baseline - other.Baseline) < Math.Max(one.Size, other.Size) * 0.35;

    private static void Flush(
        List<PdfSegment> left, List<PdfSegment> right, int depth, List<PdfLine> lines, ref int column, ReadContext context)
    {
        // Text that is written from the right is read from the right.
        var isRightFirst = left.Concat(right).Take(40).Count(segment => RightToLeft.IsMostly(segment.Text)) > 20;
        foreach (var side in isRightFirst ? new[] { right, left } : [left, right])
        {
            if (side.Count > 0) Read([.. side], depth + 1, lines, ref column, context);
            side.Clear();
        }
    }

    /// <summary>
    /// A gutter is a strip that nearly no line crosses, with lines of text on both sides. Columns of tables have narrow
    /// entries and are left to the rows.
    /// </summary>
    private static double? FindGutter(List<PdfSegment> segments)
    {
        if (segments.Count < LinesPerColumnMin * 2) return null;
        var (from, to) = (segments.Min(segment => segment.Left), segments.Max(segment => segment.Right));
        var width = (int)Math.Clamp(to - from, 0, 5000);
        if (width < 100) return null;
        var covered = new int[width + 2];
        foreach (var segment in segments)
        {
            var (start, end) = ((int)Math.Clamp(segment.Left - from, 0, width), (int)Math.Clamp(segment.Right - from, 0, width));
            covered[start]++;
            covered[end + 1]--;
        }

        for (var i = 1; i <= width; i++) covered[i] += covered[i - 1];
        var crossingMax = segments.Count * 0.12;
        double? best = null;
        var bestScore = 0.0;
        for (var i = width / 8; i < width * 7 / 8; i++)
        {
            if (covered[i] > crossingMax) continue;
            var start = i;
            var crossing = 0;
            while (i < width * 7 / 8 && covered[i] <= crossingMax) crossing = Math.Max(crossing, covered[i++]);
            var middle = from + ((start + i) / 2.0);
            var score = Math.Min(i - start, 40) - (crossing * 2.0 / segments.Count * 40);
            if (i - start < GutterWidthMin || score <= bestScore || !IsBetweenColumns(segments, middle)) continue;
            (best, bestScore) = (middle, score);
        }

        return best;
    }

    private static bool IsBetweenColumns(List<PdfSegment> segments, double gutter)
    {
        var left = segments.Where(segment => segment.Right <= gutter).ToList();
        var right = segments.Where(segment => segment.Left >= gutter).ToList();
        return IsColumn(left) && IsColumn(right);
    }

    // Lines of running text fill most of their column; entries of tables and marks in the margin do not.
    private static bool IsColumn(List<PdfSegment> side)
    {
        if (side.Count < LinesPerColumnMin) return false;
        var (from, to) = (side.Min(segment => segment.Left), side.Max(segment => segment.Right));
        var filling = side.Count(segment => segment.Right - segment.Left > (to - from) * 0.55 && segment.Letters > 14);
        var isProse = side.Average(segment => segment.Letters) >= 20;
        return filling >= side.Count * (isProse ? 0.25 : 0.4) && filling >= 4;
    }

    private static void ReadRows(List<PdfSegment> segments, List<PdfLine> lines, int column)
    {
        var row = new List<PdfSegment>();
        foreach (var segment in segments.OrderByDescending(segment => segment.Baseline))
        {
            if (row.Count > 0 && !IsBeside(row[0], segment) && !IsRaised(row[0], segment))
            {
                lines.Add(Line(row, column));
                row.Clear();
            }

            row.Add(segment);
        }

        if (row.Count > 0) lines.Add(Line(row, column));
    }

    // Signs above a line belong to it although they come first from the top, and small ones below it as well.
    private static bool IsRaised(PdfSegment first, PdfSegment second)
    {
        var (small, large) = first.Size < second.Size ? (first, second) : (second, first);
        return small.Letters <= 6 && small.Size < large.Size * 0.85
            && Math.Abs(first.Baseline - second.Baseline) < large.Size * 0.55;
    }

    private static PdfLine Line(List<PdfSegment> row, int column)
    {
        row.Sort((a, b) => a.Left.CompareTo(b.Left));
        var main = row.MaxBy(segment => segment.Letters)!;
        if (row.Count > 1 && RightToLeft.IsMostly(main.Text)) row.Reverse();
        var text = new StringBuilder();
        var cells = 1;
        for (var i = 0; i < row.Count; i++)
        {
            if (i > 0)
            {
                var gap = Math.Max(row[i].Left - row[i - 1].Right, row[i - 1].Left - row[i].Right);
                if (gap > main.Size * 1.15) cells++;
                if (gap > main.Size * 0.12 || RightToLeft.Is(row[i].Text)) text.Append(' ');
            }

            text.Append(row[i].Text);
        }

        var letters = row.Sum(segment => segment.Letters);
        return new PdfLine(
            text.ToString(), row.Min(segment => segment.Left), row.Max(segment => segment.Right), main.Baseline, main.Size,
            row.Sum(segment => segment.BoldLetters) * 2 > letters, column, cells);
    }
}
