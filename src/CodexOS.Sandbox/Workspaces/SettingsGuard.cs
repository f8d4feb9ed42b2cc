using System.Text;
using CodexOS.Platform.Faults;
using CodexOS.Sandbox.Native;

namespace CodexOS.Sandbox.Workspaces;

/// <summary>
/// Keeps settings of agents and editors at the top of a workspace as they are: whoever opens the folder later would execute
/// what stands there. Programs find what is there read-only, other tools are refused, and what is new does not stay.
/// </summary>
internal static class SettingsGuard
{
    /// <summary>Which of the names are there; a program must not write them.</summary>
    public static IEnumerable<string> Existing(Folder files, IEnumerable<string> names) =>
        names.Where(name => files.FactsOf(Folder.Name(name)) is { } facts && (facts.IsFile || facts.IsFolder));

    /// <summary>Takes out what is new under the names, and says so; a change of what was there is refused.</summary>
    public static Result<Change> Enforce(WorkingCopy copy, IEnumerable<string> names, int depthMax, Change change)
    {
        var removed = new List<string>();
        foreach (var name in names)
        {
            var entry = Folder.Name(name);
            var (was, now) = (SignatureOf(copy.Before, entry, depthMax), SignatureOf(copy.Files, entry, depthMax));
            if (was == now) continue;
            if (was is not null) return SandboxFaults.ProtectedPath(name);
            Tree.Remove(copy.Files, entry, CancellationToken.None);
            removed.Add(name);
        }

        if (removed.Count == 0) return change;
        var note = $"[not kept: {string.Join(", ", removed)}; settings of agents and editors cannot be added to a workspace]\n";
        return change with { Result = change.Result with { Text = note + change.Result.Text, IsError = true } };
    }

    /// <summary>What is seen of an entry without reading it: kinds, permissions, sizes, times; null if it is not there.</summary>
    private static string? SignatureOf(Folder folder, byte[] name, int depthMax)
    {
        if (folder.FactsOf(name) is not { } facts) return null;
        var text = new StringBuilder();
        Visit(folder, name, facts, 1);
        return text.ToString();

        void Visit(Folder parent, byte[] entry, in FileFacts what, int depth)
        {
            text.Append(Convert.ToHexString(entry)).Append(' ').Append(what.Mode).Append(' ');
            if (what.IsLink) text.Append(Convert.ToHexString(parent.ReadLink(entry) ?? []));
            if (what.IsFile) text.Append($"{what.SizeBytes} {what.ModifiedSeconds}.{what.ModifiedNanoseconds}");
            text.Append('\n');
            if (!what.IsFolder || depth >= depthMax) return;
            using var inner = Tree.EnterForced(parent, entry, what);
            if (inner is null) return;
            foreach (var child in inner.Entries().OrderBy(each => Convert.ToHexString(each.Name), StringComparer.Ordinal))
                if (inner.FactsOf(child.Name) is { } inside) Visit(inner, child.Name, inside, depth + 1);
        }
    }
}
