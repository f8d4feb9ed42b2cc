using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Trust.Contracts;
using Microsoft.Extensions.Options;

namespace CodexOS.Trust.Audit;

/// <summary>
/// Keeps copies of checkpoints as files, <c>log/size.checkpoint</c>. A file that is there is never written again.
/// </summary>
internal sealed class CheckpointFolder(IOptions<AuditOptions> options, DataDirectory data) : ICheckpointSink
{
    private const string Extension = ".checkpoint";
    private const int FileBytesMax = 64 * 1024;

    private readonly string _path = options.Value.CheckpointFolder is { Length: > 0 } given
        ? Path.GetFullPath(given)
        : data.InShared("audit-checkpoints");

    /// <inheritdoc />
    public string Name => _path;

    /// <inheritdoc />
    public async Task PublishAsync(PublishedCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        var folder = Path.Combine(_path, AuditLogs.NameOf(checkpoint.Log));
        try
        {
            Directory.CreateDirectory(folder);
            var path = Path.Combine(folder, checkpoint.Size.ToString("D20", CultureInfo.InvariantCulture) + Extension);
            if (File.Exists(path))
            {
                await RefuseOtherAsync(path, checkpoint.Note, cancellationToken);
                return;
            }

            var partial = $"{path}.{Path.GetRandomFileName()}";
            await using (var file = new FileStream(partial, FileMode.CreateNew, FileAccess.Write))
            {
                await file.WriteAsync(Encoding.UTF8.GetBytes(checkpoint.Note), cancellationToken);
                file.Flush(flushToDisk: true);
            }

            try
            {
                File.Move(partial, path, overwrite: false);
            }
            catch (IOException) when (File.Exists(path))
            {
                // Another server was faster; it has to have written the same.
                File.Delete(partial);
                await RefuseOtherAsync(path, checkpoint.Note, cancellationToken);
            }
        }
        catch (UnauthorizedAccessException refused)
        {
            throw new IOException($"The server may not write to {folder}.", refused);
        }
    }

    /// <inheritdoc />
    public async IAsyncEnumerable<PublishedCheckpoint> ReadAsync(
        TenantId log, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var folder = Path.Combine(_path, AuditLogs.NameOf(log));
        if (!Directory.Exists(folder)) yield break;
        foreach (var path in Directory.EnumerateFiles(folder, "*" + Extension))
        {
            var name = Path.GetFileNameWithoutExtension(path);
            if (!long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var size)
                || new FileInfo(path).Length > FileBytesMax)
            {
                continue;
            }

            yield return new PublishedCheckpoint(log, size, await ReadFileAsync(path, cancellationToken));
        }
    }

    private static async Task RefuseOtherAsync(string path, string note, CancellationToken cancellationToken)
    {
        var there = await ReadFileAsync(path, cancellationToken);
        if (there != note) throw new IOException($"{path} holds another checkpoint. Run codexos audit verify.");
    }

    private static async Task<string> ReadFileAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await File.ReadAllTextAsync(path, Encoding.UTF8, cancellationToken);
        }
        catch (UnauthorizedAccessException refused)
        {
            throw new IOException($"The server may not read {path}.", refused);
        }
    }
}
