using System.Security.Cryptography;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using CodexOS.Trust.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodexOS.Trust.Keys;

/// <summary>
/// Replaces a tenant's keys while they are in use, in four steps:
/// 1. next: a new version of the tenant's key and of its data key; from now on they wrap and seal, the old ones only open;
/// 2. wrap: every key that an older one has wrapped is wrapped anew;
/// 3. seal: every value under an older data key is sealed anew, in batches, unless somebody has just written it;
/// 4. retire: an old version that nothing is under any more, for as long as any process may still use it from memory.
/// Each step can be repeated, and finds done what was done before. A run goes through them, and <see cref="KeySweep"/> does
/// what no run does: what the fourth has to wait for, and what a run left that was ended in the middle.
/// </summary>
internal sealed partial class KeyRotation(
    IDbContextFactory<TrustDb> contexts, KeyRing keys, IKeyService root, SealedValues values, IAuditLog audit,
    TenantContext tenants, IOptions<VaultOptions> options, TimeProvider clock, ILogger<KeyRotation> log) : IKeyRotation
{
    private const int KeysMax = 1_000;

    private static Fault Busy { get; } = new(
        "keys.rotation_busy", FaultKind.Conflict, "Keys are being rotated at this moment. Try again when that is done.");

    /// <inheritdoc />
    public async Task<KeyVersions> VersionsAsync(CancellationToken cancellationToken)
    {
        var tenant = tenants.Required;
        await keys.ActiveAsync(tenant, KeyPurpose.Tenant, "", cancellationToken);
        await keys.ActiveAsync(tenant, KeyPurpose.Data, "", cancellationToken);
        // Not what is in memory: another server may have made newer ones.
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return new KeyVersions(
            await ActiveVersionAsync(db, KeyPurpose.Tenant, cancellationToken),
            await ActiveVersionAsync(db, KeyPurpose.Data, cancellationToken));
    }

    /// <inheritdoc />
    public async Task<Result<KeyVersions>> NextAsync(
        KeyVersions before, string rotation, AuditActor by, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(before);
        var after = new KeyVersions(before.Tenant + 1, before.Data + 1);
        try
        {
            return await NextAsync(KeyPurpose.Tenant, after.Tenant, rotation, by, cancellationToken)
                && await NextAsync(KeyPurpose.Data, after.Data, rotation, by, cancellationToken)
                    ? after
                    : Busy;
        }
        catch (DbUpdateException error) when (Conflicts.Caused(error))
        {
            // Another server does the same.
            return Busy;
        }
    }

    /// <inheritdoc />
    public Task<int> WrapAsync(CancellationToken cancellationToken) => WrapAsync(tenants.Required, cancellationToken);

    /// <inheritdoc />
    public async Task<IReadOnlyList<SealedTable>> TablesAsync(CancellationToken cancellationToken)
    {
        var tables = new List<SealedTable>();
        var old = await RetiringAsync(KeyPurpose.Data, cancellationToken);
        foreach (var table in values.Columns.ToLookup(static column => column.Table, StringComparer.Ordinal))
        {
            if (await CountAsync(table, old, cancellationToken) is > 0 and var count)
                tables.Add(new SealedTable(table.Key, count));
        }

        return [.. tables.OrderBy(static table => table.Table, StringComparer.Ordinal)];
    }

    /// <inheritdoc />
    public async Task<ResealedValues> SealAsync(string table, Action<long> onSealed, CancellationToken cancellationToken)
    {
        var columns = values.Columns.Where(column => column.Table == table).ToList();
        var (resealed, unreadable) = await SealAsync(tenants.Required, columns, onSealed, cancellationToken);
        var old = await RetiringAsync(KeyPurpose.Data, cancellationToken);
        return new ResealedValues(resealed, unreadable, await CountAsync(columns, old, cancellationToken));
    }

    /// <inheritdoc />
    public Task<int> RetireAsync(CancellationToken cancellationToken) => RetireAsync(tenants.Required, cancellationToken);

    /// <summary>Does what is left of a rotation: steps 2 to 4.</summary>
    public async Task<RotationRest> FinishAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        using var entered = tenants.Enter(tenant);
        // 2. Wrap
        var wrapped = await WrapAsync(tenant, cancellationToken);
        // 3. Seal
        var (resealed, unreadable) = await SealAsync(tenant, values.Columns, static _ => { }, cancellationToken);
        // 4. Retire
        var retired = await RetireAsync(tenant, cancellationToken);
        return new RotationRest(wrapped, resealed, unreadable, retired);
    }

    /// <summary>How much is under a version of a key: keys for a tenant's key, values for any other.</summary>
    public async Task<long> UsesOfAsync(TrustDb db, VaultKeyRow row, CancellationToken cancellationToken)
    {
        if (row.Purpose is not KeyPurpose.Tenant) return await values.CountAsync(row.TenantId, row.KeyId, cancellationToken);
        var id = row.KeyId.ToString();
        return await db.Keys.LongCountAsync(one => one.WrappedBy == id && one.Wrapped != null, cancellationToken);
    }

    private static Task<int> ActiveVersionAsync(TrustDb db, string purpose, CancellationToken cancellationToken) => db.Keys
        .Where(row => row.Purpose == purpose && row.Subject == "" && row.Status == KeyStatus.Active)
        .Select(static row => row.Version)
        .SingleAsync(cancellationToken);

    /// <summary>Makes the next version of a key.</summary>
    /// <returns>Whether it is there; false if the version that seals now is neither it nor the one before it.</returns>
    private async Task<bool> NextAsync(
        string purpose, int version, string rotation, AuditActor by, CancellationToken cancellationToken)
    {
        var tenant = tenants.Required;
        // What wraps the next one is in memory before the transaction begins.
        await keys.ActiveAsync(tenant, KeyPurpose.Tenant, "", cancellationToken);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var active = await ActiveVersionAsync(db, purpose, cancellationToken);
        if (active != version - 1) return active == version;
        var now = clock.GetUtcNow();
        await db.Keys
            .Where(row => row.Purpose == purpose && row.Subject == "" && row.Status == KeyStatus.Active)
            .ExecuteUpdateAsync(
                set => set.SetProperty(row => row.Status, KeyStatus.Retiring).SetProperty(row => row.ChangedAt, now),
                cancellationToken);
        var next = await keys.AddAsync(db, transaction.GetDbTransaction(), tenant, purpose, "", cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await audit.RecordAsync(
            AuditEntry.Done("keys.rotate").On("key", next.KeyId.ToString()).By(by)
                .With("purpose", purpose).With("version", $"{next.Version}").With("run", rotation),
            db,
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        keys.Forget(tenant);
        return true;
    }

    private async Task<long> CountAsync(
        IEnumerable<SealedColumn> columns, List<VaultKeyRow> under, CancellationToken cancellationToken)
    {
        var count = 0L;
        foreach (var key in under) count += await values.CountAsync(columns, key.TenantId, key.KeyId, cancellationToken);
        return count;
    }

    private async Task<int> WrapAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var wrapped = 0;
        keys.Forget(tenant);
        while (true)
        {
            var rootNow = root.CurrentKeyId;
            var by = (await keys.ActiveAsync(tenant, KeyPurpose.Tenant, "", cancellationToken)).Id.ToString();
            var rows = await db.Keys.AsNoTracking()
                .Where(row => row.Wrapped != null
                    && row.WrappedBy != (row.Purpose == KeyPurpose.Tenant ? rootNow : by))
                .Take(KeysMax)
                .ToListAsync(cancellationToken);
            foreach (var row in rows)
            {
                var key = await keys.UnwrapAsync(row, cancellationToken);
                var (newBy, bytes) = await keys.WrapAsync(tenant, row.Purpose, key.Bytes, cancellationToken);
                wrapped += await db.Keys
                    .Where(one => one.KeyId == row.KeyId && one.WrappedBy == row.WrappedBy && one.Wrapped != null)
                    .ExecuteUpdateAsync(
                        set => set.SetProperty(one => one.WrappedBy, newBy).SetProperty(one => one.Wrapped, bytes),
                        cancellationToken);
            }

            if (rows.Count < KeysMax) return wrapped;
        }
    }

    private async Task<(long Sealed, long Unreadable)> SealAsync(
        TenantId tenant, IReadOnlyList<SealedColumn> columns, Action<long> onSealed, CancellationToken cancellationToken)
    {
        var (resealed, unreadable) = (0L, 0L);
        // The versions were made by whichever server had the turn then, and this one may remember the ones before.
        keys.Forget(tenant);
        foreach (var old in await RetiringAsync(KeyPurpose.Data, cancellationToken))
        {
            var from = await keys.FindAsync(tenant, old.KeyId, cancellationToken)
                ?? throw new CryptographicException($"The key {old.KeyId} is not here.");
            foreach (var column in columns)
            {
                StoredValue? last = null;
                while (true)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    var batch = await values.ReadAsync(
                        column, tenant, old.KeyId, last, options.Value.RotationBatchMax, cancellationToken);
                    var (opened, replaced) = await ReplaceAsync(column, tenant, from, batch, cancellationToken);
                    if (opened < batch.Count) LogUnreadable(batch.Count - opened, column.Table, tenant);
                    unreadable += batch.Count - opened;
                    resealed += replaced;
                    onSealed(resealed);
                    if (batch.Count < options.Value.RotationBatchMax) break;
                    last = batch[^1];
                }
            }
        }

        return (resealed, unreadable);
    }

    private async Task<(int Opened, int Replaced)> ReplaceAsync(
        SealedColumn column, TenantId tenant, VaultKey from, List<StoredValue> batch, CancellationToken cancellationToken)
    {
        var (opened, replaced) = (0, 0);
        foreach (var stored in batch)
        {
            var place = new SealedPlace(tenant, column.Place.Table, column.Place.Column, SealedColumns.RowOf(stored.Key));
            if (!SealedFormat.TryOpen(from, place, stored.Value, out var value)) continue;
            opened++;
            var to = await keys.ActiveAsync(tenant, KeyPurpose.Data, "", cancellationToken);
            // Where it is not replaced, somebody has written there, under the new key.
            if (await values.ReplaceAsync(column, stored, SealedFormat.Seal(to, place, value), cancellationToken)) replaced++;
        }

        return (opened, replaced);
    }

    private async Task<int> RetireAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var (retired, now) = (0, clock.GetUtcNow());
        // Until then a process may seal with it from its memory.
        var replacedBefore = now - options.Value.KeyCacheLifetime;
        foreach (var purpose in (string[])[KeyPurpose.Data, KeyPurpose.Tenant])
        {
            foreach (var row in await RetiringAsync(purpose, cancellationToken))
            {
                if (row.ChangedAt > replacedBefore || await UsesOfAsync(db, row, cancellationToken) > 0) continue;
                retired += await db.Keys.Where(one => one.KeyId == row.KeyId && one.Status == KeyStatus.Retiring)
                    .ExecuteUpdateAsync(
                        set => set.SetProperty(one => one.Status, KeyStatus.Retired).SetProperty(one => one.ChangedAt, now),
                        cancellationToken);
                LogRetired(row.KeyId, tenant);
            }
        }

        return retired;
    }

    private async Task<List<VaultKeyRow>> RetiringAsync(string purpose, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Keys.AsNoTracking()
            .Where(row => row.Purpose == purpose && row.Status == KeyStatus.Retiring)
            .OrderBy(static row => row.Version).Take(KeysMax)
            .ToListAsync(cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Count} values of {Table} of {Tenant} cannot be opened; they stay as they are.")]
    private partial void LogUnreadable(int count, string table, TenantId tenant);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Key} of {Tenant} is retired.")]
    private partial void LogRetired(VaultKeyId key, TenantId tenant);
}

/// <summary>What was left of a rotation, and is done.</summary>
/// <param name="KeysWrapped">How many keys were wrapped anew.</param>
/// <param name="ValuesSealed">How many values were sealed anew.</param>
/// <param name="ValuesUnreadable">How many could not be opened, and stay under their old key.</param>
/// <param name="KeysRetired">
/// How many old versions were retired at once. The others follow when no server may still hold them in memory.
/// </param>
internal sealed record RotationRest(int KeysWrapped, long ValuesSealed, long ValuesUnreadable, int KeysRetired);
