using CodexOS.Platform.Faults;
using CodexOS.Sandbox.Native;
using Microsoft.Win32.SafeHandles;

namespace CodexOS.Sandbox.Workspaces;

/// <summary>Writes the items of an archive below a folder, or says why one is refused.</summary>
internal sealed class TarWriter(Folder root, uint? owner, SandboxOptions options)
{
    private SafeFileHandle? _file;

    /// <summary>Makes an item; the content of a file is to follow.</summary>
    /// <returns>Why it is refused, or null.</returns>
    public Fault? Begin(TarItem item)
    {
        if (item.Kind == TarKind.Other)
            return SandboxFaults.BadArchive($"has a device, a pipe or an unknown kind of item at '{Shown(item.Path)}'");
        if (!WorkspacePath.Parse(item.Path).TryGet(out var path, out var bad))
            return SandboxFaults.BadArchive($"is refused: {bad.Message}");
        if (path.Value.Count(character => character == '/') >= options.WorkspaceDepthMax)
            return SandboxFaults.BadArchive($"has more than {options.WorkspaceDepthMax} folders inside each other");
        // The top itself is there already. Hooks would be executed by whoever uses the repository next.
        if (path.Value.Length == 0 || IsHook(path, item.Kind)) return null;
        if (item.SizeBytes > options.FileBytesMax) return SandboxFaults.FileTooLarge(path.Value, options.FileBytesMax);

        if (EnterParent(path) is not { } parent)
            return SandboxFaults.BadArchive($"writes '{Shown(item.Path)}' through a link or a file");
        using (parent)
        {
            var name = Folder.Name(path.Name);
            var before = parent.FactsOf(name);
            if (item.Kind == TarKind.Folder && before is { IsFolder: true }) return null;
            if (before is { IsFolder: true })
                return SandboxFaults.BadArchive($"has both a folder and something else at '{Shown(item.Path)}'");
            // What comes later in an archive replaces what came before.
            if (before is not null) Check(parent.Remove(name, folder: false), path);
            return item.Kind switch
            {
                TarKind.File => MakeFile(parent, name, item.IsExecutable),
                TarKind.Folder => MakeFolder(parent, name, path),
                TarKind.SymbolicLink => MakeSymbolicLink(parent, name, path, item.Target),
                _ => MakeHardLink(parent, name, item),
            };
        }
    }

    /// <summary>Writes content of the file begun last; of something else it is left out.</summary>
    public void Write(ReadOnlySpan<byte> content)
    {
        if (_file is not null) Descriptors.WriteAll(_file, content);
    }

    /// <summary>Closes the file begun last.</summary>
    public void End()
    {
        _file?.Dispose();
        _file = null;
    }

    /// <summary>Whether it is in a folder of hooks, or stands in the place of one, as a link to another would.</summary>
    private static bool IsHook(WorkspacePath path, TarKind kind)
    {
        var names = path.Value.Split('/');
        for (var i = 0; i + 1 < names.Length; i++)
        {
            if (names[i].Equals(".git", StringComparison.OrdinalIgnoreCase)
                && names[i + 1].Equals("hooks", StringComparison.OrdinalIgnoreCase))
            {
                return i + 2 < names.Length || kind != TarKind.Folder;
            }
        }

        return false;
    }

    private Fault? MakeFile(Folder parent, byte[] name, bool isExecutable)
    {
        _file = parent.CreateFile(name, 0x180);
        if (owner is { } user) Folder.Give(_file, user);
        Folder.Permit(_file, isExecutable ? 0x1EDu : 0x1A4u);
        return null;
    }

    private Fault? MakeFolder(Folder parent, byte[] name, WorkspacePath path)
    {
        Check(parent.MakeFolder(name, 0x1ED), path);
        if (owner is { } user) parent.Give(name, user);
        return null;
    }

    private Fault? MakeSymbolicLink(Folder parent, byte[] name, WorkspacePath path, string target)
    {
        if (!StaysInside(path, target))
            return SandboxFaults.BadArchive($"has a link at '{Shown(path.Value)}' that points out of the workspace");
        Check(parent.MakeLink(name, Folder.Name(target)), path);
        if (owner is { } user) parent.Give(name, user);
        return null;
    }

    private Fault? MakeHardLink(Folder parent, byte[] name, TarItem item)
    {
        var isFine = WorkspacePath.Parse(item.Target).TryGet(out var target, out _)
            && WorkspaceFiles.Open(root, target).TryGet(out var file, out _)
            && Closed(file.Handle)
            && root.Link(Folder.Name(target.Value), parent, name) == 0;
        return isFine
            ? null
            : SandboxFaults.BadArchive($"has a hard link at '{Shown(item.Path)}' to something that is not a file of the archive");
    }

    private static bool Closed(SafeFileHandle handle)
    {
        handle.Dispose();
        return true;
    }

    /// <summary>Whether a link that lies at a path stays inside at every step of its target.</summary>
    private static bool StaysInside(WorkspacePath link, string target)
    {
        if (target.Length == 0 || target.StartsWith('/') || target.Contains('\0', StringComparison.Ordinal)) return false;
        var depth = link.Value.Count(character => character == '/');
        foreach (var name in target.Split('/'))
        {
            if (name is "" or ".") continue;
            depth += name == ".." ? -1 : 1;
            if (depth < 0) return false;
        }

        return true;
    }

    private Folder? EnterParent(WorkspacePath path)
    {
        var at = root.EnterBeneath("").Folder!;
        foreach (var part in path.Parent.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var name = Folder.Name(part);
            var error = at.MakeFolder(name, 0x1ED);
            if (error == 0 && owner is { } user) at.Give(name, user);
            if (error is not (0 or SystemError.Exists)) throw SystemError.Of(error, $"Making {path.Parent}");
            var next = at.Enter(name).Folder;
            at.Dispose();
            if (next is null) return null;
            at = next;
        }

        return at;
    }

    private static string Shown(string path) => path.Length <= 200 ? path : path[..200] + "…";

    private static void Check(int error, WorkspacePath path)
    {
        if (error != 0) throw SystemError.Of(error, $"Unpacking {path}");
    }
}
