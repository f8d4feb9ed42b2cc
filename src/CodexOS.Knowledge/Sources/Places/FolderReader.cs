using System.Globalization;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using Microsoft.Extensions.Options;

namespace CodexOS.Knowledge.Sources.Places;

/// <summary>
/// The folders of the server that sources may read: those that <c>Knowledge:SourceFolders</c> lists, and what is below them.
/// An entry is a path, or <c>ten_…=path</c> for one tenant.
/// </summary>
internal sealed class FolderAllowance(IOptions<KnowledgeOptions> options)
{
    private const int LinksMax = 40;

    /// <summary>Whether a tenant's sources may read a folder, links on the way to it followed.</summary>
    public bool Allows(TenantId tenant, string path)
    {
        var real = RealPath(path);
        return options.Value.SourceFolders.Any(entry =>
            FolderOf(entry, tenant) is { } folder && IsWithin(real, RealPath(folder)));
    }

    /// <summary>Whether a path is a folder or below it. Both are real paths.</summary>
    public static bool IsWithin(string path, string folder) =>
        path == folder || path.StartsWith(folder == "/" ? folder : folder + '/', StringComparison.Ordinal);

    /// <summary>A path without links in it; what is not there counts as it is written.</summary>
    public static string RealPath(string path)
    {
        var left = LinksMax;
        return RealPath(Path.GetFullPath(path), ref left);
    }

    private static string RealPath(string path, ref int left)
    {
        var real = Path.GetPathRoot(path)!;
        foreach (var part in path[real.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            var next = Path.Combine(real, part);
            if (new DirectoryInfo(next).LinkTarget is { } target)
            {
                if (--left < 0) throw new IOException("There are too many links.");
                next = RealPath(Path.GetFullPath(target, real), ref left);
            }

            real = next;
        }

        return real;
    }

    private static string? FolderOf(string entry, TenantId tenant)
    {
        if (entry.StartsWith('/')) return Path.TrimEndingDirectorySeparator(entry);
        var at = entry.IndexOf('=', StringComparison.Ordinal);
        return at > 0 && entry[..at] == tenant.ToString() ? Path.TrimEndingDirectorySeparator(entry[(at + 1)..]) : null;
    }
}

/// <summary>
/// A folder of the server. Links are not followed, hidden and empty files are left out, and whatever is opened is asked where it
/// really is, so that nothing that is moved or linked meanwhile leads out of the folder.
/// </summary>
internal sealed class FolderReader : ISourceReader
{
    private const int DepthMax = 64;
    private static readonly EnumerationOptions s_all = new()
    {
        AttributesToSkip = FileAttributes.None,
        IgnoreInaccessible = false,
        RecurseSubdirectories = false,
    };

    private readonly string _root;
    private readonly Patterns _patterns;
    private readonly int _bytesMax;

    private FolderReader(string root, Patterns patterns, int bytesMax) =>
        (_root, _patterns, _bytesMax) = (root, patterns, bytesMax);

    /// <summary>Opens a folder; it is asked again whether that is allowed, because the operator may have taken it back.</summary>
    public static Result<ISourceReader> Open(ReaderScope scope, FolderAllowance folders, int bytesMax)
    {
        var path = scope.Place.Folder!.Path;
        if (!folders.Allows(scope.Row.TenantId, path)) return SourceFaults.FolderNotAllowed(path);
        return new FolderReader(FolderAllowance.RealPath(path), Patterns.Of(scope.Place, forAddresses: false), bytesMax);
    }

    /// <inheritdoc />
    public async Task<Result<Listing>> ListAsync(Func<ListedItem, ValueTask<bool>> found, CancellationToken cancellationToken)
    {
        var folders = new Stack<(string Path, string Prefix, int Depth)>([(_root, "", 0)]);
        var isRoot = true;
        var notes = new List<Fault>();
        while (folders.TryPop(out var folder))
        {
            List<FileSystemInfo> entries;
            try
            {
                entries = [.. new DirectoryInfo(folder.Path).EnumerateFileSystemInfos("*", s_all)];
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                if (isRoot) return SourceFaults.NoSuchFolder;
                // What is below cannot be told from what is gone, so nothing is taken away.
                notes.Add(SourceFaults.Unreadable);
                continue;
            }

            isRoot = false;
            foreach (var entry in entries.Where(static one => !one.Name.StartsWith('.')))
            {
                cancellationToken.ThrowIfCancellationRequested();
                var key = folder.Prefix + entry.Name;
                if (entry.LinkTarget is not null || entry.Attributes.HasFlag(FileAttributes.ReparsePoint))
                {
                    if (_patterns.Take(key) && !await found(new ListedItem(key, null, SourceFaults.LinkRefused)))
                        return Listing.Cut;
                }
                else if (entry is DirectoryInfo)
                {
                    if (folder.Depth < DepthMax) folders.Push((entry.FullName, key + '/', folder.Depth + 1));
                }
                else if (entry is FileInfo { Length: > 0 } file && _patterns.Take(key)
                    && !await found(new ListedItem(key, MarkOf(file.Length, file.LastWriteTimeUtc))))
                {
                    return Listing.Cut;
                }
            }
        }

        return new Listing(notes.Count == 0, notes);
    }

    /// <inheritdoc />
    public async Task<Result<Fetched>> ReadAsync(WantedItem item, CancellationToken cancellationToken)
    {
        var path = Path.GetFullPath(Path.Combine(_root, item.Key));
        if (!FolderAllowance.IsWithin(path, _root)) return SourceFaults.LinkRefused;
        try
        {
            using var file = File.OpenHandle(
                path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.Asynchronous);
            if (RealPathOf(file, path) is not { } real || real != path) return SourceFaults.LinkRefused;
            var mark = MarkOf(RandomAccess.GetLength(file), File.GetLastWriteTimeUtc(file));
            await using var stream = new FileStream(file, FileAccess.Read, 0);
            return (await Bodies.ReadAsync(stream, _bytesMax, cancellationToken)).TryGet(out var bytes, out var fault)
                ? new Fetched.Content(bytes, "", mark, null)
                : fault;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return new Fetched.Gone();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return SourceFaults.Unreadable;
        }
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Where a file that is open really is. Linux tells by the descriptor, which no later link changes.</summary>
    private static string? RealPathOf(Microsoft.Win32.SafeHandles.SafeFileHandle file, string path) => OperatingSystem.IsLinux()
        ? new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{file.DangerousGetHandle()}")).LinkTarget
        : FolderAllowance.RealPath(path);

    private static string MarkOf(long length, DateTime changedAt) =>
        string.Create(CultureInfo.InvariantCulture, $"{length}-{changedAt.Ticks}");
}
