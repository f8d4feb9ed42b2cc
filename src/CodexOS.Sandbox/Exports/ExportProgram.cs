using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;

namespace CodexOS.Sandbox.Exports;

/// <summary>
/// Packs a workspace into an archive: (1) <c>plan</c> chooses the version, (2) <c>pack.1</c>, <c>pack.2</c>, … pack it in
/// parts of bounded size, so that a crash costs one part at most, (3) <c>publish</c> puts the parts together. What fails
/// ends the run; a retry goes on from the step that failed.
/// </summary>
internal sealed class ExportProgram : RunProgram<ExportState>
{
    public const string RunKind = "workspace.export";

    private const string PlanStep = "plan";
    private const string PackStep = "pack.";
    private const string PublishStep = "publish";

    /// <inheritdoc />
    public override string Kind => RunKind;

    /// <inheritdoc />
    protected override ExportState Empty { get; } = new(null, null, [], null, null);

    /// <inheritdoc />
    protected override ExportState Fold(ExportState state, JournaledEvent happened) => happened.Event switch
    {
        RunCreated created when state.Input is null => state with { Input = Json.TryRead<ExportInput>(created.Input) },
        StepCompleted { Step: PlanStep } planned => state with { Plan = Json.TryRead<ExportPlan>(planned.Output) },
        StepCompleted { Step: PublishStep } published => state with { Output = published.Output },
        StepCompleted packed when packed.Step == state.PackStep(PackStep)
            && Json.TryRead<PackedPart>(packed.Output) is { } part =>
            state with { Parts = state.Parts.Add(part) },
        // Steps that undo are not this program's.
        StepFailed failed when IsOwn(failed.Step) => state with { Fault = failed.Fault },
        _ => state,
    };

    /// <inheritdoc />
    protected override Decision Decide(ExportState state)
    {
        if (state.Fault is { } fault) return new Decision.Fail(fault);
        if (state.Input is not { } input) return new Decision.Fail(NoInput);
        if (state.Output is { } output) return new Decision.Complete(output);
        if (state.Plan is not { } plan)
            return Perform(PlanStep, new ExportStep(ExportStage.Plan, input.Workspace));
        if (state.NextFrom is not { } from)
        {
            return Perform(PublishStep, new ExportStep(ExportStage.Publish, input.Workspace)
            {
                Version = plan.Version,
                TotalBytes = plan.ContentBytes,
                Parts = state.Parts,
            });
        }

        return Perform(state.PackStep(PackStep), new ExportStep(ExportStage.Pack, input.Workspace)
        {
            Version = plan.Version,
            Part = state.Parts.Length + 1,
            From = from,
            DoneBytes = state.Parts.Sum(part => part.ContentBytes),
            TotalBytes = plan.ContentBytes,
        });
    }

    /// <inheritdoc />
    protected override JsonElement? Show(ExportState state) => JsonSerializer.SerializeToElement(
        new { state.Plan, PartsPacked = state.Parts.Length, PackedBytes = state.Parts.Sum(part => part.ContentBytes) },
        Json.Options);

    private static bool IsOwn(string step) =>
        step is PlanStep or PublishStep || step.StartsWith(PackStep, StringComparison.Ordinal);

    private static Decision.Perform Perform(string step, ExportStep input) => new(
        [new StepRequest(step, ExportStep.Effect, JsonSerializer.SerializeToElement(input, Json.Options))]);

    private static Fault NoInput { get; } = new(
        "sandbox.bad_export", FaultKind.Internal, "The run's input names no workspace, so it cannot go on. Start it again.");
}

/// <summary>How far an export has come.</summary>
/// <param name="Input">What to pack; null until the run is created, or if that cannot be read.</param>
/// <param name="Plan">What there is to pack, once that is known.</param>
/// <param name="Parts">What has been packed.</param>
/// <param name="Output">The archive, once it is whole.</param>
/// <param name="Fault">What failed.</param>
internal sealed record ExportState(
    ExportInput? Input, ExportPlan? Plan, ImmutableArray<PackedPart> Parts, JsonElement? Output, Fault? Fault)
{
    /// <summary>Where the next part begins, or null if all is packed.</summary>
    public PackPosition? NextFrom => Parts.IsEmpty ? default(PackPosition) : Parts[^1].Next;

    /// <summary>The name of the step that packs the next part.</summary>
    public string PackStep(string prefix) => $"{prefix}{Parts.Length + 1}";
}
