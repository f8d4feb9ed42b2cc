using CodexOS.Platform.Faults;

namespace CodexOS.Sandbox.Search;

/// <summary>Which files a call wants: patterns that let in, patterns that leave out, and kinds of files.</summary>
internal sealed class PathFilter
{
    private const int AlternativesMax = 64;
    private readonly List<PathRule> _include;
    private readonly List<PathRule> _exclude;
    private readonly List<PathRule> _types;

    private PathFilter(List<PathRule> include, List<PathRule> exclude, List<PathRule> types)
    {
        _include = include;
        _exclude = exclude;
        _types = types;
    }

    /// <summary>Whether only what a pattern names is wanted.</summary>
    public bool HasInclude => _include.Count > 0;

    /// <summary>Reads the patterns of a call.</summary>
    public static Result<PathFilter> Make(
        IReadOnlyList<string> include, IReadOnlyList<string> exclude, IReadOnlyList<string> types)
    {
        var rules = new List<PathRule>[2];
        foreach (var (index, patterns) in ((IReadOnlyList<string>[])[include, exclude]).Index())
        {
            rules[index] = [];
            foreach (var pattern in patterns)
            {
                if (Alternatives(pattern) is not { } alternatives) return Bad(pattern, $"has more than {AlternativesMax} alternatives");
                foreach (var alternative in alternatives)
                {
                    if (PathRule.Parse(alternative) is not { IsNegated: false } rule)
                        return Bad(pattern, "is not one, for instance because of a bracket without an end; to leave files out, use exclude");
                    rules[index].Add(rule);
                }
            }
        }

        return new PathFilter(
            rules[0],
            rules[1],
            [.. types.SelectMany(static type => FileTypes.All[type]).Select(PathRule.Parse).OfType<PathRule>()]);
    }

    /// <summary>Whether a pattern lets in a file, or a folder with all that is below it.</summary>
    public bool Includes(string path, ReadOnlySpan<char> name, bool isFolder) => Any(_include, path, name, isFolder);

    /// <summary>Whether a pattern leaves out a file, or a folder with all that is below it.</summary>
    public bool Excludes(string path, ReadOnlySpan<char> name, bool isFolder) => Any(_exclude, path, name, isFolder);

    /// <summary>Whether a file is of a wanted kind.</summary>
    public bool IsWantedType(ReadOnlySpan<char> name) => _types.Count == 0 || Any(_types, name, name, false);

    private static bool Any(List<PathRule> rules, ReadOnlySpan<char> path, ReadOnlySpan<char> name, bool isFolder)
    {
        foreach (var rule in rules)
        {
            if (rule.Matches(path, name, isFolder)) return true;
        }

        return false;
    }

    private static Fault Bad(string pattern, string why) => new(
        "sandbox.bad_glob", FaultKind.Invalid, $"The pattern '{pattern}' {why}. Write for instance *.cs, src/**/*.ts or *.{{js,ts}}.");

    /// <summary>All that a pattern with braces stands for; null if that is too much.</summary>
    private static List<string>? Alternatives(string pattern)
    {
        List<string> open = [pattern], done = [];
        while (open.Count > 0)
        {
            if (open.Count + done.Count > AlternativesMax) return null;
            var text = open[^1];
            open.RemoveAt(open.Count - 1);
            if (InnermostBraces(text) is not { } braces)
            {
                done.Add(text);
                continue;
            }

            var (from, to) = braces;
            open.AddRange(text[(from + 1)..to].Split(',')
                .Select(part => string.Concat(text.AsSpan(0, from), part, text.AsSpan(to + 1))));
        }

        return done;
    }

    private static (int From, int To)? InnermostBraces(string text)
    {
        var from = -1;
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] == '\\') at++;
            else if (text[at] == '{') from = at;
            else if (text[at] == '}' && from >= 0) return (from, at);
        }

        return null;
    }
}
