namespace CodexOS.Sandbox.Search;

/// <summary>A line of an ignore file, or a pattern of a call, which is written the same way.</summary>
/// <param name="Pattern">What it matches.</param>
/// <param name="IsNegated">Whether what it matches is taken back in.</param>
/// <param name="FoldersOnly">Whether it matches folders only.</param>
/// <param name="IsAnchored">Whether it matches from the place of its file, and not at every depth.</param>
internal sealed record PathRule(Wildcard Pattern, bool IsNegated, bool FoldersOnly, bool IsAnchored)
{
    private const int LengthMax = 1_000;

    /// <summary>Reads a line; null if it is empty, a comment, or matches nothing.</summary>
    public static PathRule? Parse(string line)
    {
        line = WithoutTrailingSpaces(line.TrimEnd('\r'));
        if (line.Length is 0 or > LengthMax || line[0] == '#') return null;
        var isNegated = line[0] == '!';
        if (isNegated) line = line[1..];
        var foldersOnly = line.EndsWith('/');
        if (foldersOnly) line = line[..^1];
        var isAnchored = line.Contains('/', StringComparison.Ordinal);
        if (line.StartsWith('/')) line = line[1..];
        return line.Length > 0 && Wildcard.Parse(line) is { } pattern
            ? new PathRule(pattern, isNegated, foldersOnly, isAnchored)
            : null;
    }

    /// <summary>Whether it matches.</summary>
    /// <param name="path">The path from the place of the rule's file.</param>
    /// <param name="name">The path's last name.</param>
    /// <param name="isFolder">Whether it is a folder.</param>
    public bool Matches(ReadOnlySpan<char> path, ReadOnlySpan<char> name, bool isFolder) =>
        (!FoldersOnly || isFolder) && Pattern.Matches(IsAnchored ? path : name);

    /// <summary>Spaces at the end count only behind a backslash.</summary>
    private static string WithoutTrailingSpaces(string line)
    {
        var end = line.Length;
        while (end > 0 && line[end - 1] == ' ' && (end < 2 || line[end - 2] != '\\')) end--;
        return line[..end];
    }
}
