using System.Text;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Trust.Contracts;
using CodexOS.Trust.Storage;

namespace CodexOS.Trust.Keys;

/// <summary>
/// Remembers destroyed keys outside of the database, in <c>keys/destroyed</c>: an empty file for each, named by tenant and
/// key. A database that is restored from a backup has the wrapped key again; with the tombstone it stays unusable. The files
/// say nothing of persons and must never be deleted.
/// </summary>
internal sealed class KeyTombstones(DataDirectory data)
{
    private const string FolderName = "destroyed";

    private readonly string _folder = Path.Combine(data.Keys, FolderName);

    /// <summary>Whether a version was destroyed. Only keys of persons are.</summary>
    public bool Has(VaultKeyRow row) => row.Purpose == KeyPurpose.Subject && File.Exists(PathOf(row.TenantId, row.KeyId));

    /// <summary>Remembers that a version was destroyed.</summary>
    public void Put(VaultKeyRow row, DateTimeOffset at)
    {
        Directory.CreateDirectory(_folder);
        _ = DataDirectory.TryWriteSecret(PathOf(row.TenantId, row.KeyId), Encoding.ASCII.GetBytes($"{at:O}\n"));
    }

    /// <summary>All of them, by tenant.</summary>
    public ILookup<TenantId, VaultKeyId> All() => (Directory.Exists(_folder) ? Directory.EnumerateFiles(_folder) : [])
        .Select(static path => Path.GetFileName(path).Split('.'))
        .Where(static parts => parts.Length == 2)
        .Select(static parts => (
            IsTenant: TenantId.TryParse(parts[0], null, out var tenant), Tenant: tenant,
            IsKey: VaultKeyId.TryParse(parts[1], null, out var key), Key: key))
        .Where(static one => one.IsTenant && one.IsKey)
        .ToLookup(static one => one.Tenant, static one => one.Key);

    private string PathOf(TenantId tenant, VaultKeyId key) => Path.Combine(_folder, $"{tenant}.{key}");
}
