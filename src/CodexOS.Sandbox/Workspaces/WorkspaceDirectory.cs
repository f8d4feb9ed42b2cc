using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Sandbox.Storage;
using CodexOS.Tools.Contracts;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Sandbox.Workspaces;

/// <summary>Finds workspaces of the present tenant, and makes the ones that runs ask for.</summary>
internal sealed class WorkspaceDirectory(
    IDbContextFactory<SandboxDbContext> databases, TenantContext tenants, WorkspacePlaces places, WorkspaceMaker maker)
    : IWorkspaces
{
    /// <summary>A workspace by id; one of another tenant is not found.</summary>
    public async Task<Result<WorkspaceRow>> FindAsync(WorkspaceId id, CancellationToken cancellationToken)
    {
        await using var database = await databases.CreateDbContextAsync(cancellationToken);
        var row = await database.Workspaces.AsNoTracking()
            .SingleOrDefaultAsync(each => each.WorkspaceId == id && each.IsReady, cancellationToken);
        return row is null ? SandboxFaults.WorkspaceNotFound : row;
    }

    /// <summary>A workspace and the version of its files that holds.</summary>
    public async Task<Result<(WorkspaceRow Row, WorkspaceVersion Version)>> OpenAsync(
        WorkspaceId id, CancellationToken cancellationToken)
    {
        if (!(await FindAsync(id, cancellationToken)).TryGet(out var row, out var fault)) return fault;
        return places.Of(row).Current() is { } version ? (row, version) : SandboxFaults.WorkspaceNotFound;
    }

    /// <summary>The same, by the id as a request has it.</summary>
    public async Task<Result<(WorkspaceRow Row, WorkspaceVersion Version)>> OpenAsync(
        string id, CancellationToken cancellationToken) =>
        WorkspaceId.TryParse(id, null, out var workspace)
            ? await OpenAsync(workspace, cancellationToken)
            : SandboxFaults.WorkspaceNotFound;

    public async Task<Result<WorkspaceId>> ResolveAsync(
        TenantId tenant, WorkspaceChoice choice, CancellationToken cancellationToken)
    {
        if (tenants.Required != tenant) throw new InvalidOperationException("The tenant is not the one that was entered.");
        var found = choice switch
        {
            WorkspaceChoice.Existing existing => await FindAsync(existing.Id, cancellationToken),
            WorkspaceChoice.Sample sample => await maker.CopySampleAsync(sample.Name, sample.Key, cancellationToken),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        return found.TryGet(out var row, out var fault) ? row.WorkspaceId : fault;
    }
}
