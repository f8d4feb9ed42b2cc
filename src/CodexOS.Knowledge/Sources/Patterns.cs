using System.Text;
using System.Text.RegularExpressions;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Sources;

/// <summary>
/// What of a source is taken. <c>?</c> is one character, <c>*</c> any number of them but no slash, <c>**</c> any number with
/// slashes. A pattern of a file without a slash is for its name in whatever folder; in addresses of pages <c>*</c> takes slashes
/// too, and a pattern that begins with a slash is for the path and the query.
/// </summary>
internal sealed class Patterns
{
    private const int CountMax = 100;
    private const int LengthMax = 300;
    private static readonly TimeSpan s_timeMax = TimeSpan.FromSeconds(1);

    private readonly Pattern[] _include;
    private readonly Pattern[] _exclude;

    private Patterns(Pattern[] include, Pattern[] exclude) => (_include, _exclude) = (include, exclude);

    /// <summary>Checks patterns as they came.</summary>
    public static Fault? WhatIsWrong(IReadOnlyList<string>? patterns)
    {
        if (patterns is null) return null;
        if (patterns.Count > CountMax) return SourceFaults.Bad($"it has more than {CountMax} patterns");
        return patterns.Any(static one => one is not { Length: > 0 and <= LengthMax } || one.Any(char.IsControl))
            ? SourceFaults.Bad($"a pattern must have 1 to {LengthMax} characters")
            : null;
    }

    /// <summary>The patterns of a source.</summary>
    /// <param name="place">The source.</param>
    /// <param name="forAddresses">Whether they are about addresses of pages and not about paths of files.</param>
    public static Patterns Of(SourcePlace place, bool forAddresses) => new(
        [.. (place.Include ?? []).Select(text => Pattern.Of(text, forAddresses))],
        [.. (place.Exclude ?? []).Select(text => Pattern.Of(text, forAddresses))]);

    /// <summary>Whether a file is taken.</summary>
    public bool Take(string path) => Decide(pattern => pattern.Is(pattern.OfName ? path[(path.LastIndexOf('/') + 1)..] : path));

    /// <summary>Whether a page is taken.</summary>
    public bool Take(Uri address) =>
        Decide(pattern => pattern.Is(pattern.OfPath ? address.PathAndQuery : address.AbsoluteUri));

    private bool Decide(Func<Pattern, bool> isMatch) =>
        (_include.Length == 0 || _include.Any(isMatch)) && !_exclude.Any(isMatch);

    private sealed class Pattern(Regex regex, bool ofName, bool ofPath)
    {
        public bool OfName => ofName;

        public bool OfPath => ofPath;

        public bool Is(string text) => regex.IsMatch(text);

        public static Pattern Of(string text, bool forAddresses)
        {
            var expression = new StringBuilder("^");
            for (var at = 0; at < text.Length; at++)
            {
                if (text[at] == '?') expression.Append(forAddresses ? "\\?" : "[^/]");
                else if (text[at] != '*') expression.Append(Regex.Escape(text[at].ToString()));
                else if (at + 1 < text.Length && text[at + 1] == '*')
                {
                    // "**/" is also no folder at all.
                    var isFolders = at + 2 < text.Length && text[at + 2] == '/';
                    expression.Append(isFolders ? "(.*/)?" : ".*");
                    at += isFolders ? 2 : 1;
                }
                else
                {
                    expression.Append(forAddresses ? ".*" : "[^/]*");
                }
            }

            // Without going back a pattern takes time by the length of the text only.
            var regex = new Regex(
                expression.Append('$').ToString(),
                RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.Singleline, s_timeMax);
            return new Pattern(regex, !forAddresses && !text.Contains('/', StringComparison.Ordinal),
                forAddresses && text[0] == '/');
        }
    }
}
