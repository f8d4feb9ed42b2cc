using System.Text;
using UglyToad.PdfPig.Content;

namespace CodexOS.Knowledge.Extraction.Pdf;

/// <summary>A run of letters on one line with no wide gap in it.</summary>
internal sealed class PdfSegment
{
    public required double Left { get; set; }

    public required double Right { get; set; }

    public required double Baseline { get; set; }

    public required double Size { get; init; }

    public required int Letters { get; set; }

    public required int BoldLetters { get; set; }

    public required string Text { get; set; }
}

/// <summary>
/// Makes runs out of the letters of a page. Letters come in the order they are drawn, which is the order of reading within
/// a run nearly always; where a space stands is told by the gaps, as many files draw none.
/// </summary>
internal static class PdfSegments
{
    // In parts of the size of the letters: a gap that is a space, and one that parts cells or columns.
    private const double SpaceGap = 0.17;
    private const double CellGap = 1.15;
    private const double SameLine = 0.35;
    private const double BackStep = 0.5;

    public static List<PdfSegment> Of(IReadOnlyList<Letter> letters, ReadContext context)
    {
        var segments = new List<PdfSegment>();
        var run = new Run();
        var text = new Upright(letters);
        foreach (var letter in letters)
        {
            context.Check();
            if (letter.Value.Length == 0 || !text.Place(letter, out var from, out var to, out var y)) continue;
            var size = Math.Clamp(letter.PointSize, 1, 400);
            if (string.IsNullOrWhiteSpace(letter.Value))
            {
                // A space that is drawn counts like a gap, unless it is drawn somewhere else.
                run.NoteSpace(y);
                continue;
            }

            if (run.IsRepeated(letter.Value, from, y, size)) continue;
            if (!run.Continues(from, to, y, size)) run.Flush(segments);
            run.Add(letter, from, to, y, size);
        }

        run.Flush(segments);
        return segments;
    }

    // Pages that lie on their side are turned by the orientation that most of their letters have; the few others are
    // stamps and watermarks.
    private sealed class Upright
    {
        private readonly TextOrientation _main;

        public Upright(IReadOnlyList<Letter> letters)
        {
            Span<int> counts = stackalloc int[5];
            foreach (var letter in letters) counts[Math.Clamp((int)letter.TextOrientation, 0, 4)]++;
            var most = 0;
            for (var i = 1; i < counts.Length; i++)
            {
                if (counts[i] > counts[most]) most = i;
            }

            _main = (TextOrientation)most;
        }

        public bool Place(Letter letter, out double from, out double to, out double y)
        {
            var (start, end) = (letter.StartBaseLine, letter.EndBaseLine);
            (from, to, y) = _main switch
            {
                TextOrientation.Rotate90 => (-start.Y, -end.Y, start.X),
                TextOrientation.Rotate270 => (start.Y, end.Y, -start.X),
                TextOrientation.Rotate180 => (-start.X, -end.X, -start.Y),
                _ => (start.X, end.X, start.Y),
            };
            if (from > to) (from, to) = (to, from);
            var isMain = letter.TextOrientation == _main;
            return isMain && double.IsFinite(from) && double.IsFinite(to) && double.IsFinite(y);
        }
    }

    private readonly record struct Glyph(string Value, double From, double To, bool IsSpaceBefore);

    private sealed class Run
    {
        private readonly List<Glyph> _glyphs = [];
        private double _left;
        private double _right;
        private double _y;
        private double _size;
        private int _sizeVotes;
        private int _bold;
        private int _rightToLeft;
        private bool _isSpaceDrawn;

        // Some files draw a letter twice, a little apart, to make it bold.
        public bool IsRepeated(string value, double from, double y, double size) => _glyphs.Count > 0
            && value == _glyphs[^1].Value && Math.Abs(from - _glyphs[^1].From) < size * 0.1 && Math.Abs(y - _y) < size * 0.1;

        public void NoteSpace(double y) => _isSpaceDrawn |= _glyphs.Count > 0 && Math.Abs(y - _y) <= _size * SameLine;

        public bool Continues(double from, double to, double y, double size)
        {
            if (_glyphs.Count == 0) return true;

            // Small raised or lowered signs stay in their line; a change of size otherwise begins a new run.
            var larger = Math.Max(size, _size);
            var rise = Math.Abs(y - _y);
            if (rise > larger * SameLine && (rise > larger * 0.6 || size > _size * 0.85)) return false;
            var last = _glyphs[^1];
            var gap = from - last.To;
            if (gap <= -larger * BackStep && _rightToLeft > 0) gap = last.From - to;
            return gap < larger * CellGap && gap > -larger * BackStep;
        }

        public void Add(Letter letter, double from, double to, double y, double size)
        {
            var isSpaceBefore = false;
            if (_glyphs.Count == 0)
            {
                (_left, _right, _y, _size, _sizeVotes) = (from, to, y, size, 0);
            }
            else
            {
                var gap = from - _glyphs[^1].To;
                isSpaceBefore = gap > Math.Min(size, _size) * SpaceGap || (_isSpaceDrawn && gap > -size * 0.1);
            }

            // The size of a run is that of most of its letters; this counts votes without a table.
            _sizeVotes += Math.Abs(size - _size) < 0.1 ? 1 : -1;
            if (_sizeVotes < 0) (_size, _sizeVotes) = (size, 1);
            _glyphs.Add(new Glyph(letter.Value, from, to, isSpaceBefore));
            (_left, _right) = (Math.Min(_left, from), Math.Max(_right, to));
            _isSpaceDrawn = false;
            if (letter.FontDetails.IsBold) _bold++;
            if (RightToLeft.Is(letter.Value)) _rightToLeft++;
        }

        public void Flush(List<PdfSegment> segments)
        {
            if (_glyphs.Count > 0)
            {
                segments.Add(new PdfSegment
                {
                    Left = _left,
                    Right = _right,
                    Baseline = _y,
                    Size = _size,
                    Letters = _glyphs.Count,
                    BoldLetters = _bold,
                    Text = _rightToLeft > 0 ? RightToLeftText() : Text(),
                });
            }

            _glyphs.Clear();
            _bold = _rightToLeft = 0;
            _isSpaceDrawn = false;
        }

        private string Text()
        {
            var text = new StringBuilder(_glyphs.Count + 16);
            foreach (var glyph in _glyphs)
            {
                if (glyph.IsSpaceBefore) text.Append(' ');
                text.Append(Ligatures.Apart(glyph.Value));
            }

            return text.ToString();
        }

        // Drawn forwards or backwards, what is read first stands rightmost.
        private string RightToLeftText()
        {
            var visual = _glyphs.OrderBy(glyph => glyph.From).ToList();
            var parts = new List<string>(visual.Count);
            for (var i = 0; i < visual.Count; i++)
            {
                if (i > 0 && visual[i].From - visual[i - 1].To > _size * SpaceGap) parts.Add(" ");
                parts.Add(visual[i].Value);
            }

            return RightToLeft.Logical(parts);
        }
    }
}
