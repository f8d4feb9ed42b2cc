using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Runs;

/// <summary>A run with the lines that lead to it.</summary>
internal readonly record struct RunTreeRow(string Branch, Run Run);

/// <summary>Puts runs below those that started them. A run whose parent is not listed stands by itself.</summary>
internal static class RunTree
{
    public static IEnumerable<RunTreeRow> Of(IReadOnlyList<Run> runs)
    {
        var listed = runs.Select(run => run.Id).ToHashSet(StringComparer.Ordinal);
        var children = runs.Where(run => run.ParentId is { } parent && listed.Contains(parent))
            .ToLookup(run => run.ParentId!, StringComparer.Ordinal);
        return runs.Where(run => run.ParentId is not { } parent || !listed.Contains(parent))
            .SelectMany(run => Below(run, "", "", children));
    }

    private static IEnumerable<RunTreeRow> Below(Run run, string branch, string indent, ILookup<string, Run> children)
    {
        yield return new RunTreeRow(branch, run);
        // Lists are newest first; a parent's children read better in the order in which it started them.
        var below = children[run.Id].Reverse().ToList();
        for (var i = 0; i < below.Count; i++)
        {
            var isLast = i == below.Count - 1;
            var rows = Below(below[i], indent + (isLast ? "└─ " : "├─ "), indent + (isLast ? "   " : "│  "), children);
            foreach (var row in rows) yield return row;
        }
    }
}
