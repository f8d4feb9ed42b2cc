using CodexOS.Platform.Faults;
using CodexOS.Sandbox.Native;
using Microsoft.Win32.SafeHandles;

namespace CodexOS.Sandbox.Workspaces;

/// <summary>Reads and writes files of a workspace from outside; the content is hostile, so no link is ever followed.</summary>
internal static class WorkspaceFiles
{
    private const int ReadOnlyFlags = 0;
    private const uint NewFolderPermissions = 0x1ED; // rwxr-xr-x

    /// <summary>What may be done with a file that is new: rw-r--r--.</summary>
    public const uint NewFilePermissions = 0x1A4;

    /// <summary>Opens a regular file for reading. The caller disposes of it.</summary>
    public static Result<(SafeFileHandle Handle, long SizeBytes)> Open(Folder root, WorkspacePath path)
    {
        var (handle, error) = root.OpenBeneath(path.Value, ReadOnlyFlags);
        if (handle is null) return FaultOf(error, path);
        var facts = Folder.FactsOf(handle);
        if (facts.IsFile) return (handle, facts.SizeBytes);
        handle.Dispose();
        return SandboxFaults.NotAFile(path.Value);
    }

    /// <summary>Reads a whole file that is not larger than the limit.</summary>
    public static Result<byte[]> Read(Folder root, WorkspacePath path, int bytesMax)
    {
        if (!Open(root, path).TryGet(out var file, out var fault)) return fault;
        using var handle = file.Handle;
        if (file.SizeBytes > bytesMax) return SandboxFaults.FileTooLarge(path.Value, bytesMax);
        var content = new byte[file.SizeBytes];
        var length = 0;
        while (length < content.Length)
        {
            var count = RandomAccess.Read(handle, content.AsSpan(length), length);
            if (count == 0) break;
            length += count;
        }

        return length == content.Length ? content : content[..length];
    }

    /// <summary>
    /// What is in a folder: folders first, then by name. Only files, folders and links are told of, and nothing of a
    /// repository's own administration.
    /// </summary>
    public static Result<List<WorkspaceEntry>> List(Folder root, WorkspacePath path)
    {
        var (folder, error) = root.EnterBeneath(path.Value);
        if (folder is null) return error == SystemError.NotFolder ? NotAFolderOr(root, path) : FaultOf(error, path);
        using (folder)
        {
            var entries = new List<WorkspaceEntry>();
            foreach (var entry in folder.Entries())
            {
                if (folder.FactsOf(entry.Name) is not { } facts) continue;
                EntryKind? kind = facts.IsFile ? EntryKind.File
                    : facts.IsFolder ? EntryKind.Directory
                    : facts.IsLink ? EntryKind.Link
                    : null;
                if (kind is null) continue;
                var name = entry.ToString();
                if (WorkspacePath.IsGitsOwnName(name)) continue;
                var full = path.Value.Length == 0 ? name : $"{path.Value}/{name}";
                entries.Add(new WorkspaceEntry(name, full, kind.Value, facts.IsFile ? facts.SizeBytes : 0));
            }

            entries.Sort(static (one, other) => (one.Kind == EntryKind.Directory) == (other.Kind == EntryKind.Directory)
                ? string.CompareOrdinal(one.Name, other.Name)
                : one.Kind == EntryKind.Directory ? -1 : 1);
            return entries;
        }
    }

    /// <summary>Writes a whole file, making the folders above it; it is there with its new content or not at all.</summary>
    /// <param name="root">The workspace's top.</param>
    /// <param name="path">The file.</param>
    /// <param name="content">Its new content.</param>
    /// <param name="owner">The user that new files and folders are given to, or null to keep this process's own.</param>
    /// <param name="permissions">What may be done with it; null leaves that as it is.</param>
    public static Result<Done> Write(
        Folder root, WorkspacePath path, ReadOnlySpan<byte> content, uint? owner, uint? permissions = null)
    {
        if (path.Value.Length == 0) return SandboxFaults.NotAFile(".");
        if (!MakeFolders(root, path.Parent, owner).TryGet(out var folder, out var fault)) return fault;
        using (folder)
        {
            var name = Folder.Name(path.Name);
            var before = folder.FactsOf(name);
            if (before is { IsLink: true }) return SandboxFaults.BadPath(path.Value, "is a link");
            if (before is { IsFile: false }) return SandboxFaults.NotAFile(path.Value);

            var partial = Folder.Name(".codexos-partial");
            _ = folder.Remove(partial, folder: false);
            using (var file = folder.CreateFile(partial, 0x180))
            {
                Descriptors.WriteAll(file, content);
                if (owner is { } user) Folder.Give(file, user);
                Folder.Permit(file, permissions ?? before?.Permissions ?? NewFilePermissions);
            }

            var error = folder.Move(partial, folder, name);
            return error == 0 ? Done.Value : throw SystemError.Of(error, $"Writing {path}");
        }
    }

