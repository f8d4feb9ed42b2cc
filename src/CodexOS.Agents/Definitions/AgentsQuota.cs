using CodexOS.Agents.Storage;
using CodexOS.Platform.Quotas;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Agents.Definitions;

/// <summary>How many agents a tenant may have.</summary>
internal sealed class AgentsQuota(IDbContextFactory<AgentsDb> contexts, IOptions<AgentsOptions> options) : IQuota
{
    public const string QuotaName = "agents";

    public string Name => QuotaName;

    public string Summary => "Agents, whatever versions they have.";

    public long Default => options.Value.AgentsPerTenantMax;

    public async ValueTask<long> UsedAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Agents.LongCountAsync(cancellationToken);
    }
}
