using System.Diagnostics;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Storage;
using CodexOS.Runs.Contracts;
using CodexOS.Sandbox.Native;
using CodexOS.Sandbox.Workspaces;
using Microsoft.Extensions.Options;

namespace CodexOS.Sandbox.Exports;

/// <summary>
/// Performs the stages of an export. All of them are transactional: what a stage makes is whole or absent, and made again
/// it is the same, so after a crash a stage is simply performed again.
/// </summary>
internal sealed class ExportHandler(
    WorkspaceDirectory directory, WorkspacePlaces places, ExportStore store, IOptions<SandboxOptions> given) : IEffectHandler
{
    private readonly SandboxOptions _options = given.Value;

    public string Effect => ExportStep.Effect;

    /// <summary>Packing keeps a processor and the disk busy, so few steps at once are as fast as many.</summary>
    public EffectPool? Pool { get; } = new(ExportStep.Effect, 2);

    public GateVerdict Judge(EffectCall call)
    {
        if (Json.TryRead<ExportStep>(call.Input) is not { } step) return new GateVerdict.Refuse(ExportFaults.BadStep);
        return Json.TryRead<ExportGrant>(call.Grant) is { } grant && grant.Workspace == step.Workspace
            ? new GateVerdict.Allow(RepeatClass.Transactional)
            : new GateVerdict.Refuse(ExportFaults.NotGranted);
    }

    public async Task<Result<EffectOutput>> PerformAsync(EffectCall call, CancellationToken cancellationToken)
    {
        var step = Json.TryRead<ExportStep>(call.Input)!;
        var found = await directory.OpenAsync(step.Workspace, cancellationToken);
        if (!found.TryGet(out var open, out var fault)) return fault;
        try
        {
            return step.Stage switch
            {
                ExportStage.Plan => await Task.Run(() => Plan(call, open.Version, cancellationToken), cancellationToken),
                ExportStage.Pack => await Task.Run(() => Pack(call, step, cancellationToken), cancellationToken),
                ExportStage.Publish => await Task.Run(() => Publish(call, step, cancellationToken), cancellationToken),
                ExportStage.Discard => Discard(call, step),
                _ => throw new UnreachableException($"There is no stage {step.Stage}."),
            };
        }
        catch (IOException error) when (StorageFaults.IsDiskFull(error))
        {
            return SandboxFaults.DiskFull;
        }
    }

    private Result<EffectOutput> Plan(EffectCall call, WorkspaceVersion version, CancellationToken cancellationToken)
    {
        if (store.Reserve(call.Tenant, call.Run) is { } refused) return refused;
        using var files = Folder.Open(version.FilesPath);
        var (bytes, count) = new Packer(files, _options.WorkspaceDepthMax, cancellationToken).Measure();
        return OutputOf(new ExportPlan(version.Name, bytes, count), null);
    }

    private Result<EffectOutput> Pack(EffectCall call, ExportStep step, CancellationToken cancellationToken)
    {
        // The name comes from the journal: it chooses among the versions that are there and is never part of a path.
        var version = places.Of(call.Tenant, step.Workspace).Versions().Find(one => one.Name == step.Version);
        if (version is null) return ExportFaults.VersionGone;
        if (!store.HasRoom(call.Tenant, call.Run)) return SandboxFaults.DiskFull;
        try
        {
            using var files = Folder.Open(version.FilesPath);
            var packer = new Packer(files, _options.WorkspaceDepthMax, cancellationToken);
            var packed = store.WritePart(call.Tenant, call.Run, step.Part, target => packer.Pack(
                step.From,
                _options.ExportPartBytes,
                target,
                content => call.OnProgress(new Progress(step.DoneBytes + content, step.TotalBytes, "bytes", "Packing files"))));
            return packed.TryGet(out var part, out var fault) ? OutputOf(part, Undoing(step, step.Part)) : fault;
        }
        catch (IOException) when (!Directory.Exists(version.FilesPath))
        {
            return ExportFaults.VersionGone;
        }
    }

    private Result<EffectOutput> Publish(EffectCall call, ExportStep step, CancellationToken cancellationToken)
    {
        var parts = step.Parts ?? [];
        var published = store.Publish(call.Tenant, call.Run, parts, cancellationToken);
        if (!published.TryGet(out var manifest, out var fault)) return fault;
        var text = $"{manifest.SizeBytes} bytes in {parts.Count} {(parts.Count == 1 ? "part" : "parts")}";
        return OutputOf(new ExportOutput(text, manifest.SizeBytes, manifest.Hash, step.TotalBytes), Undoing(step, 0));
    }

    private Result<EffectOutput> Discard(EffectCall call, ExportStep step)
    {
        store.Discard(call.Tenant, call.Run, step.Part);
        return new EffectOutput(JsonSerializer.SerializeToElement(new { }));
    }

    private static Compensation Undoing(ExportStep step, int part) => new(
        ExportStep.Effect,
        JsonSerializer.SerializeToElement(
            new ExportStep(ExportStage.Discard, step.Workspace) { Part = part }, Json.Options));

    private static Result<EffectOutput> OutputOf<T>(T output, Compensation? undo) =>
        new EffectOutput(JsonSerializer.SerializeToElement(output, Json.Options)) { Compensation = undo };
}
