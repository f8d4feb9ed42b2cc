using CodexOS.Identity.Storage;
using CodexOS.Platform.Quotas;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.Tenants;

/// <summary>How many people may belong to a tenant.</summary>
internal sealed class MembersQuota(IDbContextFactory<IdentityDbContext> databases, IOptions<IdentityOptions> options) : IQuota
{
    public const string QuotaName = "members";

    public string Name => QuotaName;

    public string Summary => "People who belong to the tenant.";

    public long Default => options.Value.MembersPerTenantMax;

    public async ValueTask<long> UsedAsync(CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.Memberships.LongCountAsync(cancellationToken);
    }
}
