using CodexOS.Platform.Ids;
using CodexOS.Platform.Quotas;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Storage;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Runs.Scheduling;

/// <summary>The options' quota, with what the installation's owner set for a tenant.</summary>
internal sealed class SetQuotas(RunsOptions options, TenantQuotas quotas) : ITenantQuotas
{
    private readonly TenantQuota _default = new OptionQuotas(options).Of(default);

    public TenantQuota Of(TenantId tenant)
    {
        var runs = (int)Math.Min(int.MaxValue, quotas.LimitOf(tenant, ActiveRunsQuota.QuotaName));
        return runs == _default.RunsMax ? _default : _default with { RunsMax = runs };
    }
}

/// <summary>Runs that are worked on at once: counted on all nodes, while each node holds to the limit by itself.</summary>
internal sealed class ActiveRunsQuota(RunsOptions options, IDbContextFactory<RunsDbContext> contexts) : IQuota
{
    public const string QuotaName = "active_runs";

    public string Name => QuotaName;

    public string Summary => "Runs that one process works on at once.";

    public long Default => options.ActiveRunsPerTenantMax;

    public async ValueTask<long> UsedAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Runs.LongCountAsync(run => run.Status <= RunStatus.Running, cancellationToken);
    }
}