    /// <summary>Removes a regular file, and the folders above it that are empty then.</summary>
    public static Result<Done> Remove(Folder root, WorkspacePath path)
    {
        for (var at = path; at.Value.Length > 0; at = WorkspacePath.Parse(at.Parent).Value)
        {
            var (folder, error) = root.EnterBeneath(at.Parent);
            if (folder is null) return FaultOf(error, at);
            using (folder)
            {
                var name = Folder.Name(at.Name);
                if (at == path && folder.FactsOf(name) is { IsFile: false }) return SandboxFaults.NotAFile(path.Value);
                error = folder.Remove(name, folder: at != path);
                if (error is SystemError.NotEmpty or SystemError.Exists && at != path) return Done.Value;
                if (error != 0) return FaultOf(error, at);
            }
        }

        return Done.Value;
    }

    /// <summary>What a failed attempt to open means to whoever named the path.</summary>
    public static Fault FaultOf(int error, WorkspacePath path) => error switch
    {
        SystemError.NotFound or SystemError.NotFolder or NoDevice => SandboxFaults.FileNotFound(path.Value),
        SystemError.Loop => SandboxFaults.BadPath(path.Value, "goes through a link"),
        SystemError.OtherDevice => SandboxFaults.BadPath(path.Value, "leads out of the workspace"),
        SystemError.NameTooLong => SandboxFaults.BadPath(path.Value, "is too long"),
        SystemError.AccessDenied => SandboxFaults.BadPath(path.Value, "is closed to the server"),
        _ => throw SystemError.Of(error, $"Opening {path}"),
    };

    // A socket or a device whose driver is absent.
    private const int NoDevice = 6;

    private static Fault NotAFolderOr(Folder root, WorkspacePath path)
    {
        // A link in the last place is reported as "not a folder" as well; say what it is.
        var (handle, error) = root.OpenBeneath(path.Value, ReadOnlyFlags);
        handle?.Dispose();
        return handle is null ? FaultOf(error, path) : SandboxFaults.NotAFolder(path.Value);
    }

    private static Result<Folder> MakeFolders(Folder root, string path, uint? owner)
    {
        var at = root.EnterBeneath("").Folder!;
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var name = Folder.Name(part);
            var error = at.MakeFolder(name, NewFolderPermissions);
            if (error == 0 && owner is { } user) at.Give(name, user);
            var next = error is 0 or SystemError.Exists ? at.Enter(name) : (null, error);
            at.Dispose();
            if (next.Folder is null)
            {
                if (next.Error is SystemError.NoSpace or SystemError.QuotaExceeded)
                    throw SystemError.Of(next.Error, $"Making {path}");
                return next.Error is SystemError.NotFolder or SystemError.Loop
                    ? SandboxFaults.BadPath(path, "goes through something that is not a folder")
                    : FaultOf(next.Error, WorkspacePath.Parse(path).Value);
            }

            at = next.Folder;
        }

        return at;
    }
}

/// <summary>Something in a folder of a workspace.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Path">Its path from the top of the workspace.</param>
/// <param name="Kind">What it is.</param>
/// <param name="SizeBytes">Its length, 0 for folders and links.</param>
internal sealed record WorkspaceEntry(string Name, string Path, EntryKind Kind, long SizeBytes);

/// <summary>What something in a workspace is.</summary>
public enum EntryKind
{
    /// <summary>A regular file.</summary>
    File,

    /// <summary>A folder.</summary>
    Directory,

    /// <summary>A symbolic link; it is shown and never followed.</summary>
    Link,
}
