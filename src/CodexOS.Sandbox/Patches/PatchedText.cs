using System.Text;
using CodexOS.Platform.Faults;

namespace CodexOS.Sandbox.Patches;

/// <summary>A text after its hunks.</summary>
/// <param name="Text">The whole new text.</param>
/// <param name="Places">Where each hunk was applied.</param>
internal sealed record PatchedText(string Text, IReadOnlyList<HunkPlace> Places)
{
    private const int LinesShownMax = 12;
    private const int LineLengthMax = 160;

    /// <summary>
    /// Applies hunks to a text. Each is looked for where it says it is, then ever farther away, then with fewer of its outer
    /// kept lines, up to <paramref name="fuzzMax"/> at either end. The text keeps its line ends, and the lack of one at its end
    /// unless the patch speaks of that.
    /// </summary>
    public static Result<PatchedText> Apply(
        string name, string text, IReadOnlyList<Hunk> hunks, int fuzzMax, ComparisonBudget budget)
    {
        var lines = Line.Split(text);
        var finder = new HunkFinder([.. lines.Select(static line => line.Text)], budget);
        var result = new List<Line>();
        var places = new List<HunkPlace>();
        var (used, drift) = (0, 0);
        foreach (var (index, hunk) in hunks.Index())
        {
            var which = $"Hunk {index + 1} of {hunks.Count} for '{name}' (line {hunk.PatchLine} of the patch)";
            if (!Locate(which, hunk, finder, lines, used, drift, fuzzMax, budget).TryGet(out var place, out var fault))
                return fault;
            var at = place.Line - 1;
            result.AddRange(lines[used..at]);
            used = Replace(hunk, lines, at, result);
            if (hunk.OldStart is not null) drift = place.Offset;
            places.Add(place);
        }

        result.AddRange(lines[used..]);
        return new PatchedText(Line.Join(result, EndOf(lines)), places);
    }

    private static Result<HunkPlace> Locate(
        string which, Hunk hunk, HunkFinder finder, List<Line> lines, int used, int drift, int fuzzMax, ComparisonBudget budget)
    {
        if (hunk.Old.Count == 0) return LocateAddition(which, hunk, lines, used, drift);
        var wanted = finder.Want(hunk);
        // The heading counts lines of the file before, so it needs no correction for what earlier hunks added.
        int? stated = hunk.OldStart is { } start ? start - 1 : null;
        var (before, after) = (hunk.ContextBefore, hunk.ContextAfter);
        for (var fuzz = 0; fuzz <= Math.Min(fuzzMax, Math.Max(before, after)); fuzz++)
        {
            var (skipBefore, skipAfter) = (Math.Min(fuzz, before), Math.Min(fuzz, after));
            if (skipBefore + skipAfter >= hunk.Old.Count) break;
            foreach (var ignoreSpace in (bool[])[false, true])
            {
                var found = finder.Find(
                    wanted, skipBefore, skipAfter, ignoreSpace, used, stated + drift + skipBefore);
                if (budget.IsSpent) return PatchFaults.TooCostly;
                if (found.Count == 0) continue;
                // Lines outside of the text are among those that are ignored.
                if (found[0] - skipBefore < used || found[0] - skipBefore + hunk.Old.Count > lines.Count) continue;
                var isExpected = stated is not null && found[0] == stated + drift + skipBefore;
                if (found.Count > 1 && !isExpected
                    && (fuzz > 0 || stated is null || AreEquallyFar(found, stated.Value + drift + skipBefore)))
                {
                    return PatchFaults.Ambiguous(
                        $"{which} fits at more than one place, for instance at lines {found[0] - skipBefore + 1} and "
                        + $"{found[1] - skipBefore + 1}. Add more lines around it, or the right line numbers. Nothing was changed.");
                }

                var at = found[0] - skipBefore;
                return new HunkPlace(at + 1, stated is null ? 0 : at - stated.Value, fuzz, ignoreSpace);
            }
        }

        return PatchFaults.Conflict(
            $"{which} does not fit: the lines that it keeps or removes are not there. Nothing was changed.\n"
            + Around(lines, finder.Nearest(wanted), hunk.Old.Count));
    }

