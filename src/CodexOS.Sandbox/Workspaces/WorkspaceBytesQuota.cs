using CodexOS.Platform.Quotas;
using CodexOS.Sandbox.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Sandbox.Workspaces;

/// <summary>
/// How many bytes the files of all workspaces of a tenant may have together, as they are now: earlier versions do not count, for
/// they share most of their files and go by themselves.
/// </summary>
internal sealed class WorkspaceBytesQuota(
    IDbContextFactory<SandboxDbContext> databases, IOptions<SandboxOptions> options) : IQuota
{
    public const string QuotaName = "workspace_bytes";

    public string Name => QuotaName;

    public string Summary => "Bytes of files in workspaces; to delete some there makes room.";

    public long Default => options.Value.WorkspaceBytesPerTenantMax;

    public async ValueTask<long> UsedAsync(CancellationToken cancellationToken)
    {
        await using var database = await databases.CreateDbContextAsync(cancellationToken);
        return await UsedAsync(database, cancellationToken);
    }

    /// <summary>How many bytes the present tenant has, by the figures in its rows.</summary>
    public static Task<long> UsedAsync(SandboxDbContext database, CancellationToken cancellationToken) =>
        database.Workspaces.SumAsync(static row => row.SizeBytes, cancellationToken);
}
