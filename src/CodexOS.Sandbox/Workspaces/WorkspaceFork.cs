using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Contracts;

namespace CodexOS.Sandbox.Workspaces;

/// <summary>
/// Gives a fork a workspace of its own: a copy of the files as they were at the place of the fork, so that the two runs
/// never work on the same files.
/// </summary>
internal sealed class WorkspaceFork(
    WorkspaceDirectory directory, WorkspacePlaces places, WorkspaceMaker maker, IStoredLabels labels, TenantContext tenants)
    : IForkParticipant
{
    public async Task<Result<ForkParts>> ForkAsync(ForkContext context, ForkParts parts, CancellationToken cancellationToken)
    {
        if (Read(parts.Grant) is not { Workspace: { } workspace } grant) return parts;
        using var tenant = tenants.Enter(context.Tenant);
        if (!(await directory.FindAsync(workspace, cancellationToken)).TryGet(out var row, out var fault)) return fault;
        var folder = places.Of(row);
        if (!VersionAt(folder, context).TryGet(out var version, out fault)) return fault;
        var copied = await maker.CopyVersionAsync(row, version, $"fork:{context.Fork}", cancellationToken);
        if (!copied.TryGet(out var copy, out fault)) return fault;
        // Files are as trusted as they were: what a stranger wrote does not become clean by being copied.
        await labels.CopyAsync(context.Tenant, workspace, copy.WorkspaceId, cancellationToken);
        return parts with
        {
            Grant = JsonSerializer.SerializeToElement(grant with { Workspace = copy.WorkspaceId }, Json.Options),
            Labels = parts.Labels with { Workspace = copy.WorkspaceId.ToString() },
        };
    }

    /// <summary>
    /// The version that held at the place: that of the newest step before it that changed the workspace; without one, the
    /// version before the first step after it that did; without that too, the run never changed it.
    /// </summary>
    private static Result<WorkspaceVersion> VersionAt(WorkspaceFolder folder, ForkContext context)
    {
        if (folder.Current() is not { } current) return SandboxFaults.WorkspaceNotFound;
        var versions = folder.Versions().Where(version => version.Number <= current.Number).ToList();
        foreach (var key in context.KeysCompleted)
        {
            var hash = WorkspaceFolder.HashOf(key);
            if (versions.Find(version => version.KeyHash == hash) is { } made) return made;
            if (folder.FindOutcome(hash) is not null) return SandboxFaults.VersionGone($"after {key}");
        }

        foreach (var key in context.KeysLater)
        {
            var hash = WorkspaceFolder.HashOf(key);
            if (versions.Find(version => version.KeyHash == hash) is { } next)
            {
                return versions.Find(version => version.Number == next.Number - 1) is { } before
                    ? before
                    : SandboxFaults.VersionGone($"before {key}");
            }

            if (folder.FindOutcome(hash) is not null) return SandboxFaults.VersionGone($"before {key}");
        }

        return current;
    }

    private static RunGrant? Read(JsonElement grant)
    {
        try
        {
            return grant.ValueKind is JsonValueKind.Object ? grant.Deserialize<RunGrant>(Json.Options) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