    private static bool AreEquallyFar(List<int> found, int expected) =>
        Math.Abs(found[0] - expected) == Math.Abs(found[1] - expected);

    /// <summary>A hunk that only adds has nothing to be found by, so it must say where it belongs.</summary>
    private static Result<HunkPlace> LocateAddition(string which, Hunk hunk, List<Line> lines, int used, int drift)
    {
        if (lines.Count == 0) return new HunkPlace(1, 0, 0, false);
        if (hunk.OldStart is not { } after)
        {
            return PatchFaults.Ambiguous(
                $"{which} only adds lines and has no line numbers. Give it some of the lines around. Nothing was changed.");
        }

        var at = after + drift;
        return at >= used && at <= lines.Count
            ? new HunkPlace(at + 1, drift, 0, false)
            : PatchFaults.Conflict($"{which} adds lines after line {after}, but the file has {lines.Count}. Nothing was changed.");
    }

    /// <summary>Adds what a hunk makes of the lines it was found at; returns the first line after them.</summary>
    private static int Replace(Hunk hunk, List<Line> lines, int at, List<Line> result)
    {
        // A patch that shows carriage returns decides where they are; to others, they are as they were nearby.
        var showsReturns = hunk.Lines.Any(static line => line.HasReturn);
        var near = EndNear(lines, at);
        // A patch that does not say that the last line has no line feed does not know, and leaves that as it is.
        var knows = hunk.Lines.Any(static line => line.IsUnended);
        foreach (var line in hunk.Lines)
        {
            var end = line.IsUnended ? "" : !showsReturns ? near : line.HasReturn ? "\r\n" : "\n";
            if (line.Sign == '+') result.Add(new Line(line.Text, end));
            else if (line.Sign == ' ') result.Add(lines[at++]);
            else at++;
        }

        var reachesUnended = at == lines.Count && lines.Count > 0 && lines[^1].End.Length == 0;
        if (reachesUnended && !knows && result.Count > 0) result[^1] = result[^1] with { End = "" };
        return at;
    }

    private static string EndNear(List<Line> lines, int at)
    {
        if (at < lines.Count && lines[at].End.Length > 0) return lines[at].End;
        return EndOf(lines);
    }

    /// <summary>How lines of the text end.</summary>
    private static string EndOf(List<Line> lines) => lines.Count > 0 && lines[0].End.Length > 0 ? lines[0].End : "\n";

    private static string Around(List<Line> lines, int at, int count)
    {
        if (lines.Count == 0) return "The file is empty.";
        var text = new StringBuilder("The nearest lines are:\n");
        var shown = Math.Min(Math.Min(count + 2, LinesShownMax), lines.Count);
        var first = Math.Clamp(at - 1, 0, lines.Count - shown);
        for (var i = first; i < first + shown; i++)
        {
            var line = lines[i].Text;
            text.Append(i + 1).Append('\t').Append(line.Length <= LineLengthMax ? line : line[..LineLengthMax] + "…").Append('\n');
        }

        return text.ToString();
    }

    /// <summary>A line of a text and how it ends.</summary>
    private readonly record struct Line(string Text, string End)
    {
        public static List<Line> Split(string text)
        {
            var lines = new List<Line>();
            for (var at = 0; at < text.Length;)
            {
                var feed = text.IndexOf('\n', at);
                if (feed < 0)
                {
                    lines.Add(new Line(text[at..], ""));
                    break;
                }

                var isPair = feed > at && text[feed - 1] == '\r';
                lines.Add(new Line(text[at..(isPair ? feed - 1 : feed)], isPair ? "\r\n" : "\n"));
                at = feed + 1;
            }

            return lines;
        }

        /// <summary>Only the last line may lack its end.</summary>
        public static string Join(List<Line> lines, string end)
        {
            var text = new StringBuilder();
            foreach (var (index, line) in lines.Index())
                text.Append(line.Text).Append(line.End.Length == 0 && index < lines.Count - 1 ? end : line.End);
            return text.ToString();
        }
    }
}
