using CodexOS.Platform.Ids;

namespace CodexOS.Runs.Contracts;

/// <summary>
/// How long each tenant's runs are kept. The engine's own answer is the options, the same for every tenant; whoever knows of
/// plans registers another.
/// </summary>
public interface IRetentionPolicies
{
    /// <summary>The tenant's policy.</summary>
    RetentionPolicy Of(TenantId tenant);
}

/// <summary>How long runs are kept.</summary>
/// <param name="ArchiveAfter">How long after its end a run's events move into a compressed file; null is never.</param>
/// <param name="DeleteAfter">How long after its end an archived run is deleted; null is never.</param>
/// <param name="KeysKept">How long an Idempotency-Key is remembered.</param>
public sealed record RetentionPolicy(TimeSpan? ArchiveAfter, TimeSpan? DeleteAfter, TimeSpan KeysKept);
