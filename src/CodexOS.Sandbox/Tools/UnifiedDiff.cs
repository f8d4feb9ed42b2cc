using System.Text;

namespace CodexOS.Sandbox.Tools;

/// <summary>
/// Says how a text file changed, as a unified diff that <c>git apply</c> takes. Lines are compared by Myers' greedy
/// algorithm (An O(ND) Difference Algorithm, 1986); beyond a bound on the differences the middle is shown as replaced.
/// </summary>
internal static class UnifiedDiff
{
    private const int ContextLines = 3;
    private const int DifferencesMax = 1_000;
    private const int LengthMax = 200_000;

    /// <summary>The diff; empty if nothing changed.</summary>
    /// <param name="path">The file.</param>
    /// <param name="before">Its text before, or null if it was not there or was not text.</param>
    /// <param name="after">Its text now, or null if it is not there any more.</param>
    /// <param name="oldPath">Where it was before, if that was elsewhere.</param>
    public static string Make(string path, string? before, string? after, string? oldPath = null)
    {
        if (before == after && oldPath is null) return "";
        var old = LinesOf(before ?? "");
        var now = LinesOf(after ?? "");
        var text = new StringBuilder();
        if (oldPath is not null) text.Append($"diff --git a/{oldPath} b/{path}\nrename from {oldPath}\nrename to {path}\n");
        if (before == after) return text.ToString();
        text.Append(before is null ? "--- /dev/null\n" : $"--- a/{oldPath ?? path}\n");
        text.Append(after is null ? "+++ /dev/null\n" : $"+++ b/{path}\n");
        var edits = Edits(old, now);
        for (var at = 0; at < edits.Count;)
        {
            var end = HunkEnd(edits, ref at);
            if (at >= end) break;
            AppendHunk(text, edits, at, end, old, now);
            at = end;
            if (text.Length <= LengthMax) continue;
            text.Length = LengthMax;
            text.Append("\n[… the diff goes on …]\n");
            break;
        }

        return text.ToString();
    }

    /// <summary>The lines with their line feeds; the last may lack one.</summary>
    private static List<string> LinesOf(string text)
    {
        var lines = new List<string>();
        for (var at = 0; at < text.Length;)
        {
            var end = text.IndexOf('\n', at) is var found and >= 0 ? found + 1 : text.Length;
            lines.Add(text[at..end]);
            at = end;
        }

        return lines;
    }

    private static List<Edit> Edits(List<string> old, List<string> now)
    {
        var head = 0;
        while (head < old.Count && head < now.Count && old[head] == now[head]) head++;
        var tail = 0;
        while (tail < old.Count - head && tail < now.Count - head && old[^(tail + 1)] == now[^(tail + 1)]) tail++;

        var edits = new List<Edit>();
        for (var i = 0; i < head; i++) edits.Add(new Edit(' ', i, i));
        Middle(old, now, head, old.Count - tail, now.Count - tail, edits);
        for (var i = tail; i > 0; i--) edits.Add(new Edit(' ', old.Count - i, now.Count - i));
        return edits;
    }

    private static void Middle(List<string> old, List<string> now, int from, int oldEnd, int nowEnd, List<Edit> edits)
    {
        var (n, m) = (oldEnd - from, nowEnd - from);
        var max = Math.Min(n + m, DifferencesMax);
        var reach = new int[(2 * max) + 3];
        var offset = max + 1;
        var trace = new List<int[]>();
        for (var d = 0; d <= max; d++)
        {
            trace.Add(reach[(offset - d)..(offset + d + 1)]);
            for (var k = -d; k <= d; k += 2)
            {
                var x = k == -d || (k != d && reach[offset + k - 1] < reach[offset + k + 1])
                    ? reach[offset + k + 1]
                    : reach[offset + k - 1] + 1;
                var y = x - k;
                while (x < n && y < m && old[from + x] == now[from + y]) (x, y) = (x + 1, y + 1);
                reach[offset + k] = x;
                if (x < n || y < m) continue;
                Backtrack(trace, d, n, m, from, edits);
                return;
            }
        }

        for (var i = from; i < oldEnd; i++) edits.Add(new Edit('-', i, from));
        for (var i = from; i < nowEnd; i++) edits.Add(new Edit('+', oldEnd, i));
    }

    private static void Backtrack(List<int[]> trace, int differences, int n, int m, int from, List<Edit> edits)
    {
        var reversed = new List<Edit>();
        var (x, y) = (n, m);
        for (var d = differences; d > 0; d--)
        {
            // trace[d] holds the furthest points before step d, for diagonals -d to d.
            var reach = trace[d];
            var k = x - y;
            var down = k == -d || (k != d && At(k - 1) < At(k + 1));
            var beforeK = down ? k + 1 : k - 1;
            var beforeX = At(beforeK);
            var beforeY = beforeX - beforeK;
            while (x > beforeX && y > beforeY) reversed.Add(new Edit(' ', from + --x, from + --y));
            if (down) reversed.Add(new Edit('+', from + x, from + --y));
            else reversed.Add(new Edit('-', from + --x, from + y));

            int At(int diagonal) => reach[diagonal + d];
        }

        while (x > 0 && y > 0) reversed.Add(new Edit(' ', from + --x, from + --y));
        for (var i = reversed.Count - 1; i >= 0; i--) edits.Add(reversed[i]);
    }

    /// <summary>Moves to the beginning of the next hunk and returns its end; the same if there is none.</summary>
    private static int HunkEnd(List<Edit> edits, ref int at)
    {
        var change = edits.FindIndex(at, edit => edit.Sign != ' ');
        if (change < 0) return at = edits.Count;
        at = Math.Max(at, change - ContextLines);
        var last = change;
        for (var i = change; i < edits.Count && i - last <= 2 * ContextLines; i++)
        {
            if (edits[i].Sign != ' ') last = i;
        }

        return Math.Min(edits.Count, last + ContextLines + 1);
    }

    private static void AppendHunk(
        StringBuilder text, List<Edit> edits, int from, int to, List<string> old, List<string> now)
    {
        var oldCount = 0;
        var nowCount = 0;
        for (var i = from; i < to; i++)
        {
            if (edits[i].Sign != '+') oldCount++;
            if (edits[i].Sign != '-') nowCount++;
        }

        var oldStart = edits[from].Old + (oldCount == 0 ? 0 : 1);
        var nowStart = edits[from].Now + (nowCount == 0 ? 0 : 1);
        text.Append($"@@ -{oldStart},{oldCount} +{nowStart},{nowCount} @@\n");
        for (var i = from; i < to; i++)
        {
            var line = edits[i].Sign == '+' ? now[edits[i].Now] : old[edits[i].Old];
            text.Append(edits[i].Sign).Append(line);
            if (!line.EndsWith('\n')) text.Append("\n\\ No newline at end of file\n");
        }
    }

    /// <summary>A line kept, removed or added, and where both texts stand.</summary>
    private readonly record struct Edit(char Sign, int Old, int Now);
}
