using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Sandbox.Native;
using CodexOS.Sandbox.Storage;
using CodexOS.Tools.Contracts;

namespace CodexOS.Sandbox.Workspaces;

/// <summary>Where workspaces are: <c>workspaces/&lt;tenant&gt;/&lt;workspace&gt;</c> in the data directory.</summary>
internal sealed class WorkspacePlaces(DataDirectory data)
{
    private readonly bool _isRoot = Libc.GetEffectiveUser() == 0;

    /// <summary>The folder of a workspace.</summary>
    public WorkspaceFolder Of(TenantId tenant, WorkspaceId id) =>
        new(data.InShared("workspaces", tenant.ToString(), id.ToString()));

    /// <summary>The folder of a workspace.</summary>
    public WorkspaceFolder Of(WorkspaceRow row) => Of(row.TenantId, row.WorkspaceId);

    /// <summary>A folder on the workspaces' disk that is not there, for trying what the disk can do.</summary>
    public string Trial => data.InShared("workspaces", "trial");

    /// <summary>The user that a workspace's files are given to, or null where the server cannot give files away.</summary>
    public uint? OwnerOf(WorkspaceRow row) => _isRoot ? row.User : null;
}
