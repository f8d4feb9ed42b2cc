using System.Collections.Immutable;

namespace CodexOS.Runs.Contracts;

/// <summary>
/// How long each tenant's runs are kept. The engine's own answer is the options, the same for every tenant; whoever knows of
/// plans registers another.
/// </summary>
public interface IRetentionPolicies
{
    /// <summary>The policy of the present tenant.</summary>
    Task<RetentionPolicy> ReadAsync(CancellationToken cancellationToken);
}

/// <summary>What the engine's options say of retention, which is what a tenant gets that has set nothing.</summary>
/// <param name="ArchiveAfter">How long after its end a run's events move into a compressed file; null is never.</param>
/// <param name="DeleteAfter">How long after its end an archived run is deleted; null is never.</param>
/// <param name="KeysKept">How long an Idempotency-Key is remembered.</param>
public sealed record RetentionDefaults(TimeSpan? ArchiveAfter, TimeSpan? DeleteAfter, TimeSpan KeysKept);

/// <summary>How long data is kept.</summary>
/// <param name="ArchiveAfter">How long after its end a run's events move into a compressed file; null is never.</param>
/// <param name="DeleteAfter">How long after its end an archived run is deleted; null is never.</param>
/// <param name="KeysKept">How long an Idempotency-Key is remembered.</param>
public sealed record RetentionPolicy(TimeSpan? ArchiveAfter, TimeSpan? DeleteAfter, TimeSpan KeysKept)
{
    /// <summary>How long other modules keep what they have, by its word; what is not named is kept for good.</summary>
    public ImmutableSortedDictionary<string, TimeSpan> Others { get; init; } =
        ImmutableSortedDictionary.Create<string, TimeSpan>(StringComparer.Ordinal);
}
