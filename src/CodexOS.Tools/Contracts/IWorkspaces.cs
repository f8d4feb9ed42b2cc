using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;

namespace CodexOS.Tools.Contracts;

/// <summary>
/// The door to file workspaces for modules that start runs: it finds or makes the one a run is to work on.
/// </summary>
public interface IWorkspaces
{
    /// <summary>
    /// Answers with a workspace that exists and belongs to the tenant: the one that was named, or a new copy of a
    /// sample. One of another tenant is not found.
    /// </summary>
    Task<Result<WorkspaceId>> ResolveAsync(
        TenantId tenant, WorkspaceChoice choice, CancellationToken cancellationToken);
}

/// <summary>Which workspace a run is to work on.</summary>
public abstract record WorkspaceChoice
{
    private WorkspaceChoice()
    {
    }

    /// <summary>One that is there already.</summary>
    /// <param name="Id">Its id.</param>
    public sealed record Existing(WorkspaceId Id) : WorkspaceChoice;

    /// <summary>A new copy of a sample.</summary>
    /// <param name="Name">The sample's name, for instance <c>calc</c>.</param>
    /// <param name="Key">
    /// What the copy is for: asked again with the same key, the tenant gets the same copy. Null for one of its own each time.
    /// </param>
    public sealed record Sample(string Name, string? Key = null) : WorkspaceChoice;
}
