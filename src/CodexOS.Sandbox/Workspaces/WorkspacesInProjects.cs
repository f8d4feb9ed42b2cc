using CodexOS.Platform.Tenancy;
using CodexOS.Tools.Contracts;

namespace CodexOS.Sandbox.Workspaces;

/// <summary>Workspaces as things of projects, by id.</summary>
internal sealed class WorkspacesInProjects(WorkspaceDirectory directory) : IProjectThings
{
    public string Kind => ResourceKinds.Workspace;

    public async Task<bool> ExistsAsync(string name, CancellationToken cancellationToken) =>
        WorkspaceId.TryParse(name, null, out var id) && id.ToString() == name
        && (await directory.FindAsync(id, cancellationToken)).IsOk;
}
