using System.Text.RegularExpressions;

namespace CodexOS.Sandbox.TestRuns;

/// <summary>
/// Finds the file and line in the text of a failure: the innermost place that is the workspace's own. Whatever the language,
/// a place of the runtime or of a package is passed over.
/// </summary>
internal static partial class PlaceInText
{
    private const string Workspace = "/workspace/";
    private const int TextLengthMax = 20_000;
    private static readonly string[] s_foreign =
        ["node_modules/", "node:", "site-packages/", "dist-packages/", "/usr/", "/lib/", "/rustc/", "/_/", "<frozen"];

    /// <summary>A file of the workspace and a line.</summary>
    internal readonly record struct Place(string File, int Line);

    /// <summary>The place, or null if the text names none.</summary>
    public static Place? Find(string text)
    {
        if (text.Length > TextLengthMax) text = text[..TextLengthMax];
        // Python tells the innermost call last, all others first.
        return Last(Python().Matches(text)) ?? Last(Pytest().Matches(text))
            ?? First(DotNet().Matches(text)) ?? First(Numbered().Matches(text));
    }

    /// <summary>A path relative to the workspace; null stays null.</summary>
    public static string? Relative(string? path)
    {
        if (path is null) return null;
        if (path.StartsWith("file://", StringComparison.Ordinal)) path = path["file://".Length..];
        if (path.StartsWith(Workspace, StringComparison.Ordinal)) path = path[Workspace.Length..];
        return path.StartsWith("./", StringComparison.Ordinal) ? path[2..] : path;
    }

    private static Place? First(IEnumerable<Match> matches) =>
        matches.Select(Own).FirstOrDefault(static place => place is not null);

    private static Place? Last(IEnumerable<Match> matches) =>
        matches.Select(Own).LastOrDefault(static place => place is not null);

    private static Place? Own(Match match)
    {
        var path = match.Groups["path"].Value;
        var isOwn = path.StartsWith(Workspace, StringComparison.Ordinal)
            || path.StartsWith("file://" + Workspace, StringComparison.Ordinal)
            || !path.Contains("//", StringComparison.Ordinal);
        if (!isOwn || s_foreign.Any(part => path.Contains(part, StringComparison.Ordinal))) return null;
        return int.TryParse(match.Groups["line"].ValueSpan, out var line) ? new Place(Relative(path)!, line) : null;
    }

    [GeneratedRegex("File \"(?<path>[^\"\n]+)\", line (?<line>[0-9]{1,9})", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Python();

    [GeneratedRegex(
        @"^(?<path>[^\s:""]+\.py):(?<line>[0-9]{1,9}): ",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.Multiline)]
    private static partial Regex Pytest();

    [GeneratedRegex(@" in (?<path>[^\n]+):line (?<line>[0-9]{1,9})", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex DotNet();

    [GeneratedRegex(
        @"(?<path>(file://|node:)?[\w./@+-]*[\w@+-]+\.(c|cc|cpp|cjs|cs|cts|go|h|hpp|java|js|jsx|kt|mjs|mts|py|rb|rs|sh|swift|ts|tsx)):(?<line>[0-9]{1,9})\b",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Numbered();
}
