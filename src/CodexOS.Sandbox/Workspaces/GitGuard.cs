using System.Collections.Immutable;
using CodexOS.Sandbox.Native;

namespace CodexOS.Sandbox.Workspaces;

/// <summary>
/// Keeps programs from planting what a repository's next user would execute: while they run, settings and hooks are
/// read-only, and afterwards they are put back, should a program have moved the folder aside and made another.
/// </summary>
internal static class GitGuard
{
    private const int SettingsBytesMax = 1 << 20;
    private static readonly WorkspacePath s_settings = WorkspacePath.Parse(".git/config").Value;
    private static readonly byte[] s_hooks = Folder.Name("hooks");

    /// <summary>What of a workspace's repository is to be read-only; empty if it has none.</summary>
    public static ImmutableArray<string> Protect(Folder files, uint? owner)
    {
        var (git, _) = files.EnterBeneath(".git");
        if (git is null) return [];
        using (git)
        {
            // Hooks that are not there cannot be made read-only.
            if (git.MakeFolder(s_hooks, 0x1ED) == 0 && owner is { } user) git.Give(s_hooks, user);
            List<string> paths = [];
            if (git.FactsOf(s_hooks) is { IsFolder: true }) paths.Add(".git/hooks");
            if (git.FactsOf(Folder.Name("config")) is { IsFile: true }) paths.Add(".git/config");
            return [.. paths];
        }
    }

    /// <summary>Puts settings and hooks back as they were.</summary>
    public static void Restore(Folder before, Folder after, uint? owner, CancellationToken cancellationToken)
    {
        var (git, _) = after.EnterBeneath(".git");
        if (git is null) return;
        using (git)
        {
            var (hooks, _) = git.Enter(s_hooks);
            var isEmpty = hooks?.Entries() is [];
            hooks?.Dispose();
            if (!isEmpty)
            {
                Tree.Remove(git, s_hooks, cancellationToken);
                if (git.MakeFolder(s_hooks, 0x1ED) == 0 && owner is { } user) git.Give(s_hooks, user);
            }

            if (!WorkspaceFiles.Read(before, s_settings, SettingsBytesMax).TryGet(out var was, out _)) return;
            var isSame = WorkspaceFiles.Read(after, s_settings, SettingsBytesMax).TryGet(out var now, out _)
                && was.AsSpan().SequenceEqual(now);
            if (isSame) return;
            Tree.Remove(git, Folder.Name("config"), cancellationToken);
            _ = WorkspaceFiles.Write(after, s_settings, was, owner).Value;
        }
    }
}
