using System.Diagnostics;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;
using CodexOS.Trust.Contracts;

namespace CodexOS.Privacy.Erasure;

/// <summary>Performs the stages of an erasure. Before each of them that erases, legal holds are asked for anew.</summary>
internal sealed class ErasureHandler(
    IEnumerable<ISubjectData> sources, PrivacySubjects subjects, ErasureGuard guard, IVault vault, Receipts receipts,
    IAuditLog audit) : IEffectHandler
{
    /// <inheritdoc />
    public string Effect => ErasureProgram.RunKind;

    /// <summary>It is in no hurry.</summary>
    public EffectPool? Pool { get; } = new(ErasureProgram.RunKind, 1);

    /// <inheritdoc />
    public GateVerdict Judge(EffectCall call)
    {
        if (Json.TryRead<ErasureStep>(call.Input) is not { Input: not null } step)
            return new GateVerdict.Refuse(PrivacyFaults.BadStep);
        return PrivacyRuns.IsGranted(call, step.Input.Subject)
            ? new GateVerdict.Allow(RepeatClass.Keyed)
            : new GateVerdict.Refuse(PrivacyFaults.NotGranted);
    }

    /// <inheritdoc />
    public async Task<Result<EffectOutput>> PerformAsync(EffectCall call, CancellationToken cancellationToken)
    {
        var step = Json.TryRead<ErasureStep>(call.Input)!;
        var wish = new ErasureWish(step.Input.DeleteRuns, call.By);
        return step.Stage switch
        {
            ErasureStage.Check => await CheckAsync(call, step, wish, cancellationToken),
            ErasureStage.Part => await ErasePartAsync(step, wish, cancellationToken),
            ErasureStage.Key => await DestroyKeyAsync(call, step, cancellationToken),
            ErasureStage.Receipt => OutputOf(await receipts.IssueAsync(call, step, cancellationToken)),
            _ => throw new UnreachableException($"There is no stage {step.Stage}."),
        };
    }

    private async Task<Result<EffectOutput>> CheckAsync(
        EffectCall call, ErasureStep step, ErasureWish wish, CancellationToken cancellationToken)
    {
        var subject = await subjects.ReadAsync(step.Input.Subject, cancellationToken);
        if (await guard.RefusalAsync(subject, wish, cancellationToken) is { } refused) return refused;
        await audit.RecordAsync(
            AuditEntry.Done("privacy.begin_erasure").On("user", subject.Id.ToString()).By(AuditActor.Of(call.By))
                .With("run", call.Run.ToString()).With("delete_runs", wish.DeleteRuns ? "true" : "false"),
            cancellationToken);
        return OutputOf(new { });
    }

    private async Task<Result<EffectOutput>> ErasePartAsync(
        ErasureStep step, ErasureWish wish, CancellationToken cancellationToken)
    {
        if (sources.FirstOrDefault(source => source.Name == step.Part) is not { } source) return PrivacyFaults.BadStep;
        var subject = await subjects.ReadAsync(step.Input.Subject, cancellationToken);
        if (await guard.HoldAsync(subject, cancellationToken) is { } held) return held;
        return (await source.EraseAsync(subject, wish, cancellationToken)).TryGet(out var done, out var fault)
            ? OutputOf(new ErasedPart(source.Name, done.Erased, done.Kept))
            : fault;
    }

    private async Task<Result<EffectOutput>> DestroyKeyAsync(
        EffectCall call, ErasureStep step, CancellationToken cancellationToken)
    {
        var subject = await subjects.ReadAsync(step.Input.Subject, cancellationToken);
        if (await guard.HoldAsync(subject, cancellationToken) is { } held) return held;
        return OutputOf(new DestroyedKeys(await vault.DestroyAsync(call.Tenant, subject.Id, cancellationToken)));
    }

    private static EffectOutput OutputOf<T>(T output) => new(JsonSerializer.SerializeToElement(output, Json.Options));
}
