using System.Text;
using CodexOS.Sandbox.Native;
using CodexOS.Sandbox.Tools;

namespace CodexOS.Sandbox.Workspaces;

/// <summary>
/// What differs between two versions of a workspace, worked out on the host without git: both trees are walked side by side.
/// A repository's own administration is left out, links are compared and not followed.
/// </summary>
internal sealed class VersionDiff(SandboxOptions options, CancellationToken cancellationToken)
{
    private const int DiffLengthMax = 256 * 1024;
    private const int FilesMax = 2_000;
    private const int BufferBytes = 128 * 1024;
    private readonly byte[] _first = new byte[BufferBytes];
    private readonly byte[] _second = new byte[BufferBytes];
    private readonly StringBuilder _diff = new();
    private int _files;
    private bool _isCut;

    /// <summary>The difference.</summary>
    public static GitDiff Between(Folder before, Folder after, SandboxOptions options, CancellationToken cancellationToken)
    {
        var work = new VersionDiff(options, cancellationToken);
        work.Visit(before, after, "", options.WorkspaceDepthMax + 1);
        var text = work._diff.ToString();
        var (insertions, deletions) = Count(text);
        if (work._isCut) text += "[… the diff goes on …]\n";
        return new GitDiff(text, work._files, insertions, deletions) { IsTruncated = work._isCut };
    }

    private void Visit(Folder? before, Folder? after, string place, int depthLeft)
    {
        var old = ItemsOf(before);
        var now = ItemsOf(after);
        foreach (var name in old.Keys.Union(now.Keys).Order(StringComparer.Ordinal))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_isCut) return;
            var was = old.TryGetValue(name, out var first) ? first : (Item?)null;
            var isNow = now.TryGetValue(name, out var second) ? second : (Item?)null;
            Compare(
                before,
                after,
                was is { Facts.IsFolder: false } ? was : null,
                isNow is { Facts.IsFolder: false } ? isNow : null,
                place + name);
            if (depthLeft == 0) continue;
            using var oldInner = Enter(before, was);
            using var nowInner = Enter(after, isNow);
            if (oldInner is not null || nowInner is not null) Visit(oldInner, nowInner, $"{place}{name}/", depthLeft - 1);
        }
    }

    private static Folder? Enter(Folder? folder, Item? given) =>
        folder is not null && given is { Facts.IsFolder: true } item ? Tree.EnterForced(folder, item.Raw, item.Facts) : null;

    private void Compare(Folder? before, Folder? after, Item? was, Item? isNow, string path)
    {
        if (was is null && isNow is null) return;
        // Times prove nothing: a program can set them.
        var isSame = was is { } one && isNow is { } other && HaveSameContent(before!, one, after!, other);
        var modeDiffers = was is { Facts.IsLink: false } a && isNow is { } b
            && (a.Facts.Permissions & 0x40) != (b.Facts.Permissions & 0x40);
        if (isSame && !modeDiffers) return;
        if (++_files > FilesMax || _diff.Length > DiffLengthMax)
        {
            _isCut = true;
            return;
        }

        _diff.Append($"diff --git a/{path} b/{path}\n");
        if (was is null) _diff.Append($"new file mode {ModeOf(isNow!.Value)}\n");
        else if (isNow is null) _diff.Append($"deleted file mode {ModeOf(was.Value)}\n");
        else if (modeDiffers) _diff.Append($"old mode {ModeOf(was.Value)}\nnew mode {ModeOf(isNow.Value)}\n");
        if (isSame) return;
        var (old, now) = (TextOf(before, was), TextOf(after, isNow));
        var isText = (was is null || old is not null) && (isNow is null || now is not null);
        _diff.Append(isText
            ? UnifiedDiff.Make(path, was is null ? null : old, isNow is null ? null : now)
            : $"Binary files {(was is null ? "/dev/null" : $"a/{path}")} and {(isNow is null ? "/dev/null" : $"b/{path}")} differ\n");
    }

    private static string ModeOf(in Item item) =>
        item.Facts.IsLink ? "120000" : (item.Facts.Permissions & 0x40) != 0 ? "100755" : "100644";

    private bool HaveSameContent(Folder before, Item old, Folder after, Item now)
    {
        if (old.Facts.IsLink != now.Facts.IsLink) return false;
        if (old.Facts.IsLink) return before.ReadLink(old.Raw).AsSpan().SequenceEqual(after.ReadLink(now.Raw));
        if (old.Facts.SizeBytes != now.Facts.SizeBytes) return false;
        using var one = Tree.OpenForced(before, old.Raw, old.Facts);
        using var other = Tree.OpenForced(after, now.Raw, now.Facts);
        for (var at = 0L; at < old.Facts.SizeBytes;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = RandomAccess.Read(one, _first, at);
            if (count == 0 || RandomAccess.Read(other, _second, at) != count) return false;
            if (!_first.AsSpan(0, count).SequenceEqual(_second.AsSpan(0, count))) return false;
            at += count;
        }

        return true;
    }

    /// <summary>The text of a file, or where a link points; null if it is none, or is too long.</summary>
    private string? TextOf(Folder? folder, Item? given)
    {
        if (folder is null || given is not { } item) return null;
        if (item.Facts.IsLink)
            return folder.ReadLink(item.Raw) is { } target ? TextFile.TryDecode(target.AsSpan(0, target.Length - 1)) : null;
        if (item.Facts.SizeBytes > options.ReadBytesMax) return null;
        using var file = Tree.OpenForced(folder, item.Raw, item.Facts);
        var bytes = new byte[item.Facts.SizeBytes];
        var length = 0;
        for (int count; length < bytes.Length; length += count)
        {
            count = RandomAccess.Read(file, bytes.AsSpan(length), length);
            if (count == 0) break;
        }

        return TextFile.TryDecode(bytes.AsSpan(0, length));
    }

    private static Dictionary<string, Item> ItemsOf(Folder? folder)
    {
        var items = new Dictionary<string, Item>(StringComparer.Ordinal);
        foreach (var entry in folder?.Entries() ?? [])
        {
            if (folder!.FactsOf(entry.Name) is not { } facts || !(facts.IsFile || facts.IsFolder || facts.IsLink)) continue;
            var name = entry.ToString();
            if (!WorkspacePath.IsGitsOwnName(name)) items.TryAdd(name, new Item(entry.Name, facts));
        }

        return items;
    }

    private static (int Insertions, int Deletions) Count(string diff)
    {
        var (insertions, deletions, inHunk) = (0, 0, false);
        foreach (var range in diff.AsSpan().Split('\n'))
        {
            var line = diff.AsSpan(range);
            if (line.StartsWith("diff --git ")) inHunk = false;
            else if (line.StartsWith("@@ ")) inHunk = true;
            else if (inHunk && line.StartsWith("+")) insertions++;
            else if (inHunk && line.StartsWith("-")) deletions++;
        }

        return (insertions, deletions);
    }

    private readonly record struct Item(byte[] Raw, FileFacts Facts);
}
