using System.Security.Cryptography;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;

namespace CodexOS.Platform.Blobs;

/// <summary>
/// Blobs as files under <c>blobs/&lt;tenant&gt;/&lt;first two digits&gt;/&lt;hash&gt;</c> in the shared directory.
/// </summary>
internal sealed class FileBlobStore(DataDirectory data, TimeProvider clock) : IBlobStore, IBlobRemoval, IBlobListing
{
    private const int HashLength = 64;

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
        if (!IsHash(hash))
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
        try
        {
            File.Move(path, aside);
        }
        catch (FileNotFoundException)
        {
            // Somebody else removed it.
            return Task.FromResult(false);
        }

        if (File.GetLastWriteTimeUtc(aside) >= unwrittenSince.UtcDateTime)
        {
            File.Move(aside, path, overwrite: true);
            return Task.FromResult(false);
        }

        File.Delete(aside);
        return Task.FromResult(true);
    }

    public async Task<IReadOnlyList<string>> ListAsync(
        TenantId tenant, string? after, DateTimeOffset unwrittenSince, int countMax, CancellationToken cancellationToken)
    {
        var root = Path.Combine(data.Shared, "blobs", tenant.ToString());
        if (!Directory.Exists(root)) return [];
        var found = new List<string>();
        foreach (var folder in Directory.GetDirectories(root).Order(StringComparer.Ordinal))
        {
            if (after is not null && string.CompareOrdinal(Path.GetFileName(folder), after[..2]) < 0) continue;
            foreach (var path in Directory.GetFiles(folder).Order(StringComparer.Ordinal))
            {
                cancellationToken.ThrowIfCancellationRequested();
                // One that is gone by now has a time of long ago, and is not found when it is to be removed.
                if (File.GetLastWriteTimeUtc(path) >= unwrittenSince.UtcDateTime) continue;
                var name = Path.GetFileName(path);
                if (!IsHash(name) && !await MendAsync(path, cancellationToken)) continue;
                var hash = name[..HashLength];
                if (string.CompareOrdinal(hash, after) <= 0 || (found.Count > 0 && found[^1] == hash)) continue;
                found.Add(hash);
                if (found.Count == countMax) return found;
            }
        }

        return found;
    }

    /// <summary>
    /// Puts a file in order that a kill left beside its place: a whole one whose place is empty takes it, any other goes.
    /// </summary>
    /// <returns>Whether it took its place.</returns>
    private static async Task<bool> MendAsync(string path, CancellationToken cancellationToken)
    {
        var name = Path.GetFileName(path);
        if (name.Length <= HashLength || name[HashLength] != '.' || !IsHash(name[..HashLength])) return false;
        var place = Path.Combine(Path.GetDirectoryName(path)!, name[..HashLength]);
        if (!File.Exists(place))
        {
            string hash;
            await using (var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read))
                hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken));
            if (hash == name[..HashLength])
            {
                File.Move(path, place, overwrite: true);
                return true;
            }
        }

        File.Delete(path);
        return false;
    }

    private static bool IsHash(string name) => name.Length == HashLength && name.All(char.IsAsciiHexDigitLower);

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
