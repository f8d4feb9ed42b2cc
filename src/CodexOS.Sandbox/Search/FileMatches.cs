using System.Text.RegularExpressions;

namespace CodexOS.Sandbox.Search;

/// <summary>What was found in a file.</summary>
/// <param name="Path">The file.</param>
/// <param name="Count">How many lines match.</param>
/// <param name="Lines">The lines that match and those around them, in their order.</param>
internal sealed record FileMatches(string Path, int Count, IReadOnlyList<FoundLine> Lines);

/// <summary>A line that is shown.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="Text">What is shown of it.</param>
/// <param name="IsMatch">Whether it matches, and is not only near one that does.</param>
internal readonly record struct FoundLine(int Number, string Text, bool IsMatch);

/// <summary>Keeps the lines of one file that are to be shown.</summary>
internal sealed class MatchCollector(SearchQuery query, string path)
{
    private const int LineLengthMax = 400;
    private const int LengthBeforeMatch = 100;
    private const int LengthOfNumber = 12;
    private readonly List<FoundLine> _lines = [];
    private readonly Queue<FoundLine> _before = new();
    private int _count;
    private int _afterLeft;
    private bool _hasEnded;

    /// <summary>The last line that matched.</summary>
    public int? LastLine { get; private set; }

    /// <summary>How many characters the lines need, with what stands before each.</summary>
    public int TextLength { get; private set; }

    /// <summary>What was found; null if nothing was.</summary>
    public FileMatches? Matches => _count == 0 ? null : new FileMatches(path, _count, _lines);

    /// <summary>Takes a line that does not match; false if no more lines are of interest.</summary>
    public bool AddOther(int number, ReadOnlySpan<char> line)
    {
        if (_afterLeft > 0)
        {
            _afterLeft--;
            Add(new FoundLine(number, Show(line, 0), false));
        }
        else if (query.LinesBefore > 0 && !_hasEnded)
        {
            if (_before.Count == query.LinesBefore) _before.Dequeue();
            _before.Enqueue(new FoundLine(number, Show(line, 0), false));
        }

        return !_hasEnded || _afterLeft > 0;
    }

    /// <summary>Takes a line that matches.</summary>
    public void AddMatch(int number, ReadOnlySpan<char> line, Regex regex)
    {
        _count++;
        LastLine = number;
        if (query.CountOnly || query.FirstOnly) return;
        while (_before.TryDequeue(out var earlier)) Add(earlier);
        Add(new FoundLine(number, Show(line, line.Length > LineLengthMax ? StartOf(line, regex) : 0), true));
        _afterLeft = query.LinesAfter;
    }

    /// <summary>Says that no more matches are wanted.</summary>
    public void End() => _hasEnded = true;

    private void Add(FoundLine line)
    {
        _lines.Add(line);
        TextLength += path.Length + line.Text.Length + LengthOfNumber;
    }

    private static int StartOf(ReadOnlySpan<char> line, Regex regex)
    {
        foreach (var match in regex.EnumerateMatches(line)) return Math.Max(0, match.Index - LengthBeforeMatch);
        return 0;
    }

    /// <summary>A part of a long line: the one with the match.</summary>
    private static string Show(ReadOnlySpan<char> line, int start)
    {
        if (start > 0 && char.IsLowSurrogate(line[start])) start--;
        var end = Math.Min(line.Length, start + LineLengthMax);
        if (end < line.Length && char.IsHighSurrogate(line[end - 1])) end--;
        return (start, end) == (0, line.Length) ? line.ToString() : $"{(start > 0 ? "…" : "")}{line[start..end]}{(end < line.Length ? "…" : "")}";
    }
}
