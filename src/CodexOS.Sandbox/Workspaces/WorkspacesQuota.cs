using CodexOS.Platform.Quotas;
using CodexOS.Sandbox.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Sandbox.Workspaces;

/// <summary>How many workspaces a tenant may have. What each may hold is <c>Sandbox:WorkspaceBytesMax</c>.</summary>
internal sealed class WorkspacesQuota(IDbContextFactory<SandboxDbContext> databases, IOptions<SandboxOptions> options) : IQuota
{
    public const string QuotaName = "workspaces";

    public string Name => QuotaName;

    public string Summary => "Workspaces, forks of others included.";

    public long Default => options.Value.WorkspacesPerTenantMax;

    public async ValueTask<long> UsedAsync(CancellationToken cancellationToken)
    {
        await using var database = await databases.CreateDbContextAsync(cancellationToken);
        return await database.Workspaces.LongCountAsync(cancellationToken);
    }
}
