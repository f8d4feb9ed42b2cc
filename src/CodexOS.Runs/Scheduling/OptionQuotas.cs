using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;

namespace CodexOS.Runs.Scheduling;

/// <summary>The same quota for every tenant, from the options.</summary>
internal sealed class OptionQuotas(RunsOptions options) : ITenantQuotas
{
    private readonly TenantQuota _quota = new(
        options.StepsPerTenantMax,
        options.StepsPerSubjectMax,
        options.StepsWaitingPerTenantMax,
        options.ActiveRunsPerTenantMax);

    public TenantQuota Of(TenantId tenant) => _quota;
}
