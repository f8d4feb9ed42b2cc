using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using CodexOS.Trust.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Trust.Keys;

/// <summary>
/// Finds the keys of tenants, makes those that are missing, and keeps them in memory for a short while. A key comes out of
/// the database wrapped: a tenant's by the root key, any other by its tenant's.
/// </summary>
internal sealed class KeyRing(
    IDbContextFactory<TrustDb> contexts, IKeyService root, TenantContext tenants, IOptions<VaultOptions> options,
    TimeProvider clock)
{
    private const int TriesMax = 5;

    private readonly ConcurrentDictionary<(TenantId, string, string), Kept> _active = new();
    private readonly ConcurrentDictionary<(TenantId, VaultKeyId), Kept> _byId = new();

    /// <summary>The version that seals now; the first time, it is made.</summary>
    public async Task<VaultKey> ActiveAsync(
        TenantId tenant, string purpose, string subject, CancellationToken cancellationToken)
    {
        if (_active.TryGetValue((tenant, purpose, subject), out var kept) && IsFresh(kept)) return kept.Key;
        using var entered = tenants.Enter(tenant);
        for (var attempt = 1; ; attempt++)
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            var row = await ActiveRowAsync(db, purpose, subject, cancellationToken);
            if (row is not null) return Keep(_active, (tenant, purpose, subject), await UnwrapAsync(row, cancellationToken));
            try
            {
                await AddAsync(db, tenant, purpose, subject, cancellationToken);
                await db.SaveChangesAsync(cancellationToken);
            }
            catch (DbUpdateException error) when (Conflicts.Caused(error) && attempt < TriesMax)
            {
                // Somebody else has made it in between.
            }
        }
    }

    /// <summary>A version by its id; null if there is none or it was destroyed.</summary>
    public async Task<VaultKey?> FindAsync(TenantId tenant, VaultKeyId id, CancellationToken cancellationToken)
    {
        if (_byId.TryGetValue((tenant, id), out var kept) && IsFresh(kept)) return kept.Key;
        using var entered = tenants.Enter(tenant);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var row = await db.Keys.AsNoTracking().SingleOrDefaultAsync(row => row.KeyId == id, cancellationToken);
        return row?.Wrapped is null ? null : Keep(_byId, (tenant, id), await UnwrapAsync(row, cancellationToken));
    }

    /// <summary>Whether there is a version of this id, destroyed or not.</summary>
    public async Task<bool> IsKnownAsync(TenantId tenant, VaultKeyId id, CancellationToken cancellationToken)
    {
        using var entered = tenants.Enter(tenant);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Keys.AnyAsync(row => row.KeyId == id, cancellationToken);
    }

    /// <summary>Adds the next version of a key, which seals from the moment it is saved.</summary>
    public async Task<VaultKeyRow> AddAsync(
        TrustDb db, TenantId tenant, string purpose, string subject, CancellationToken cancellationToken)
    {
        var newest = await db.Keys.Where(row => row.Purpose == purpose && row.Subject == subject)
            .MaxAsync(row => (int?)row.Version, cancellationToken) ?? 0;
        var (wrappedBy, wrapped) = await WrapAsync(
            tenant, purpose, RandomNumberGenerator.GetBytes(KeyWrap.KeyBytes), cancellationToken);
        var now = clock.GetUtcNow();
        var row = new VaultKeyRow
        {
            KeyId = VaultKeyId.New(clock),
            TenantId = tenant,
            Purpose = purpose,
            Subject = subject,
            Version = newest + 1,
            Status = KeyStatus.Active,
            WrappedBy = wrappedBy,
            Wrapped = wrapped,
            CreatedAt = now,
            ChangedAt = now,
        };
        db.Keys.Add(row);
        return row;
    }

    /// <summary>Wraps a key by what wraps keys of its purpose now.</summary>
    public async Task<(string By, byte[] Wrapped)> WrapAsync(
        TenantId tenant, string purpose, byte[] key, CancellationToken cancellationToken)
    {
        if (purpose == KeyPurpose.Tenant) return (root.CurrentKeyId, await root.WrapAsync(key, cancellationToken));
        var wrapping = await ActiveAsync(tenant, KeyPurpose.Tenant, "", cancellationToken);
        return (wrapping.Id.ToString(), KeyWrap.Wrap(wrapping.Bytes, key));
    }

    /// <summary>Unwraps a key that was not destroyed.</summary>
    /// <exception cref="CryptographicException">What wraps it is not here, or it was changed.</exception>
    public async Task<VaultKey> UnwrapAsync(VaultKeyRow row, CancellationToken cancellationToken)
    {
        if (row.Purpose == KeyPurpose.Tenant)
            return new VaultKey(row.KeyId, row.Version, await root.UnwrapAsync(row.WrappedBy, row.Wrapped, cancellationToken));
        var wrapping = VaultKeyId.TryParse(row.WrappedBy, CultureInfo.InvariantCulture, out var id)
            ? await FindAsync(row.TenantId, id, cancellationToken)
            : null;
        return wrapping is null
            ? throw new CryptographicException($"The key {row.WrappedBy}, which wraps {row.KeyId}, is not here.")
            : new VaultKey(row.KeyId, row.Version, KeyWrap.Unwrap(wrapping.Bytes, row.Wrapped));
    }

    /// <summary>Takes a tenant's keys out of this process's memory.</summary>
    public void Forget(TenantId tenant)
    {
        foreach (var key in _active.Keys.Where(key => key.Item1 == tenant)) _active.TryRemove(key, out _);
        foreach (var key in _byId.Keys.Where(key => key.Item1 == tenant)) _byId.TryRemove(key, out _);
    }

    private static Task<VaultKeyRow?> ActiveRowAsync(
        TrustDb db, string purpose, string subject, CancellationToken cancellationToken) =>
        db.Keys.AsNoTracking().SingleOrDefaultAsync(
            row => row.Purpose == purpose && row.Subject == subject && row.Status == KeyStatus.Active, cancellationToken);

    private bool IsFresh(Kept kept) => clock.GetElapsedTime(kept.Since) < options.Value.KeyCacheLifetime;

    private VaultKey Keep<TKey>(ConcurrentDictionary<TKey, Kept> where, TKey name, VaultKey key)
        where TKey : notnull
    {
        // Which ones go matters little: each can be read again.
        if (where.Count >= options.Value.KeysCachedMax) where.Clear();
        where[name] = new Kept(key, clock.GetTimestamp());
        return key;
    }

    private sealed record Kept(VaultKey Key, long Since);
}
