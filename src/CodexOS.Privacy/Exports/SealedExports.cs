using System.Security.Cryptography;
using CodexOS.Platform.Blobs;
using CodexOS.Platform.Faults;
using CodexOS.Privacy.Storage;
using CodexOS.Trust.Contracts;

namespace CodexOS.Privacy.Exports;

/// <summary>
/// Archives of exports as they lie among the blobs: each encrypted under a key of its own, which lies in its row, sealed
/// under the key of the person. Erasing the person makes every copy of the archive unreadable.
/// </summary>
internal sealed class SealedExports(IVault vault, IBlobStore blobs)
{
    /// <summary>Encrypts an archive for its row, which gets the key and the blob's name and is not yet in the database.</summary>
    public async Task<byte[]> SealAsync(
        PrivacyDb db, SubjectExportRow row, byte[] archive, CancellationToken cancellationToken)
    {
        var key = RandomNumberGenerator.GetBytes(ContentCipher.KeyBytes);
        row.ContentKey = await vault.SealAsync(db, row, static one => one.ContentKey, key, cancellationToken);
        var encrypted = ContentCipher.Encrypt(key, PlaceOf(row), archive);
        row.Blob = Convert.ToHexStringLower(SHA256.HashData(encrypted));
        return encrypted;
    }

    /// <summary>Reads the archive of a row. One from before archives were sealed is as it is, until it expires.</summary>
    public async Task<Result<byte[]>> OpenAsync(PrivacyDb db, SubjectExportRow row, CancellationToken cancellationToken)
    {
        if (!(await blobs.ReadAsync(row.TenantId, row.BlobName, cancellationToken)).TryGet(out var content, out var fault))
            return fault.Kind is FaultKind.NotFound ? PrivacyFaults.ExportExpired : fault;
        if (row.ContentKey is null) return content;
        var opened = await vault.OpenBytesAsync(db, row, static one => one.ContentKey, cancellationToken);
        if (!opened.TryGet(out var key, out fault)) return fault;
        return ContentCipher.Decrypt(key, PlaceOf(row), content) is { } archive ? archive : PrivacyFaults.ExportDamaged;
    }

    private static byte[] PlaceOf(SubjectExportRow row)
    {
        var place = new byte[32];
        row.TenantId.Value.TryWriteBytes(place, bigEndian: true, out _);
        row.RunId.Value.TryWriteBytes(place.AsSpan(16), bigEndian: true, out _);
        return place;
    }
}
