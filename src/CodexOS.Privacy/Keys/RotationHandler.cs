using System.Diagnostics;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;
using CodexOS.Trust.Contracts;

namespace CodexOS.Privacy.Keys;

/// <summary>Performs the stages of a rotation of keys.</summary>
internal sealed class RotationHandler(IKeyRotation keys, KeyRotations rotations) : IEffectHandler
{
    /// <inheritdoc />
    public string Effect => RotationProgram.RunKind;

    /// <summary>It is in no hurry: the values it seals anew are in use meanwhile.</summary>
    public EffectPool? Pool { get; } = new(RotationProgram.RunKind, 1);

    /// <inheritdoc />
    public GateVerdict Judge(EffectCall call)
    {
        if (Json.TryRead<RotationStep>(call.Input) is null) return new GateVerdict.Refuse(PrivacyFaults.BadStep);
        return Json.TryRead<RotationGrant>(call.Grant) is { Rotate: true }
            ? new GateVerdict.Allow(RepeatClass.Keyed)
            : new GateVerdict.Refuse(PrivacyFaults.NotGrantedKeys);
    }

    /// <inheritdoc />
    public async Task<Result<EffectOutput>> PerformAsync(EffectCall call, CancellationToken cancellationToken)
    {
        var step = Json.TryRead<RotationStep>(call.Input)!;
        return step.Stage switch
        {
            RotationStage.Begin => await BeginAsync(call, cancellationToken),
            RotationStage.Next => await NextAsync(call, step, cancellationToken),
            RotationStage.Wrap => OutputOf(new WrappedKeys(await keys.WrapAsync(cancellationToken))),
            RotationStage.Seal => await SealAsync(call, step, cancellationToken),
            RotationStage.Retire => await RetireAsync(call, step, cancellationToken),
            _ => throw new UnreachableException($"There is no stage {step.Stage}."),
        };
    }

    private async Task<Result<EffectOutput>> BeginAsync(EffectCall call, CancellationToken cancellationToken)
    {
        if (await rotations.TakeTurnAsync(call.Run, call.By, cancellationToken) is { } fault) return fault;
        return OutputOf(await keys.VersionsAsync(cancellationToken));
    }

    private async Task<Result<EffectOutput>> NextAsync(EffectCall call, RotationStep step, CancellationToken cancellationToken)
    {
        if (step.Before is not { } before) return PrivacyFaults.BadStep;
        var made = await keys.NextAsync(before, call.Run.ToString(), AuditActor.Of(call.By), cancellationToken);
        return made.TryGet(out var after, out var fault)
            ? OutputOf(new NextKeys(after, await keys.TablesAsync(cancellationToken)))
            : fault;
    }

    private async Task<Result<EffectOutput>> SealAsync(EffectCall call, RotationStep step, CancellationToken cancellationToken)
    {
        if (step.Table is not { } table) return PrivacyFaults.BadStep;
        // After a crash the step begins with what is left of the table, so its place among all values is counted from the end.
        var left = (await keys.TablesAsync(cancellationToken)).FirstOrDefault(one => one.Table == table.Table)?.Values ?? 0;
        var done = step.ValuesBefore + Math.Max(0, table.Values - left);
        var sealedAnew = await keys.SealAsync(
            table.Table,
            count => call.OnProgress(new Progress(
                Math.Min(done + count, step.ValuesAll), step.ValuesAll, "values", $"Sealing {table.Table} anew")),
            cancellationToken);
        return OutputOf(new ResealedTable(
            table.Table, table.Values, Math.Max(0, table.Values - sealedAnew.Left), sealedAnew.Unreadable));
    }

    private async Task<Result<EffectOutput>> RetireAsync(EffectCall call, RotationStep step, CancellationToken cancellationToken)
    {
        if (step.Report is not { } report) return PrivacyFaults.BadStep;
        report = report with { KeysRetired = await keys.RetireAsync(cancellationToken) };
        return OutputOf(await rotations.EndAsync(call.Run, call.By, report, cancellationToken));
    }

    private static EffectOutput OutputOf<T>(T output) => new(JsonSerializer.SerializeToElement(output, Json.Options));
}

/// <summary>What a run of the kind may touch.</summary>
/// <param name="Rotate">Whether it may replace the tenant's keys.</param>
internal sealed record RotationGrant(bool Rotate);
