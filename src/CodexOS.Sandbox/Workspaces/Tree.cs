using CodexOS.Sandbox.Native;
using Microsoft.Win32.SafeHandles;

namespace CodexOS.Sandbox.Workspaces;

/// <summary>How large a tree of files is.</summary>
/// <param name="Bytes">The sum of the files' lengths; a file with several names counts once.</param>
/// <param name="Files">Files, folders, links and whatever else has a name.</param>
/// <param name="IsTooDeep">Whether folders lie inside each other beyond the limit; the rest is not measured.</param>
/// <param name="SharesFiles">Whether a file has several names in the tree; null where that was not looked at.</param>
internal readonly record struct TreeSize(long Bytes, long Files, bool IsTooDeep, bool? SharesFiles = null);

/// <summary>
/// Measures, copies and removes trees whose content is hostile: it may hold links to anywhere, folders without end, pipes,
/// names that are not text, and it may change meanwhile. Nothing is followed, and nothing is named by more than one step.
/// </summary>
internal static class Tree
{
    // A path the kernel accepts in one piece has less than half as many names.
    private const int DepthForced = 32;

    /// <summary>Measures a tree; what vanishes meanwhile does not count.</summary>
    public static TreeSize Measure(Folder root, int depthMax, CancellationToken cancellationToken)
    {
        var bytes = 0L;
        var files = 0L;
        var tooDeep = false;
        var shares = false;
        var seen = new HashSet<ulong>();
        Visit(root, 1);
        return new TreeSize(bytes, files, tooDeep, shares);

        void Visit(Folder folder, int depth)
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var entry in folder.Entries())
            {
                if (folder.FactsOf(entry.Name) is not { } facts) continue;
                files++;
                if (facts.IsFile && facts.LinksCount > 1 && !seen.Add(facts.Inode)) shares = true;
                else if (facts.IsFile) bytes += facts.SizeBytes;
                if (!facts.IsFolder) continue;
                if (depth >= depthMax)
                {
                    tooDeep = true;
                    continue;
                }

                using var inner = EnterForced(folder, entry.Name, facts);
                if (inner is not null) Visit(inner, depth + 1);
            }
        }
    }

    /// <summary>
    /// Copies a tree into an empty folder: files, folders and links, with permissions and times and with names that share
    /// a file sharing the copy. Pipes, sockets and devices are left out, as are set-user-id bits.
    /// </summary>
    /// <param name="from">What to copy.</param>
    /// <param name="to">Where to; it exists and is empty.</param>
    /// <param name="owner">The user that the copy is given to, or null to keep this process's own.</param>
    /// <param name="depthMax">Most folders inside each other.</param>
    /// <param name="cancellationToken">Stops half-way.</param>
    /// <param name="shareFiles">
    /// Gives files a further name instead of copying them. For copies in which nobody writes into a file that is there: whatever
    /// changes must be a new file in its place.
    /// </param>
    /// <exception cref="IOException">Something could not be copied, or the tree is too deep.</exception>
    public static void Copy(
        Folder from, Folder to, uint? owner, int depthMax, CancellationToken cancellationToken, bool shareFiles = false)
    {
        var shared = new Dictionary<ulong, byte[]>();
        Visit(from, to, [], 1);

        void Visit(Folder source, Folder target, byte[] path, int depth)
        {
            if (depth > depthMax) throw new IOException($"Folders lie inside each other more than {depthMax} deep.");
            foreach (var entry in source.Entries())
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (source.FactsOf(entry.Name) is not { } facts) continue;
                if (facts.IsLink) CopyLink(source, target, entry.Name);
                else if (facts.IsFile) CopyFile(source, target, path, entry.Name, facts);
                else if (facts.IsFolder) CopyFolder(source, target, path, entry.Name, facts, depth);
            }
        }

        void CopyLink(Folder source, Folder target, byte[] name)
        {
            if (source.ReadLink(name) is not { } aim) return;
            Check(target.MakeLink(name, aim), name);
            if (owner is { } user) target.Give(name, user);
        }

        void CopyFile(Folder source, Folder target, byte[] path, byte[] name, in FileFacts facts)
        {
            // A file can have only so many names; then it is copied after all.
            if (shareFiles && source.Link(name, target, name) == 0) return;
            if (facts.LinksCount > 1)
            {
                if (shared.TryGetValue(facts.Inode, out var first) && to.Link(first, target, name) == 0) return;
                shared[facts.Inode] = [.. path, .. name];
            }

            using var reading = OpenForced(source, name, facts);
            using var writing = target.CreateFile(name, 0x180);
            Folder.CopyContent(reading, writing);
            if (owner is { } user) Folder.Give(writing, user);
            Folder.Permit(writing, facts.Permissions);
            Folder.SetTime(writing, facts);
        }

        void CopyFolder(Folder source, Folder target, byte[] path, byte[] name, in FileFacts facts, int depth)
        {
            Check(target.MakeFolder(name, 0x1C0), name);
            using var inner = EnterForced(source, name, facts)
                ?? throw new IOException($"The folder {Folder.Show(name)} cannot be read.");
            using var copy = Require(target.Enter(name), name);
            Visit(inner, copy, [.. path, .. name.AsSpan(0, name.Length - 1), (byte)'/'], depth + 1);
            if (owner is { } user) Folder.Give(copy.Handle, user);
            Folder.Permit(copy.Handle, facts.Permissions);
            Folder.SetTime(copy.Handle, facts);
        }
    }

    /// <summary>Removes an entry with all that is below it, however deep.</summary>
    public static void Remove(Folder parent, byte[] name, CancellationToken cancellationToken)
    {
        if (parent.FactsOf(name) is not { } facts) return;
        if (!facts.IsFolder)
        {
            Check(parent.Remove(name, folder: false), name);
            return;
        }

        using (var top = EnterForced(parent, name, facts))
        {
            // A folder that lies too deep is moved to the top and removed from there.
            var moved = 0;
            while (top is not null && Clear(top, top, 1)) { }

            bool Clear(Folder root, Folder folder, int depth)
            {
                var again = false;
                foreach (var entry in folder.Entries())
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    if (folder.FactsOf(entry.Name) is not { } inside) continue;
                    if (!inside.IsFolder)
                    {
                        Check(folder.Remove(entry.Name, folder: false), entry.Name);
                        continue;
                    }

                    if (depth >= DepthForced)
                    {
                        // Moving a folder also asks for leave to write to it, because its ".." changes.
                        folder.Permit(entry.Name, 0x1C0);
                        int error;
                        do
                        {
                            error = folder.Move(entry.Name, root, Folder.Name($".codexos-removed-{moved++}"));
                        }
                        while (error is SystemError.Exists or SystemError.NotEmpty or SystemError.NotFolder);
                        Check(error, entry.Name);
                        again = true;
                        continue;
                    }

                    using (var inner = EnterForced(folder, entry.Name, inside))
                    {
                        if (inner is not null) again |= Clear(root, inner, depth + 1);
                    }

                    Check(folder.Remove(entry.Name, folder: true), entry.Name);
                }

                return again;
            }
        }

        Check(parent.Remove(name, folder: true), name);
    }

    /// <summary>Enters a folder even if its owner, when that is the server's own user, has closed it.</summary>
    public static Folder? EnterForced(Folder parent, byte[] name, in FileFacts facts)
    {
        if (Libc.GetEffectiveUser() != 0 && (facts.Permissions & 0x1C0) != 0x1C0) parent.Permit(name, 0x1C0);
        return parent.Enter(name).Folder;
    }

    /// <summary>Opens a file for reading even if its owner, when that is the server's own user, has closed it.</summary>
    public static SafeFileHandle OpenForced(Folder parent, byte[] name, in FileFacts facts)
    {
        if (Libc.GetEffectiveUser() != 0 && (facts.Permissions & 0x100) == 0)
            parent.Permit(name, facts.Permissions | 0x100);
        var (handle, error) = parent.OpenForReading(name);
        return handle ?? throw SystemError.Of(error, $"Reading {Folder.Show(name)}");
    }

    private static Folder Require((Folder? Folder, int Error) opened, byte[] name) =>
        opened.Folder ?? throw SystemError.Of(opened.Error, $"Opening {Folder.Show(name)}");

    private static void Check(int error, byte[] name)
    {
        if (error is not (0 or SystemError.NotFound)) throw SystemError.Of(error, $"Working on {Folder.Show(name)}");
    }
}
