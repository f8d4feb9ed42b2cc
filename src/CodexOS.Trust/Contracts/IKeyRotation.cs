using CodexOS.Platform.Faults;

namespace CodexOS.Trust.Contracts;

/// <summary>
/// Replaces the present tenant's keys while they are in use, stage by stage: next → wrap → seal → retire. Each stage can be
/// repeated, and finds done what was done before; what nobody goes on with, a sweep of the server does.
/// </summary>
public interface IKeyRotation
{
    /// <summary>The versions that wrap and seal now; the first ones are made.</summary>
    Task<KeyVersions> VersionsAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Makes the next version of the tenant's key and of its data key, unless they are there already. From now on these wrap
    /// and seal, and the old ones only open.
    /// </summary>
    /// <param name="before">The versions that are replaced.</param>
    /// <param name="rotation">Which rotation it is, for the audit log.</param>
    /// <param name="by">Who asked for it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The new versions; <c>keys.rotation_busy</c> if somebody else replaces the same ones.</returns>
    Task<Result<KeyVersions>> NextAsync(
        KeyVersions before, string rotation, AuditActor by, CancellationToken cancellationToken);

    /// <summary>Wraps every key anew that an older one has wrapped.</summary>
    /// <returns>How many it were.</returns>
    Task<int> WrapAsync(CancellationToken cancellationToken);

    /// <summary>The tables with values under an old data key, by name.</summary>
    Task<IReadOnlyList<SealedTable>> TablesAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Seals the values of a table anew that are under an old data key, in batches, between which it can be stopped.
    /// </summary>
    /// <param name="table">The table, as <see cref="TablesAsync"/> names it.</param>
    /// <param name="onSealed">Told after each batch how many it were so far.</param>
    /// <param name="cancellationToken">Stops it.</param>
    Task<ResealedValues> SealAsync(string table, Action<long> onSealed, CancellationToken cancellationToken);

    /// <summary>Retires old versions that nothing is under and that no server may still hold in memory.</summary>
    /// <returns>How many it were.</returns>
    Task<int> RetireAsync(CancellationToken cancellationToken);
}

/// <summary>The versions of a tenant's keys.</summary>
/// <param name="Tenant">Of the key that wraps the others.</param>
/// <param name="Data">Of the key that seals.</param>
public sealed record KeyVersions(int Tenant, int Data);

/// <summary>A table with sealed values.</summary>
/// <param name="Table">Its name.</param>
/// <param name="Values">How many of its values are under an old key.</param>
public sealed record SealedTable(string Table, long Values);

/// <summary>What sealing the values of a table anew came to.</summary>
/// <param name="Sealed">How many were sealed anew.</param>
/// <param name="Unreadable">How many could not be opened, and stay under their old key.</param>
/// <param name="Left">How many are under an old key now.</param>
public sealed record ResealedValues(long Sealed, long Unreadable, long Left);
