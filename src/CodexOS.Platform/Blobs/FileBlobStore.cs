using System.Security.Cryptography;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;

namespace CodexOS.Platform.Blobs;

/// <summary>
/// Blobs as files under <c>blobs/&lt;tenant&gt;/&lt;first two digits&gt;/&lt;hash&gt;</c> in the shared directory.
/// </summary>
internal sealed class FileBlobStore(DataDirectory data, TimeProvider clock) : IBlobStore, IBlobRemoval
{
    public async Task<Result<string>> WriteAsync(
        TenantId tenant, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(content.Span));
        var path = PathOf(tenant, hash);
        if (Touch(path)) return hash;

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var partial = $"{path}.{Path.GetRandomFileName()}";
        try
        {
            await using (var file = new FileStream(partial, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                await file.WriteAsync(content, cancellationToken);
                file.Flush(flushToDisk: true);
            }

            File.Move(partial, path, overwrite: true);
            return hash;
        }
        catch (IOException error) when (StorageFaults.IsDiskFull(error))
        {
            File.Delete(partial);
            return StorageFaults.DiskFull;
        }
    }

    public async Task<Result<byte[]>> ReadAsync(TenantId tenant, string hash, CancellationToken cancellationToken)
    {
        if (hash.Length != 64 || !hash.All(char.IsAsciiHexDigitLower))
            return new Fault("platform.bad_blob_hash", FaultKind.Invalid, "A blob is named by 64 lowercase hex digits.");

        var path = PathOf(tenant, hash);
        if (!File.Exists(path))
            return new Fault("platform.blob_missing", FaultKind.NotFound, $"The stored content {hash} is missing.");

        var content = await File.ReadAllBytesAsync(path, cancellationToken);
        return Convert.ToHexStringLower(SHA256.HashData(content)) == hash
            ? content
            : new Fault(
                "platform.blob_damaged",
                FaultKind.Internal,
                $"The stored content {hash} is damaged. Restore the data directory from a backup.");
    }

    public Task<bool> RemoveAsync(
        TenantId tenant, string hash, DateTimeOffset unwrittenSince, CancellationToken cancellationToken)
    {
        var path = PathOf(tenant, hash);
        if (!File.Exists(path) || File.GetLastWriteTimeUtc(path) >= unwrittenSince.UtcDateTime) return Task.FromResult(false);
        // Moved aside first: whoever writes the same content from here on makes it anew, and whoever touched it until here
        // is seen by its time.
        var aside = $"{path}.{Path.GetRandomFileName()}";
        File.Move(path, aside);
        if (File.GetLastWriteTimeUtc(aside) >= unwrittenSince.UtcDateTime)
        {
            File.Move(aside, path, overwrite: true);
            return Task.FromResult(false);
        }

        File.Delete(aside);
        return Task.FromResult(true);
    }

    /// <summary>Makes a blob that is there young again; false if it is not there.</summary>
    private bool Touch(string path)
    {
        if (!File.Exists(path)) return false;
        try
        {
            File.SetLastWriteTimeUtc(path, clock.GetUtcNow().UtcDateTime);
            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    private string PathOf(TenantId tenant, string hash) =>
        Path.Combine(data.Shared, "blobs", tenant.ToString(), hash[..2], hash);
}
