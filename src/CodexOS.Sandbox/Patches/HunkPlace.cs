namespace CodexOS.Sandbox.Patches;

/// <summary>Where a hunk was applied.</summary>
/// <param name="Line">The first of its lines in the file before, from 1.</param>
/// <param name="Offset">How many lines that is below the place that the patch names; 0 if it names none.</param>
/// <param name="Fuzz">How many of its outer kept lines did not fit, at either end.</param>
/// <param name="IgnoredSpace">Whether it fits only without the spaces and tabs at the ends of lines.</param>
internal readonly record struct HunkPlace(int Line, int Offset, int Fuzz, bool IgnoredSpace)
{
    /// <summary>What there is to say of it; null if it fits as it is.</summary>
    public string? Remark
    {
        get
        {
            List<string> remarks = [];
            if (Offset != 0) remarks.Add($"{Math.Abs(Offset)} lines {(Offset > 0 ? "below" : "above")} where the patch says");
            if (Fuzz > 0) remarks.Add($"with {Fuzz} outer lines of its surroundings ignored");
            if (IgnoredSpace) remarks.Add("with spaces at the ends of lines ignored");
            return remarks.Count == 0 ? null : string.Join(", ", remarks);
        }
    }
}

/// <summary>
/// Compares the lines of one file with those of hunks. Lines are numbers here, equal for equal text, so that a comparison
/// costs the same whatever the line; how many are made is bounded.
/// </summary>
internal sealed class HunkFinder
{
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly int[] _exact;
    private readonly int[] _trimmed;
    private readonly ComparisonBudget _budget;

    public HunkFinder(IReadOnlyList<string> lines, ComparisonBudget budget)
    {
        _budget = budget;
        _exact = [.. lines.Select(line => NumberOf(line))];
        _trimmed = [.. lines.Select(line => NumberOf(line.TrimEnd(' ', '\t')))];
    }

    /// <summary>The lines that a hunk must find.</summary>
    public Wanted Want(Hunk hunk) => new(
        [.. hunk.Old.Select(line => NumberOf(line.Text))],
        [.. hunk.Old.Select(line => NumberOf(line.Text.TrimEnd(' ', '\t')))]);

    /// <summary>
    /// The places at which all the lines are, nearest to the expected one first and at most two of them; none that begins
    /// before <paramref name="from"/>.
    /// </summary>
    /// <param name="wanted">The lines.</param>
    /// <param name="skipBefore">How many of the first lines are not compared.</param>
    /// <param name="skipAfter">How many of the last lines are not compared.</param>
    /// <param name="ignoreSpace">Whether spaces and tabs at the ends of lines do not count.</param>
    /// <param name="from">The first line that may be used, from 0.</param>
    /// <param name="expected">Where the first compared line is expected, from 0; null if nobody knows.</param>
    public List<int> Find(in Wanted wanted, int skipBefore, int skipAfter, bool ignoreSpace, int from, int? expected)
    {
        var file = ignoreSpace ? _trimmed : _exact;
        var lines = (ignoreSpace ? wanted.Trimmed : wanted.Exact)[skipBefore..^skipAfter];
        var found = new List<int>();
        var last = file.Length - lines.Length;
        var near = Math.Clamp(expected ?? from, from, Math.Max(from, last));
        var farthest = Math.Max(near - from, last - near);
        for (var distance = 0; distance <= farthest && found.Count < 2 && !_budget.IsSpent; distance++)
        {
            if (near + distance <= last && IsAt(near + distance)) found.Add(near + distance);
            if (distance > 0 && near - distance >= from && IsAt(near - distance)) found.Add(near - distance);
        }

        return found;

        bool IsAt(int at)
        {
            var same = file.AsSpan(at, lines.Length).CommonPrefixLength(lines);
            _budget.Take(same + 1);
            return same == lines.Length;
        }
    }

    /// <summary>The place at which most of the lines are, for a message.</summary>
    public int Nearest(in Wanted wanted)
    {
        var (best, bestAt) = (-1, 0);
        for (var at = 0; at < _trimmed.Length; at++)
        {
            var count = 0;
            var length = Math.Min(wanted.Trimmed.Length, _trimmed.Length - at);
            if (!_budget.TryTake(length)) break;
            for (var i = 0; i < length; i++) count += _trimmed[at + i] == wanted.Trimmed[i] ? 1 : 0;
            if (count > best) (best, bestAt) = (count, at);
        }

        return bestAt;
    }

    private int NumberOf(string line)
    {
        if (_numbers.TryGetValue(line, out var number)) return number;
        _numbers.Add(line, _numbers.Count);
        return _numbers.Count - 1;
    }

    /// <summary>The lines of a hunk as numbers.</summary>
    internal readonly record struct Wanted(int[] Exact, int[] Trimmed);
}

/// <summary>How many comparisons of lines one patch may still cost.</summary>
internal sealed class ComparisonBudget(long comparisonsMax)
{
    private long _left = comparisonsMax;

    /// <summary>Whether the patch has used more than it may.</summary>
    public bool IsSpent => _left < 0;

    /// <summary>Counts comparisons that were made.</summary>
    public void Take(int count) => _left -= count;

    /// <summary>Counts comparisons that are to be made, unless there are not so many left.</summary>
    public bool TryTake(int count)
    {
        if (_left < count) return false;
        _left -= count;
        return true;
    }
}
