using System.Collections.Concurrent;
using System.Data.Common;
using System.Globalization;
using System.Security.Cryptography;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using CodexOS.Trust.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Trust.Keys;

/// <summary>
/// Finds the keys of tenants, makes those that are missing, and keeps them in memory for a short while. A key comes out of
/// the database wrapped: a tenant's by the root key, any other by its tenant's. One that was destroyed is not found, even
/// where an old backup has brought it back; see <see cref="KeyTombstones"/>.
/// </summary>
internal sealed class KeyRing(
    IDbContextFactory<TrustDb> contexts, Database database, IKeyService root, KeyTombstones tombstones, TenantContext tenants,
    IOptions<VaultOptions> options, TimeProvider clock)
{
    private const int TriesMax = 5;

    private readonly ConcurrentDictionary<(TenantId, string, string), Kept> _active = new();
    private readonly ConcurrentDictionary<(TenantId, VaultKeyId), Kept> _byId = new();

    /// <summary>Keys made in transactions of others, which may never be committed.</summary>
    private readonly ConcurrentDictionary<VaultKeyId, DbTransaction> _uncommitted = new();

    /// <summary>The version that seals now; the first time, it is made.</summary>
    public async Task<VaultKey> ActiveAsync(
        TenantId tenant, string purpose, string subject, CancellationToken cancellationToken)
    {
        if (_active.TryGetValue((tenant, purpose, subject), out var kept) && IsFresh(kept)) return kept.Key;
        using var entered = tenants.Enter(tenant);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await ActiveAsync(db, null, tenant, purpose, subject, cancellationToken);
    }

    /// <summary>
    /// The same for code that holds an open transaction. A key that is missing is made as a part of it: with SQLite nobody
    /// else can write meanwhile. Keys lie in the home database, so a transaction elsewhere has no part in making them.
    /// </summary>
    public async Task<VaultKey> ActiveAsync(
        DbTransaction transaction, TenantId tenant, string purpose, string subject, CancellationToken cancellationToken)
    {
        if (_active.TryGetValue((tenant, purpose, subject), out var kept) && IsFresh(kept)) return kept.Key;
        if (!database.PlaceOf(transaction.Connection!).IsHome)
            return await ActiveAsync(tenant, purpose, subject, cancellationToken);
        using var entered = tenants.Enter(tenant);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        db.Database.SetDbConnection(transaction.Connection);
        await db.Database.UseTransactionAsync(transaction, cancellationToken);
        return await ActiveAsync(db, transaction, tenant, purpose, subject, cancellationToken);
    }

    /// <summary>A version by its id; null if there is none or it was destroyed.</summary>
    public async Task<VaultKey?> FindAsync(TenantId tenant, VaultKeyId id, CancellationToken cancellationToken)
    {
        if (_byId.TryGetValue((tenant, id), out var kept) && IsFresh(kept)) return kept.Key;
        using var entered = tenants.Enter(tenant);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await FindAsync(db, null, tenant, id, cancellationToken);
    }

    /// <summary>The same for code that holds an open transaction, beside which SQLite may open no other.</summary>
    public async Task<VaultKey?> FindAsync(
        DbTransaction transaction, TenantId tenant, VaultKeyId id, CancellationToken cancellationToken)
    {
        if (_byId.TryGetValue((tenant, id), out var kept) && IsFresh(kept)) return kept.Key;
        if (!database.PlaceOf(transaction.Connection!).IsHome) return await FindAsync(tenant, id, cancellationToken);
        using var entered = tenants.Enter(tenant);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        db.Database.SetDbConnection(transaction.Connection);
        await db.Database.UseTransactionAsync(transaction, cancellationToken);
        return await FindAsync(db, transaction, tenant, id, cancellationToken);
    }

    /// <summary>Whether there is a version of this id, destroyed or not.</summary>
    public async Task<bool> IsKnownAsync(TenantId tenant, VaultKeyId id, CancellationToken cancellationToken)
    {
        using var entered = tenants.Enter(tenant);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Keys.AnyAsync(row => row.KeyId == id, cancellationToken);
    }

    /// <summary>Adds the next version of a key, which seals from the moment it is saved.</summary>
    /// <param name="db">Where it is added.</param>
    /// <param name="within">The transaction that is open there, if somebody else may yet give it up.</param>
    /// <param name="tenant">Whose key it is.</param>
    /// <param name="purpose">One of <see cref="KeyPurpose"/>.</param>
    /// <param name="subject">The person, of a person's key.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<VaultKeyRow> AddAsync(
        TrustDb db, DbTransaction? within, TenantId tenant, string purpose, string subject,
        CancellationToken cancellationToken)
    {
        var key = RandomNumberGenerator.GetBytes(KeyWrap.KeyBytes);
        var (by, wrapped) = purpose == KeyPurpose.Tenant
            ? (root.CurrentKeyId, await root.WrapAsync(key, cancellationToken))
            : Wrap(await ActiveAsync(db, within, tenant, KeyPurpose.Tenant, "", cancellationToken), key);
        var newest = await db.Keys.Where(row => row.Purpose == purpose && row.Subject == subject)
            .MaxAsync(row => (int?)row.Version, cancellationToken) ?? 0;
        var now = clock.GetUtcNow();
        var row = new VaultKeyRow
        {
            KeyId = VaultKeyId.New(clock),
            TenantId = tenant,
            Purpose = purpose,
            Subject = subject,
            Version = newest + 1,
            Status = KeyStatus.Active,
            WrappedBy = by,
            Wrapped = wrapped,
            CreatedAt = now,
            ChangedAt = now,
        };
        if (within is not null) _uncommitted[row.KeyId] = within;
        db.Keys.Add(row);
        return row;
    }

    /// <summary>Wraps a key by what wraps keys of its purpose now.</summary>
    public async Task<(string By, byte[] Wrapped)> WrapAsync(
        TenantId tenant, string purpose, byte[] key, CancellationToken cancellationToken)
    {
        if (purpose == KeyPurpose.Tenant) return (root.CurrentKeyId, await root.WrapAsync(key, cancellationToken));
        return Wrap(await ActiveAsync(tenant, KeyPurpose.Tenant, "", cancellationToken), key);
    }

    /// <summary>Unwraps a key that was not destroyed.</summary>
    /// <exception cref="CryptographicException">What wraps it is not here, or it was changed.</exception>
    public async Task<VaultKey> UnwrapAsync(VaultKeyRow row, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await UnwrapAsync(db, null, row, cancellationToken);
    }

    /// <summary>Takes a tenant's keys out of this process's memory.</summary>
    public void Forget(TenantId tenant)
    {
        foreach (var key in _active.Keys.Where(key => key.Item1 == tenant)) _active.TryRemove(key, out _);
        foreach (var key in _byId.Keys.Where(key => key.Item1 == tenant)) _byId.TryRemove(key, out _);
    }

    private async Task<VaultKey> ActiveAsync(
        TrustDb db, DbTransaction? within, TenantId tenant, string purpose, string subject,
        CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var row = await ActiveRowAsync(db, purpose, subject, cancellationToken);
            if (row is not null)
            {
                var key = await UnwrapAsync(db, within, row, cancellationToken);
                return await IsCommittedAsync(key, tenant, within, cancellationToken)
                    ? Keep(_active, (tenant, purpose, subject), key)
                    : key;
            }

            try
            {
                await AddAsync(db, within, tenant, purpose, subject, cancellationToken);
                await db.SaveChangesAsync(cancellationToken);
            }
            catch (DbUpdateException error) when (Conflicts.Caused(error) && attempt < TriesMax)
            {
                // Somebody else has made it in between.
                db.ChangeTracker.Clear();
            }
        }
    }

    private async Task<VaultKey?> FindAsync(
        TrustDb db, DbTransaction? within, TenantId tenant, VaultKeyId id, CancellationToken cancellationToken)
    {
        if (_byId.TryGetValue((tenant, id), out var kept) && IsFresh(kept)) return kept.Key;
        var row = await db.Keys.AsNoTracking().SingleOrDefaultAsync(row => row.KeyId == id, cancellationToken);
        if (row?.Wrapped is null || tombstones.Has(row)) return null;
        var key = await UnwrapAsync(db, within, row, cancellationToken);
        return await IsCommittedAsync(key, tenant, within, cancellationToken) ? Keep(_byId, (tenant, id), key) : key;
    }

    private async Task<VaultKey> UnwrapAsync(
        TrustDb db, DbTransaction? within, VaultKeyRow row, CancellationToken cancellationToken)
    {
        if (row.Purpose == KeyPurpose.Tenant)
            return new VaultKey(row.KeyId, row.Version, await root.UnwrapAsync(row.WrappedBy, row.Wrapped, cancellationToken));
        var wrapping = VaultKeyId.TryParse(row.WrappedBy, CultureInfo.InvariantCulture, out var id)
            ? await FindAsync(db, within, row.TenantId, id, cancellationToken)
            : null;
        return wrapping is null
            ? throw new CryptographicException($"The key {row.WrappedBy}, which wraps {row.KeyId}, is not here.")
            : new VaultKey(row.KeyId, row.Version, KeyWrap.Unwrap(wrapping.Bytes, row.Wrapped));
    }

    private static (string By, byte[] Wrapped) Wrap(VaultKey wrapping, byte[] key) =>
        (wrapping.Id.ToString(), KeyWrap.Wrap(wrapping.Bytes, key));

    /// <summary>
    /// Whether a key that was read is there for good, so that it may be remembered: whatever another transaction than the one
    /// that made it sees has been committed.
    /// </summary>
    private async Task<bool> IsCommittedAsync(
        VaultKey key, TenantId tenant, DbTransaction? within, CancellationToken cancellationToken)
    {
        if (!_uncommitted.TryGetValue(key.Id, out var maker)) return true;
        if (ReferenceEquals(maker, within))
        {
            // With PostgreSQL it may be a later transaction all the same: a connection has one object for all of its own.
            if (within is SqliteTransaction || !await IsKnownAsync(tenant, key.Id, cancellationToken)) return false;
        }

        _uncommitted.TryRemove(key.Id, out _);
        return true;
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
