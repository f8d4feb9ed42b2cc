namespace CodexOS.Knowledge.Extraction.Data;

/// <summary>Finds the sign that parts the values of a table by looking at its first lines.</summary>
internal static class Delimiters
{
    private const int LinesMax = 50;
    private const int LinesForTableMin = 3;

    private static readonly char[] s_candidates = [',', ';', '\t', '|'];

    /// <summary>The delimiter, or a comma where no line has any.</summary>
    public static char Find(string head)
    {
        var best = ',';
        var bestScore = 0.0;
        var lines = Lines(head);
        foreach (var candidate in s_candidates)
        {
            var counts = lines.ConvertAll(line => Count(line, candidate));
            if (counts.Count == 0) continue;

            // The same number in nearly every line is worth more than many in some.
            var usual = counts.GroupBy(count => count).OrderByDescending(group => group.Count()).First();
            var share = (double)usual.Count() / counts.Count;
            var score = usual.Key == 0 ? counts.Average() * 0.1 : share * (1 + (Math.Min(usual.Key, 20) * 0.02));
            if (score > bestScore) (best, bestScore) = (candidate, score);
        }

        return best;
    }

    /// <summary>Whether a text without a telling name is a table: every line has the same number of values.</summary>
    public static bool IsTable(string head)
    {
        var lines = Lines(head);
        if (lines.Count < LinesForTableMin) return false;
        var delimiter = Find(head);
        var counts = lines.ConvertAll(line => Count(line, delimiter));
        var least = delimiter == ',' ? 2 : 1;
        return counts[0] >= least && counts.Count(count => count == counts[0]) >= counts.Count * 0.95;
    }

    // The last line may be cut; quoted values may hold line ends, which spoils a count or two.
    private static List<string> Lines(string head)
    {
        const StringSplitOptions Options = StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries;
        var lines = head.Split('\n', LinesMax + 2, Options).ToList();
        if (lines.Count > LinesMax) lines.RemoveRange(LinesMax, lines.Count - LinesMax);
        return lines;
    }

    private static int Count(string line, char delimiter)
    {
        var (count, isQuoted) = (0, false);
        foreach (var c in line)
        {
            if (c == '"') isQuoted = !isQuoted;
            else if (c == delimiter && !isQuoted) count++;
        }

        return count;
    }
}
