using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Quotas;
using CodexOS.Platform.Tenancy;
using CodexOS.Sandbox.Storage;
using CodexOS.Tools.Contracts;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Sandbox.Workspaces;

/// <summary>
/// Keeps the figure of each workspace, how many bytes its files have, and holds the tenant to its quota of them. What grows is
/// noted before it is asked whether that is too much: of two that grow at once neither slips past the other.
/// </summary>
internal sealed class WorkspaceSpace(
    IDbContextFactory<SandboxDbContext> databases, TenantQuotas quotas, TenantContext tenants)
{
    /// <summary>Why the present tenant may not have so many bytes more; null if it may.</summary>
    public async Task<Fault?> CheckAsync(long adding, CancellationToken cancellationToken)
    {
        await using var database = await databases.CreateDbContextAsync(cancellationToken);
        return quotas.Check(
            WorkspaceBytesQuota.QuotaName, await WorkspaceBytesQuota.UsedAsync(database, cancellationToken), adding);
    }

    /// <summary>Notes what a workspace is about to hold. One that grows beyond the quota is refused, unless it may.</summary>
    /// <returns>The figure before, to note again if nothing comes of it.</returns>
    public async Task<Result<long>> TakeAsync(
        WorkspaceRow row, long bytes, bool mayExceed, CancellationToken cancellationToken)
    {
        using var entered = tenants.Enter(row.TenantId);
        await using var database = await databases.CreateDbContextAsync(cancellationToken);
        var before = await database.Workspaces.Where(one => one.WorkspaceId == row.WorkspaceId)
            .Select(static one => one.SizeBytes).SingleAsync(cancellationToken);
        if (bytes != before) await NoteAsync(database, row.WorkspaceId, bytes, cancellationToken);
        if (bytes <= before || mayExceed) return before;
        var used = await WorkspaceBytesQuota.UsedAsync(database, cancellationToken);
        if (quotas.Check(WorkspaceBytesQuota.QuotaName, used, adding: 0) is not { } full) return before;
        await NoteAsync(database, row.WorkspaceId, before, CancellationToken.None);
        return full;
    }

    /// <summary>Notes what a workspace holds.</summary>
    public async Task NoteAsync(WorkspaceRow row, long bytes, CancellationToken cancellationToken)
    {
        using var entered = tenants.Enter(row.TenantId);
        await using var database = await databases.CreateDbContextAsync(cancellationToken);
        await NoteAsync(database, row.WorkspaceId, bytes, cancellationToken);
    }

    /// <summary>The workspaces of a tenant, with their figures.</summary>
    public async Task<Dictionary<WorkspaceId, WorkspaceRow>> ReadAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        using var entered = tenants.Enter(tenant);
        await using var database = await databases.CreateDbContextAsync(cancellationToken);
        return await database.Workspaces.AsNoTracking().Where(static row => row.IsReady)
            .ToDictionaryAsync(static row => row.WorkspaceId, cancellationToken);
    }

    private static Task<int> NoteAsync(
        SandboxDbContext database, WorkspaceId workspace, long bytes, CancellationToken cancellationToken) =>
        database.Workspaces.Where(row => row.WorkspaceId == workspace)
            .ExecuteUpdateAsync(set => set.SetProperty(static row => row.SizeBytes, bytes), cancellationToken);
}
