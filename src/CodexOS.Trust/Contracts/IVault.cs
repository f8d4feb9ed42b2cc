using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;

namespace CodexOS.Trust.Contracts;

/// <summary>
/// Seals values for the place they lie in: with AES-256-GCM, under a key of the tenant or of the person they speak of, and
/// bound to tenant, table, column and row, so that a sealed value opens nowhere else.
/// </summary>
public interface IVault
{
    /// <summary>
    /// Seals a value. The first time a key is needed it is made, in a transaction of its own: seal before you begin one.
    /// </summary>
    Task<Sealed> SealAsync(SealedPlace place, ReadOnlyMemory<byte> value, CancellationToken cancellationToken);

    /// <summary>
    /// Opens a value: <c>trust.sealed_damaged</c> if it was changed or belongs elsewhere, <c>trust.key_destroyed</c> if
    /// its key is no more.
    /// </summary>
    Task<Result<byte[]>> OpenAsync(SealedPlace place, Sealed value, CancellationToken cancellationToken);

    /// <summary>
    /// What a sealed text can be found by: HMAC-SHA-256 under a key of the tenant, different for each column. Equal texts
    /// have equal indices; bring a text into the form in which it is compared before.
    /// </summary>
    Task<byte[]> IndexAsync(TenantId tenant, string table, string column, string text, CancellationToken cancellationToken);

    /// <summary>
    /// Destroys a person's key in a tenant: what was sealed under it is lost for good, also where an old backup of the
    /// database brings the key back. It is recorded in the audit log.
    /// </summary>
    /// <returns>How many versions of the key were destroyed.</returns>
    Task<int> DestroyAsync(TenantId tenant, UserId subject, CancellationToken cancellationToken);

    /// <summary>Whether a person has a key in a tenant, so that something may be sealed under it.</summary>
    Task<bool> KnowsAsync(TenantId tenant, UserId subject, CancellationToken cancellationToken);
}

/// <summary>Where a sealed value lies.</summary>
/// <param name="Tenant">The owner.</param>
/// <param name="Table">The table.</param>
/// <param name="Column">The column.</param>
/// <param name="Row">The row, by its key.</param>
public sealed record SealedPlace(TenantId Tenant, string Table, string Column, string Row)
{
    /// <summary>Whom the value speaks of; null seals it under the tenant's key.</summary>
    public UserId? Subject { get; init; }
}
