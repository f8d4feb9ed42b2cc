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
/// Each step can be repeated, and finds done what was done before. What the fourth has to wait for, <see cref="KeySweep"/>
/// does later.
/// </summary>
internal sealed partial class KeyRotation(
    IDbContextFactory<TrustDb> contexts, KeyRing keys, IKeyService root, SealedValues values, IAuditLog audit,
    TenantContext tenants, IOptions<VaultOptions> options, TimeProvider clock, ILogger<KeyRotation> log) : IDisposable
{
    private const int KeysMax = 1_000;

    private readonly SemaphoreSlim _turn = new(1);

    private static Fault Busy { get; } = new(
        "keys.rotation_busy", FaultKind.Conflict, "Keys are being rotated at this moment. Try again when that is done.");

    /// <summary>Rotates the present tenant's keys.</summary>
    public async Task<Result<KeyRotationReport>> RotateAsync(CancellationToken cancellationToken)
    {
        if (!await _turn.WaitAsync(TimeSpan.Zero, cancellationToken)) return Busy;
        try
        {
            var tenant = tenants.Required;
            // 1. Next
            await NextAsync(tenant, KeyPurpose.Tenant, cancellationToken);
            await NextAsync(tenant, KeyPurpose.Data, cancellationToken);
            // 2 to 4.
            return await FinishAsync(tenant, cancellationToken);
        }
        catch (DbUpdateException error) when (Conflicts.Caused(error))
        {
            // Another server does the same.
            return Busy;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Does what is left of a rotation: steps 2 to 4.</summary>
    public async Task<KeyRotationReport> FinishAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        using var entered = tenants.Enter(tenant);
        // 2. Wrap
        var wrapped = await WrapAsync(tenant, cancellationToken);
        // 3. Seal
        var (resealed, unreadable) = await SealAsync(tenant, cancellationToken);
        // 4. Retire
        var retired = await RetireAsync(tenant, cancellationToken);
        return new KeyRotationReport(wrapped, resealed, unreadable, retired);
    }

    /// <summary>How much is under a version of a key: keys for a tenant's key, values for any other.</summary>
    public async Task<long> UsesOfAsync(TrustDb db, VaultKeyRow row, CancellationToken cancellationToken)
    {
        if (row.Purpose is not KeyPurpose.Tenant) return await values.CountAsync(row.TenantId, row.KeyId, cancellationToken);
        var id = row.KeyId.ToString();
        return await db.Keys.LongCountAsync(one => one.WrappedBy == id && one.Wrapped != null, cancellationToken);
    }

    /// <inheritdoc />
    public void Dispose() => _turn.Dispose();

    private async Task NextAsync(TenantId tenant, string purpose, CancellationToken cancellationToken)
    {
        // There is one to replace, and what wraps the next one is in memory before the transaction begins.
        await keys.ActiveAsync(tenant, KeyPurpose.Tenant, "", cancellationToken);
        await keys.ActiveAsync(tenant, purpose, "", cancellationToken);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var now = clock.GetUtcNow();
        await db.Keys
            .Where(row => row.Purpose == purpose && row.Subject == "" && row.Status == KeyStatus.Active)
            .ExecuteUpdateAsync(
                set => set.SetProperty(row => row.Status, KeyStatus.Retiring).SetProperty(row => row.ChangedAt, now),
                cancellationToken);
        var next = await keys.AddAsync(db, transaction.GetDbTransaction(), tenant, purpose, "", cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await audit.RecordAsync(
            AuditEntry.Done("keys.rotate").On("key", next.KeyId.ToString())
                .With("purpose", purpose).With("version", $"{next.Version}"),
            db,
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        keys.Forget(tenant);
    }

    private async Task<int> WrapAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var wrapped = 0;
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

    private async Task<(int Sealed, int Unreadable)> SealAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        var (resealed, unreadable) = (0, 0);
        foreach (var old in await RetiringAsync(KeyPurpose.Data, cancellationToken))
        {
            var from = await keys.FindAsync(tenant, old.KeyId, cancellationToken)
                ?? throw new CryptographicException($"The key {old.KeyId} is not here.");
            foreach (var column in values.Columns)
            {
                while (true)
                {
                    var batch = await values.ReadAsync(
                        column, tenant, old.KeyId, options.Value.RotationBatchMax, cancellationToken);
                    var moved = 0;
                    foreach (var stored in batch)
                    {
                        var place = new SealedPlace(
                            tenant, column.Place.Table, column.Place.Column, SealedColumns.RowOf(stored.Key));
                        if (!SealedFormat.TryOpen(from, place, stored.Value, out var value)) continue;
                        var to = await keys.ActiveAsync(tenant, KeyPurpose.Data, "", cancellationToken);
                        // Where it is not replaced, somebody has written there, under the new key.
                        if (await values.ReplaceAsync(column, stored, SealedFormat.Seal(to, place, value), cancellationToken))
                            resealed++;
                        moved++;
                    }

                    if (moved < batch.Count) LogUnreadable(batch.Count - moved, column.Table, tenant);
                    if (batch.Count < options.Value.RotationBatchMax || moved == 0)
                    {
                        unreadable += batch.Count - moved;
                        break;
                    }
                }
            }
        }

        return (resealed, unreadable);
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

/// <summary>What a rotation of keys came to.</summary>
/// <param name="KeysWrapped">How many keys were wrapped anew.</param>
/// <param name="ValuesSealed">How many values were sealed anew.</param>
/// <param name="ValuesUnreadable">How many could not be opened, and stay under their old key.</param>
/// <param name="KeysRetired">
/// How many old versions were retired at once. The others follow when no server may still hold them in memory.
/// </param>
public sealed record KeyRotationReport(int KeysWrapped, int ValuesSealed, int ValuesUnreadable, int KeysRetired);
