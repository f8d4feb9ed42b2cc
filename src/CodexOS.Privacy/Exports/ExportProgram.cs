using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;

namespace CodexOS.Privacy.Exports;

/// <summary>
/// Exports all data of a person: one step, <c>pack</c>, reads it and makes the archive. After a crash the step is performed
/// again; what it makes is whole or absent.
/// </summary>
internal sealed class ExportProgram : RunProgram<ExportState>
{
    public const string RunKind = "privacy.export";

    private const string PackStep = "pack";

    /// <inheritdoc />
    public override string Kind => RunKind;

    /// <inheritdoc />
    protected override ExportState Empty { get; } = new(null, null, null);

    /// <inheritdoc />
    protected override ExportState Fold(ExportState state, JournaledEvent happened) => happened.Event switch
    {
        RunCreated created when state.Input is null => state with { Input = Json.TryRead<ExportInput>(created.Input) },
        StepCompleted { Step: PackStep } packed => state with { Output = packed.Output },
        StepFailed failed => state with { Fault = failed.Fault },
        _ => state,
    };

    /// <inheritdoc />
    protected override Decision Decide(ExportState state)
    {
        if (state.Fault is { } fault) return new Decision.Fail(fault);
        if (state.Input is not { } input) return new Decision.Fail(PrivacyFaults.BadStep);
        if (state.Output is { } output) return new Decision.Complete(output);
        return new Decision.Perform(
            [new StepRequest(PackStep, RunKind, JsonSerializer.SerializeToElement(input, Platform.Http.Json.Options))]);
    }
}

/// <summary>How far an export has come.</summary>
/// <param name="Input">Whose data; null until the run is created, or if that cannot be read.</param>
/// <param name="Output">The archive, once it is whole.</param>
/// <param name="Fault">What failed.</param>
internal sealed record ExportState(ExportInput? Input, JsonElement? Output, Fault? Fault);

/// <summary>Whose data is exported.</summary>
/// <param name="Subject">The person.</param>
internal sealed record ExportInput(UserId Subject);

/// <summary>What an export gives.</summary>
/// <param name="Text">One line for lists.</param>
/// <param name="SizeBytes">The archive's length.</param>
/// <param name="Sha256">The archive's SHA-256, in lowercase hexadecimal digits.</param>
/// <param name="ExpiresAt">Until when it can be downloaded.</param>
internal sealed record ExportOutput(string Text, long SizeBytes, string Sha256, DateTimeOffset ExpiresAt);
