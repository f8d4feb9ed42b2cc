using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Quotas;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Knowledge.Bases;

/// <summary>How many knowledge bases a tenant may have.</summary>
internal sealed class BasesQuota(IDbContextFactory<KnowledgeDb> contexts, IOptions<KnowledgeOptions> options) : IQuota
{
    public const string QuotaName = "knowledge_bases";

    public string Name => QuotaName;

    public string Summary => "Knowledge bases.";

    public long Default => options.Value.BasesPerTenantMax;

    public async ValueTask<long> UsedAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Bases.LongCountAsync(cancellationToken);
    }
}
