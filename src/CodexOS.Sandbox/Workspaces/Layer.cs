using CodexOS.Sandbox.Native;

namespace CodexOS.Sandbox.Workspaces;

/// <summary>
/// What a program writes while it sees a folder through the kernel's overlay file system. The files in the folder are
/// not written into, so they may be the very ones of earlier versions; afterwards what was written is put in their place.
/// </summary>
/// <remarks>
/// <code>
/// upper    what is new or changed, under its new path
/// work     the kernel's own
/// </code>
/// The files are as hostile as all of a workspace, but the kernel's own notes among them can be believed: attributes that
/// begin with <c>trusted.</c> need a privilege on the host, and nobody can make a mark of removal through an overlay.
/// </remarks>
internal static class Layer
{
    /// <summary>Where a folder was before it was renamed: a name beside it, or a path from the top.</summary>
    public static readonly byte[] MovedFrom = Folder.Name("trusted.overlay.redirect");

    private static readonly byte[] s_coversAll = Folder.Name("trusted.overlay.opaque");

    /// <summary>Where the changed files of a layer are.</summary>
    public static string UpperOf(string layer) => Path.Combine(layer, "upper");

    /// <summary>
    /// How a layer over a folder is mounted, seen from the folder that both lie in. Folders can be renamed, and what
    /// programs ask to be flushed is flushed with the version.
    /// </summary>
    public static string MountOptions(string folder, string layer)
    {
        var (lower, upper) = (Path.GetFileName(folder), Path.GetFileName(layer));
        return $"lowerdir={lower},upperdir={upper}/upper,workdir={upper}/work,"
            + "redirect_dir=on,index=off,metacopy=off,nfs_export=off,volatile,nosuid,nodev";
    }

    /// <summary>Makes an empty layer over a folder.</summary>
    public static void Begin(string folder, string layer)
    {
        const UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(layer, ownerOnly);
        Directory.CreateDirectory(Path.Combine(layer, "work"), ownerOnly);
        Directory.CreateDirectory(UpperOf(layer), ownerOnly);
        using var lower = Folder.Open(folder);
        using var upper = Folder.Open(UpperOf(layer));
        var facts = Folder.FactsOf(lower.Handle);
        Folder.Give(upper.Handle, facts.User);
        Folder.Permit(upper.Handle, facts.Permissions);
    }

    /// <summary>
    /// Puts what was written in place, when nobody uses the layer any more: 1. what is not covered by it moves from the
    /// folder into it, 2. what is left in the folder was removed or replaced, 3. everything moves back. Nothing is copied,
    /// and nothing is written into. Pipes, sockets, devices and set-user-id bits are left out.
    /// </summary>
    /// <param name="folder">The folder that the layer is over.</param>
    /// <param name="layer">The layer; it is removed.</param>
    /// <param name="depthMax">Most folders inside each other.</param>
    /// <exception cref="IOException">
    /// Something could not be moved, or folders lie too deep; the folder is of no use then.
    /// </exception>
    public static void Settle(string folder, string layer, int depthMax)
    {
        using (var lower = Folder.Open(folder))
        using (var upper = Folder.Open(UpperOf(layer)))
        {
            // 1. Fold
            Fold(upper, lower, lower, "", depthMax);
            var facts = Folder.FactsOf(upper.Handle);

            // 2. Clear
            foreach (var entry in lower.Entries()) Tree.Remove(lower, entry.Name, CancellationToken.None);

            // 3. Move back
            foreach (var entry in upper.Entries()) Check(upper.Move(entry.Name, lower, entry.Name), entry);
            Folder.Permit(lower.Handle, facts.Permissions);
            Folder.SetTime(lower.Handle, facts);
        }

        using var parent = Folder.Open(Path.GetDirectoryName(layer)!);
        Tree.Remove(parent, Folder.Name(Path.GetFileName(layer)), CancellationToken.None);
    }

    /// <summary>Moves what a folder of the layer does not cover into it.</summary>
    /// <param name="upper">The folder of the layer.</param>
    /// <param name="lower">What it lies over; null if over nothing.</param>
    /// <param name="top">The top of what the layer lies over.</param>
    /// <param name="path">The path of <paramref name="lower"/> from there, empty or with a slash at its end.</param>
    /// <param name="depthLeft">How many more folders may lie inside each other.</param>
    private static void Fold(Folder upper, Folder? lower, Folder top, string path, int depthLeft)
    {
        if (depthLeft < 0) throw new IOException("Folders lie inside each other too deep.");
        var time = Folder.FactsOf(upper.Handle);
        var covered = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in upper.Entries())
        {
            covered.Add(KeyOf(entry));
            if (upper.FactsOf(entry.Name) is not { } facts) continue;
            if (facts.IsFolder) FoldInner(upper, lower, top, path, entry, depthLeft);
            else if (!facts.IsFile && !facts.IsLink) Check(upper.Remove(entry.Name, folder: false), entry);
            else if (facts.IsPrivileged) upper.Permit(entry.Name, facts.Permissions);
        }

        foreach (var entry in lower?.Entries() ?? [])
        {
            if (!covered.Contains(KeyOf(entry))) Check(lower!.Move(entry.Name, upper, entry.Name), entry);
        }

        Folder.SetTime(upper.Handle, time);
    }

    private static void FoldInner(Folder upper, Folder? lower, Folder top, string path, FolderEntry entry, int depthLeft)
    {
        var (inner, error) = upper.Enter(entry.Name);
        Check(error, entry);
        using (inner)
        {
            Folder? below;
            string from;
            if (inner!.Attribute(MovedFrom) is { } moved)
            {
                from = moved[0] == (byte)'/' ? KeyOf(moved.AsSpan(1)) : path + KeyOf(moved);
                below = top.EnterBeneath(BytesOf(from)).Folder;
            }
            else
            {
                from = path + KeyOf(entry);
                below = inner.Attribute(s_coversAll) is null ? lower?.Enter(entry.Name).Folder : null;
            }

            using (below) Fold(inner, below, top, from + "/", depthLeft - 1);
        }
    }

    // Names are bytes, not necessarily text: as Latin-1 each byte is a character, and can be told from every other.
    private static string KeyOf(FolderEntry entry) => KeyOf(entry.Name.AsSpan(0, entry.Name.Length - 1));

    private static string KeyOf(ReadOnlySpan<byte> name) => System.Text.Encoding.Latin1.GetString(name);

    private static byte[] BytesOf(string key) => System.Text.Encoding.Latin1.GetBytes(key + '\0');

    private static void Check(int error, FolderEntry entry)
    {
        if (error != 0) throw SystemError.Of(error, $"Putting {entry} in place");
    }
}
