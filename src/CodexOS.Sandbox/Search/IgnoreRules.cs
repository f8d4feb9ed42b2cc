using CodexOS.Sandbox.Native;
using CodexOS.Sandbox.Tools;
using CodexOS.Sandbox.Workspaces;

namespace CodexOS.Sandbox.Search;

/// <summary>
/// What the ignore files of a folder and of those above it leave out. The innermost file that speaks of a path decides, and
/// in it the last line. What is in a folder that is left out cannot be taken back in: it is never looked at.
/// </summary>
internal sealed class IgnoreRules
{
    private const int FileBytesMax = 256 << 10;
    private const int RulesMax = 2_000;
    private static readonly WorkspacePath s_fileName = WorkspacePath.Parse(".gitignore").Value;
    private readonly IgnoreRules? _outer;
    private readonly string _place;
    private readonly List<PathRule> _rules;

    private IgnoreRules(IgnoreRules? outer, string place, List<PathRule> rules)
    {
        _outer = outer;
        _place = place;
        _rules = rules;
    }

    /// <summary>The rules for what is in a folder.</summary>
    /// <param name="outer">Those of the folder above.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="place">Its path with a slash at the end, or nothing for the top.</param>
    public static IgnoreRules? In(IgnoreRules? outer, Folder folder, string place)
    {
        if (!TextFile.Read(folder, s_fileName, FileBytesMax).TryGet(out var text, out _)) return outer;
        var rules = Parse(text);
        return rules.Count > 0 ? new IgnoreRules(outer, place, rules) : outer;
    }

    /// <summary>The rules in the text of an ignore file.</summary>
    public static List<PathRule> Parse(string text) =>
        [.. text.Split('\n').Select(PathRule.Parse).OfType<PathRule>().Take(RulesMax)];

    /// <summary>Whether a path is left out, given that the folders above it are not.</summary>
    public bool Ignores(string path, ReadOnlySpan<char> name, bool isFolder)
    {
        for (var scope = this; scope is not null; scope = scope._outer)
        {
            var inner = path.AsSpan(scope._place.Length);
            for (var i = scope._rules.Count - 1; i >= 0; i--)
            {
                if (scope._rules[i].Matches(inner, name, isFolder)) return !scope._rules[i].IsNegated;
            }
        }

        return false;
    }
}
