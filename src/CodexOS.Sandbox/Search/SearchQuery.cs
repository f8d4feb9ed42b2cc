using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using CodexOS.Platform.Faults;
using CodexOS.Sandbox.Workspaces;

namespace CodexOS.Sandbox.Search;

/// <summary>What a search looks for, where, and how much of it.</summary>
/// <param name="Pattern">What a line must match.</param>
/// <param name="Path">The folder or file to search.</param>
/// <param name="Files">Which files below it.</param>
internal sealed record SearchQuery(SearchPattern Pattern, WorkspacePath Path, PathFilter Files)
{
    /// <summary>Whether files and folders whose names begin with a dot are searched.</summary>
    public bool WithHidden { get; init; }

    /// <summary>Whether what ignore files name is searched.</summary>
    public bool WithIgnored { get; init; }

    /// <summary>Whether one match in a file is enough.</summary>
    public bool FirstOnly { get; init; }

    /// <summary>Whether only how often is wanted.</summary>
    public bool CountOnly { get; init; }

    /// <summary>How many lines before a match are shown.</summary>
    public int LinesBefore { get; init; }

    /// <summary>How many lines after a match are shown.</summary>
    public int LinesAfter { get; init; }

    /// <summary>Most matches in a file.</summary>
    public int MatchesPerFileMax { get; init; } = int.MaxValue;

    /// <summary>Most matches, or files where those are asked for.</summary>
    public int ResultsMax { get; init; } = int.MaxValue;

    /// <summary>Where an earlier search left off; null begins at the beginning.</summary>
    public SearchCursor? From { get; init; }
}

/// <summary>Where a search left off.</summary>
/// <param name="Path">The file.</param>
/// <param name="Line">The last line of it that was reported; 0 if none was.</param>
/// <param name="Matches">How many matches in it were reported.</param>
internal sealed record SearchCursor(string Path, int Line, int Matches)
{
    /// <summary>The cursor as callers keep it.</summary>
    public override string ToString() => Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(this));

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static Result<SearchCursor> Parse(string text)
    {
        var bytes = new byte[text.Length];
        try
        {
            if (Convert.TryFromBase64String(text, bytes, out var length)
                && JsonSerializer.Deserialize<SearchCursor>(bytes.AsSpan(0, length)) is
                { Path.Length: > 0, Line: >= 0, Matches: >= 0 } cursor
                && WorkspacePath.ParseShown(cursor.Path).TryGet(out _, out _))
            {
                return cursor;
            }
        }
        catch (JsonException)
        {
            // It is somebody else's text.
        }

        return new Fault(
            "sandbox.bad_cursor", FaultKind.Invalid, "The cursor is none that a search gave. Leave it out to begin at the beginning.");
    }
}

/// <summary>
/// What a line must match: a regular expression without backtracking, whose time is linear in the text. Where the pattern is
/// plain text, files that do not contain it are passed over without being decoded.
/// </summary>
internal sealed class SearchPattern
{
    private static readonly TimeSpan s_timeMax = TimeSpan.FromSeconds(2);
    private readonly byte[]? _bytes;

    private SearchPattern(Regex regex, byte[]? bytes, bool spansLines)
    {
        Regex = regex;
        _bytes = bytes;
        CanSkipFiles = spansLines;
    }

    /// <summary>The expression, for one line.</summary>
    public Regex Regex { get; }

    /// <summary>Whether a text that does not match as a whole has no line that does.</summary>
    public bool CanSkipFiles { get; }

    /// <summary>Whether the bytes of a file can hold a match.</summary>
    public bool CanBeIn(ReadOnlySpan<byte> content) => _bytes is null || content.IndexOf(_bytes) >= 0;

    /// <summary>Compiles a pattern.</summary>
    public static Result<SearchPattern> Compile(string pattern, bool isLiteral, bool isWord, SearchCase letters)
    {
        var ignoreCase = letters is SearchCase.Insensitive || (letters is SearchCase.Smart && !HasUpper(pattern, isLiteral));
        var options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.Multiline
            | (ignoreCase ? RegexOptions.IgnoreCase : RegexOptions.None);
        var expression = isLiteral ? Regex.Escape(pattern) : pattern;
        if (isWord) expression = $@"\b(?:{expression})\b";
        var isPlain = isLiteral || Regex.Escape(pattern) == pattern;
        try
        {
            return new SearchPattern(
                new Regex(expression, options, s_timeMax),
                isPlain && !ignoreCase ? Encoding.UTF8.GetBytes(pattern) : null,
                isLiteral || !HasTextAnchor(pattern));
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            return new Fault(
                "sandbox.bad_pattern",
                FaultKind.Invalid,
                $"The pattern cannot be used: {error.Message} To search for it as it is, set literal.");
        }
    }

    /// <summary>Anchors of the whole text, and options that change what others mean, hold for lines only.</summary>
    private static bool HasTextAnchor(string pattern) =>
        pattern.Contains("(?", StringComparison.Ordinal) || pattern.Contains('$', StringComparison.Ordinal)
        || ((string[])[@"\A", @"\z", @"\Z", @"\G"]).Any(anchor => pattern.Contains(anchor, StringComparison.Ordinal));

    /// <summary>Letters behind a backslash are classes, not letters.</summary>
    private static bool HasUpper(string pattern, bool isLiteral)
    {
        for (var at = 0; at < pattern.Length; at++)
        {
            if (!isLiteral && pattern[at] == '\\') at++;
            else if (char.IsUpper(pattern[at])) return true;
        }

        return false;
    }
}

/// <summary>Whether upper and lower case differ.</summary>
internal enum SearchCase
{
    /// <summary>They do.</summary>
    Sensitive,

    /// <summary>They do not.</summary>
    Insensitive,

    /// <summary>They do if the pattern has an upper-case letter.</summary>
    Smart,
}
