using CodexOS.Platform.Ids;

namespace CodexOS.Runs.Contracts;

/// <summary>
/// What each tenant may use of this process at once. The engine's own answer is the options, the same for every tenant;
/// whoever knows of plans registers another.
/// </summary>
public interface ITenantQuotas
{
    /// <summary>The tenant's quota. Asked for every step and start, so the answer must be at hand.</summary>
    TenantQuota Of(TenantId tenant);
}

/// <summary>What a tenant may use of this process at once.</summary>
/// <param name="StepsMax">Most steps that are performed at once, over all pools.</param>
/// <param name="StepsPerSubjectMax">Most steps that are performed at once for one subject, for instance an agent.</param>
/// <param name="StepsWaitingMax">With this many steps waiting for a place, further starts are refused.</param>
/// <param name="RunsMax">Most runs that are worked on; further starts are refused.</param>
/// <param name="Weight">How many places the tenant is given in a row when it is its turn.</param>
public sealed record TenantQuota(int StepsMax, int StepsPerSubjectMax, int StepsWaitingMax, int RunsMax, int Weight = 1);
