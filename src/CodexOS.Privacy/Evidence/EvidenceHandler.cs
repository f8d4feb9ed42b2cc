using System.Globalization;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;
using CodexOS.Trust.Contracts;

namespace CodexOS.Privacy.Evidence;

/// <summary>Performs the steps of a bundle of evidence.</summary>
internal sealed class EvidenceHandler(EvidenceArchive archive, EvidenceBundles bundles, IAuditHeads heads) : IEffectHandler
{
    /// <inheritdoc />
    public string Effect => EvidenceProgram.RunKind;

    /// <summary>It is in no hurry.</summary>
    public EffectPool? Pool { get; } = new(EvidenceProgram.RunKind, 1);

    /// <inheritdoc />
    public GateVerdict Judge(EffectCall call)
    {
        if (Json.TryRead<EvidenceStep>(call.Input) is not { Input: { } input })
            return new GateVerdict.Refuse(EvidenceFaults.BadStep);
        return Json.TryRead<EvidenceGrant>(call.Grant)?.Bundle == input
            ? new GateVerdict.Allow(RepeatClass.Keyed)
            : new GateVerdict.Refuse(EvidenceFaults.NotGranted);
    }

    /// <inheritdoc />
    public async Task<Result<EffectOutput>> PerformAsync(EffectCall call, CancellationToken cancellationToken)
    {
        var step = Json.TryRead<EvidenceStep>(call.Input)!;
        if (step.Head is { } head) return await PackAsync(call, step.Input, head, cancellationToken);
        if (await bundles.RefusalAsync(cancellationToken) is { } refused) return refused;
        return (await heads.SignAsync(cancellationToken)).TryGet(out var signed, out var fault) ? OutputOf(signed) : fault;
    }

    private async Task<Result<EffectOutput>> PackAsync(
        EffectCall call, EvidenceInput input, AuditHead head, CancellationToken cancellationToken)
    {
        var row = await bundles.BeginAsync(call, input, cancellationToken);
        await using var target = bundles.Open(row);
        var written = await archive.WriteAsync(
            new BundleId(call.Tenant, call.Run), new EvidenceScope(input.From, input.To, head, call.By), target,
            (done, total) => call.OnProgress(new Progress(done, total, "documents", "Reading")), cancellationToken);
        if (!written.TryGet(out var files, out var fault))
        {
            await bundles.RemoveAsync(row, AuditActor.System, cancellationToken);
            return fault;
        }

        var sha256 = await target.EndAsync(cancellationToken);
        await bundles.EndAsync(row, target.SizeBytes, sha256, files, cancellationToken);
        return OutputOf(new EvidenceOutput(
            string.Create(CultureInfo.InvariantCulture, $"{files} files, {row.SizeBytes} bytes"), row.SizeBytes, sha256,
            row.ExpiresAt, head.VerifierKey));
    }

    private static EffectOutput OutputOf<T>(T output) => new(JsonSerializer.SerializeToElement(output, Json.Options));
}
