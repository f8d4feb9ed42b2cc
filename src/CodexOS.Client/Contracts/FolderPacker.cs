using System.Formats.Tar;
using System.IO.Compression;
using CodexOS.Client.Folders;

namespace CodexOS.Client.Contracts;

/// <summary>
/// Packs a folder for upload. In a git repository these are the files that git tracks or would track (ignored files
/// stay out), elsewhere all files; <c>.git</c> folders never, since the server begins a history of its own. Links that
/// lead out of the folder are refused.
/// </summary>
public static class FolderPacker
{
    private const UnixFileMode Plain =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private const UnixFileMode Executable =
        Plain | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    // ENOSPC: the temporary folder is full, which is not the fault of the file that is read.
    private const int NoSpace = 28;

    /// <summary>Packs a folder.</summary>
    /// <exception cref="CodexOSException">
    /// <c>client.no_such_folder</c>, <c>client.link_leaves_folder</c>, <c>client.folder_too_large</c>,
    /// <c>client.git_failed</c> or <c>client.file_unreadable</c>.
    /// </exception>
    public static async Task<PackedFolder> PackAsync(
        string folder, PackLimits limits, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(limits);
        var root = Path.GetFullPath(folder);
        if (!Directory.Exists(root))
        {
            throw new CodexOSException(
                "client.no_such_folder", FaultKind.NotFound, $"There is no folder {root}.");
        }

        var files = await FolderFiles.ListAsync(root, limits, cancellationToken);
        var archive = Path.Combine(Path.GetTempPath(), $"codexos-{Path.GetRandomFileName()}.tar.gz");
        try
        {
            await WriteAsync(archive, files, cancellationToken);
            return new PackedFolder(archive, files.Count, files.Sum(file => file.SizeBytes));
        }
        catch
        {
            File.Delete(archive);
            throw;
        }
    }

    private static async Task WriteAsync(
        string archive, IReadOnlyList<FolderFile> files, CancellationToken cancellationToken)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Options = FileOptions.Asynchronous,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        await using var file = new FileStream(archive, options);
        await using var gzip = new GZipStream(file, CompressionLevel.Fastest);
        await using var tar = new TarWriter(gzip, TarEntryFormat.Pax);
        foreach (var each in files)
        {
            try
            {
                await WriteAsync(tar, each, cancellationToken);
            }
            catch (Exception e) when (e is IOException { HResult: not NoSpace } or UnauthorizedAccessException)
            {
                throw new CodexOSException(
                    "client.file_unreadable",
                    FaultKind.Invalid,
                    $"{each.Name} cannot be read: {e.Message} Make it readable, or have git ignore it.",
                    e);
            }
        }
    }

    private static async Task WriteAsync(TarWriter tar, FolderFile file, CancellationToken cancellationToken)
    {
        if (file.LinkTarget is { } target)
        {
            await tar.WriteEntryAsync(
                new PaxTarEntry(TarEntryType.SymbolicLink, file.Name) { LinkName = target }, cancellationToken);
            return;
        }

        var entry = new PaxTarEntry(TarEntryType.RegularFile, file.Name)
        {
            Mode = file.Mode.HasFlag(UnixFileMode.UserExecute) ? Executable : Plain,
            ModificationTime = file.ModifiedAt,
        };
        if (file.SizeBytes == 0)
        {
            // Not opened: opening a pipe or a device, which also have no size, could wait for ever.
            await tar.WriteEntryAsync(entry, cancellationToken);
            return;
        }

        await using var content = new FileStream(
            file.FullPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 64 * 1024, useAsync: true);
        entry.DataStream = content;
        await tar.WriteEntryAsync(entry, cancellationToken);
    }
}
