using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using CodexOS.Trust.Storage;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Trust.Keys;

/// <summary>Seals and opens values under the keys of the <see cref="KeyRing"/>.</summary>
internal sealed class Vault(
    KeyRing keys, KeyTombstones tombstones, IDbContextFactory<TrustDb> contexts, IAuditLog audit, TenantContext tenants,
    TimeProvider clock) : IVault
{
    /// <inheritdoc />
    public async Task<Sealed> SealAsync(SealedPlace place, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(place);
        var key = place.Subject is { } subject
            ? await keys.ActiveAsync(place.Tenant, KeyPurpose.Subject, subject.ToString(), cancellationToken)
            : await keys.ActiveAsync(place.Tenant, KeyPurpose.Data, "", cancellationToken);
        return SealedFormat.Seal(key, place, value.Span);
    }

    /// <inheritdoc />
    public async Task<Result<byte[]>> OpenAsync(SealedPlace place, Sealed value, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(place);
        ArgumentNullException.ThrowIfNull(value);
        if (!SealedFormat.TryReadKey(value, out var id)) return VaultFaults.Damaged;
        if (await keys.FindAsync(place.Tenant, id, cancellationToken) is not { } key)
            return await keys.IsKnownAsync(place.Tenant, id, cancellationToken) ? VaultFaults.Destroyed : VaultFaults.Damaged;
        return SealedFormat.TryOpen(key, place, value, out var opened) ? opened : VaultFaults.Damaged;
    }

    /// <inheritdoc />
    public async Task<byte[]> IndexAsync(
        TenantId tenant, string table, string column, string text, CancellationToken cancellationToken)
    {
        var key = await keys.ActiveAsync(tenant, KeyPurpose.Index, "", cancellationToken);
        using var bytes = new MemoryStream();
        var length = new byte[sizeof(int)];
        foreach (var part in (string[])[table, column, text])
        {
            var encoded = Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32BigEndian(length, encoded.Length);
            bytes.Write(length);
            bytes.Write(encoded);
        }

        return HMACSHA256.HashData(key.Bytes, bytes.ToArray());
    }

    /// <inheritdoc />
    public async Task<int> DestroyAsync(TenantId tenant, UserId subject, CancellationToken cancellationToken)
    {
        var name = subject.ToString();
        using var entered = tenants.Enter(tenant);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var now = clock.GetUtcNow();
        var versions = await db.Keys.AsNoTracking()
            .Where(row => row.Purpose == KeyPurpose.Subject && row.Subject == name && row.Status != KeyStatus.Destroyed)
            .ToListAsync(cancellationToken);
        await audit.RecordAsync(
            AuditEntry.Done("keys.destroy_subject").On("user", name).With("versions", $"{versions.Count}"), db,
            cancellationToken);
        foreach (var version in versions)
        {
            await db.Keys.Where(row => row.KeyId == version.KeyId).ExecuteUpdateAsync(
                set => set
                    .SetProperty(row => row.Status, KeyStatus.Destroyed)
                    .SetProperty(row => row.Wrapped, (byte[]?)null)
                    .SetProperty(row => row.ChangedAt, now),
                cancellationToken);
        }

        // Before the commit: were the server to stop in between, the key would be unusable, and not the other way round.
        foreach (var version in versions) tombstones.Put(version, now);
        await transaction.CommitAsync(cancellationToken);
        keys.Forget(tenant);
        return versions.Count;
    }

    /// <inheritdoc />
    public async Task<bool> KnowsAsync(TenantId tenant, UserId subject, CancellationToken cancellationToken)
    {
        var name = subject.ToString();
        using var entered = tenants.Enter(tenant);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Keys.AnyAsync(
            row => row.Purpose == KeyPurpose.Subject && row.Subject == name && row.Status != KeyStatus.Destroyed,
            cancellationToken);
    }
}
