using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;
using CodexOS.Trust.Contracts;

namespace CodexOS.Privacy.Evidence;

/// <summary>
/// Makes a bundle of evidence: (1) <c>begin</c> signs how far the audit log has come, to which all proofs in the bundle lead,
/// (2) <c>pack</c> reads every document, packs and seals it, and signs the manifest. After a crash a step is performed again;
/// what it makes is whole or absent.
/// </summary>
internal sealed class EvidenceProgram : RunProgram<EvidenceState>
{
    public const string RunKind = "evidence.bundle";

    private const string Begin = "begin";
    private const string Pack = "pack";

    /// <inheritdoc />
    public override string Kind => RunKind;

    /// <inheritdoc />
    protected override EvidenceState Empty { get; } = new(null, null, null, null);

    /// <inheritdoc />
    protected override EvidenceState Fold(EvidenceState state, JournaledEvent happened) => happened.Event switch
    {
        RunCreated created when state.Input is null => state with { Input = Json.TryRead<EvidenceInput>(created.Input) },
        StepCompleted { Step: Begin } done => state with { Head = Json.TryRead<AuditHead>(done.Output) },
        StepCompleted { Step: Pack } done => state with { Output = done.Output },
        StepFailed failed => state with { Fault = failed.Fault },
        _ => state,
    };

    /// <inheritdoc />
    protected override Decision Decide(EvidenceState state)
    {
        if (state.Fault is { } fault) return new Decision.Fail(fault);
        if (state.Input is not { } input) return new Decision.Fail(EvidenceFaults.BadStep);
        if (state.Output is { } output) return new Decision.Complete(output);
        return state.Head is { } head
            ? Perform(Pack, new EvidenceStep(input, head))
            : Perform(Begin, new EvidenceStep(input, null));
    }

    private static Decision.Perform Perform(string step, EvidenceStep input) =>
        new([new StepRequest(step, RunKind, JsonSerializer.SerializeToElement(input, Json.Options))]);
}

/// <summary>How far a bundle has come.</summary>
/// <param name="Input">Its period; null until the run is created, or if that cannot be read.</param>
/// <param name="Head">How far the audit log had come, once that is signed.</param>
/// <param name="Output">The bundle, once it is whole.</param>
/// <param name="Fault">What failed.</param>
internal sealed record EvidenceState(EvidenceInput? Input, AuditHead? Head, JsonElement? Output, Fault? Fault);

/// <summary>The period of a bundle.</summary>
/// <param name="From">Its beginning.</param>
/// <param name="To">Its end, that instant excluded.</param>
internal sealed record EvidenceInput(DateTimeOffset From, DateTimeOffset To);

/// <summary>A step of a bundle.</summary>
/// <param name="Input">Its period.</param>
/// <param name="Head">How far the audit log had come; null in the step that signs it.</param>
internal sealed record EvidenceStep(EvidenceInput Input, AuditHead? Head);

/// <summary>What a run of the kind may touch.</summary>
/// <param name="Bundle">The period of which it may make a bundle.</param>
internal sealed record EvidenceGrant(EvidenceInput Bundle);

/// <summary>What a run gives.</summary>
/// <param name="Text">One line for lists.</param>
/// <param name="SizeBytes">The bundle's length.</param>
/// <param name="Sha256">Its SHA-256, in lowercase hexadecimal digits.</param>
/// <param name="ExpiresAt">Until when it can be downloaded.</param>
/// <param name="VerifierKey">What it is checked with.</param>
internal sealed record EvidenceOutput(
    string Text, long SizeBytes, string Sha256, DateTimeOffset ExpiresAt, string VerifierKey);
