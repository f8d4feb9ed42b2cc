using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Contracts;

namespace CodexOS.Sandbox.Workspaces;

/// <summary>
/// Performs <c>workspace.restore</c>, which undoes a change of a workspace: the files become what they were before it, as
/// a change of its own, so that undoing can be undone too.
/// </summary>
internal sealed class WorkspaceRestore(WorkspaceDirectory directory, WorkspaceChanges changes) : IEffectHandler
{
    public const string Name = "workspace.restore";

    public string Effect => Name;

    /// <summary>The way back to a version.</summary>
    public static Compensation To(WorkspaceId workspace, WorkspaceVersion version) =>
        new(Name, JsonSerializer.SerializeToElement(new Input(workspace, version.Name), Json.Options));

    /// <summary>A run may put back only the workspace that it may work on.</summary>
    public GateVerdict Judge(EffectCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        return Json.TryRead<Input>(call.Input) is { } input && Json.TryRead<RunGrant>(call.Grant)?.Workspace == input.Workspace
            ? new GateVerdict.Allow(RepeatClass.Keyed)
            : new GateVerdict.Refuse(new Fault(
                "sandbox.workspace_not_granted", FaultKind.NotAllowed, "The run may not work on this workspace."));
    }

    public async Task<Result<EffectOutput>> PerformAsync(EffectCall call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (Judge(call) is GateVerdict.Refuse refused) return refused.Fault;
        var input = Json.TryRead<Input>(call.Input)!;
        if (!(await directory.FindAsync(input.Workspace, cancellationToken)).TryGet(out var row, out var fault)) return fault;
        var restored = await changes.RestoreAsync(row, call.Key, input.Version, cancellationToken);
        return restored.TryGet(out var result, out fault)
            ? new EffectOutput(result.Data) { Compensation = result.Undo }
            : fault;
    }

    private sealed record Input(WorkspaceId Workspace, string Version);
}
