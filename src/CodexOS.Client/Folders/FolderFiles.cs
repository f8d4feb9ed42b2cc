using CodexOS.Client.Contracts;

namespace CodexOS.Client.Folders;

/// <summary>A file or link to pack.</summary>
internal sealed record FolderFile(
    string Name, string FullPath, long SizeBytes, UnixFileMode Mode, DateTimeOffset ModifiedAt, string? LinkTarget);

/// <summary>Decides which files of a folder are packed, and checks them against the limits.</summary>
internal static class FolderFiles
{
    private const int DepthMax = 64;

    public static async Task<IReadOnlyList<FolderFile>> ListAsync(
        string root, PackLimits limits, CancellationToken cancellationToken)
    {
        var realRoot = RealPath(root);
        var files = new List<FolderFile>();
        long size = 0;
        await foreach (var name in NamesAsync(root, "", 0, cancellationToken))
        {
            var file = Describe(realRoot, name);
            if (file is null) continue;
            files.Add(file);
            size += file.SizeBytes;
            if (files.Count > limits.FilesMax)
                throw TooLarge($"it has more than {limits.FilesMax:N0} files");
            if (size > limits.SizeMaxBytes)
                throw TooLarge($"its files are larger than {limits.SizeMaxBytes / (1024 * 1024)} MB together");
        }

        return files;
    }

    private static async IAsyncEnumerable<string> NamesAsync(
        string root,
        string below,
        int depth,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (depth > DepthMax) throw TooLarge($"its folders are nested deeper than {DepthMax}");
        var folder = Path.Combine(root, below);
        var tracked = await GitFiles.ListAsync(folder, cancellationToken);
        // A folder that its repository ignores as a whole was still chosen by name: it is taken as it is.
        var names = tracked is null || (depth == 0 && tracked.Count == 0) ? Walk(folder) : tracked;
        foreach (var name in names)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var full = below.Length == 0 ? name : $"{below}/{name}";
            var info = new FileInfo(Path.Combine(root, full));
            // git names a repository inside the repository (a submodule, or one it does not track) as a folder.
            if (info.LinkTarget is null && Directory.Exists(info.FullName))
            {
                await foreach (var inner in NamesAsync(root, full.TrimEnd('/'), depth + 1, cancellationToken))
                    yield return inner;
            }
            else
            {
                yield return full;
            }
        }
    }

    // Only this folder's own entries: each folder is asked anew whether it is a git repository.
    private static IEnumerable<string> Walk(string folder) =>
        Directory.EnumerateFileSystemEntries(folder, "*", new EnumerationOptions
        {
            AttributesToSkip = FileAttributes.None,
            IgnoreInaccessible = false,
            ReturnSpecialDirectories = false,
        })
            .Select(path => Path.GetFileName(path))
            .Where(name => name != ".git")
            .Order(StringComparer.Ordinal);

    private static FolderFile? Describe(string root, string name)
    {
        var info = new FileInfo(Path.Combine(root, name));
        if (info.LinkTarget is { } target)
        {
            Check(root, info, name, target);
            return new FolderFile(name, info.FullName, 0, default, ModifiedAt(info), target);
        }

        // Deleted, but still in git's index.
        if (!info.Exists) return null;
        return new FolderFile(name, info.FullName, info.Length, info.UnixFileMode, ModifiedAt(info), null);
    }

    private static DateTimeOffset ModifiedAt(FileInfo info) => new(info.LastWriteTimeUtc, TimeSpan.Zero);

    private static void Check(string root, FileInfo link, string name, string target)
    {
        var folder = RealPath(link.DirectoryName!);
        var direct = Path.GetFullPath(target, folder);
        var final = link.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? direct;
        if (!Path.IsPathRooted(target) && IsInside(root, folder) && IsInside(root, direct) && IsInside(root, final))
            return;
        throw new CodexOSException(
            "client.link_leaves_folder",
            FaultKind.Invalid,
            $"{name} is a link to {target}, which leaves the folder. Replace it with what it links to, or have git "
                + "ignore it.");
    }

    private static bool IsInside(string root, string path) =>
        path == root || path.StartsWith(root.TrimEnd('/') + "/", StringComparison.Ordinal);

    // The path with every link in it resolved, from the top down.
    private static string RealPath(string path)
    {
        var real = "/";
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var next = new DirectoryInfo(Path.Combine(real, part));
            real = next.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? next.FullName;
        }

        return real;
    }

    private static CodexOSException TooLarge(string why) => new(
        "client.folder_too_large",
        FaultKind.TooLarge,
        $"The folder cannot be uploaded: {why}. Choose a smaller folder, or have git ignore what is not needed.");
}
