using CodexOS.Platform.Ids;

namespace CodexOS.Tools.Contracts;

/// <summary>The labels of what tools keep, for modules that copy what is kept.</summary>
public interface IStoredLabels
{
    /// <summary>Gives the copy of a workspace the labels of the one it is a copy of. Repeating it changes nothing.</summary>
    Task CopyAsync(TenantId tenant, WorkspaceId from, WorkspaceId to, CancellationToken cancellationToken);
}
