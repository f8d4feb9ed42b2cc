using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;

namespace CodexOS.Runs.Retention;

/// <summary>
/// Keeps the database from growing without end: (1) archive what ended long ago, (2) delete what is older still, (3) forget
/// keys, (4) remove blobs that nobody names, (5) give room back, (6) remove what other modules keep no longer. Each stage is
/// done again, a batch at a time, until there is no more.
/// </summary>
internal sealed class RetentionProgram : RunProgram<RetentionState>
{
    public const string RunKind = "runs.retention";

    private static readonly ImmutableArray<RetentionStage> Stages = [.. Enum.GetValues<RetentionStage>()];

    /// <inheritdoc />
    public override string Kind => RunKind;

    /// <inheritdoc />
    protected override RetentionState Empty { get; } =
        new(null, 0, 1, ImmutableDictionary<RetentionStage, int>.Empty, 0, null, null);

    /// <inheritdoc />
    protected override RetentionState Fold(RetentionState state, JournaledEvent happened) => happened.Event switch
    {
        RunCreated created when state.Input is null => Begin(state, created),
        StepCompleted done when state.Stage < Stages.Length && done.Step == NameOf(state)
            && Json.TryRead<RetentionOutcome>(done.Output) is { } outcome => Take(state, outcome),
        StepFailed failed => state with { Fault = failed.Fault },
        _ => state,
    };

    /// <inheritdoc />
    protected override Decision Decide(RetentionState state)
    {
        if (state.Fault is { } fault) return new Decision.Fail(fault);
        if (state.Input is not { } input) return new Decision.Fail(NoInput);
        if (state.Stage == Stages.Length)
            return new Decision.Complete(JsonSerializer.SerializeToElement(OutputOf(state), Json.Options));
        var stage = Stages[state.Stage];
        var step = new RetentionStep(stage, BeforeOf(input, stage)!.Value, state.Done.GetValueOrDefault(stage))
        {
            After = state.After,
            OthersBefore = stage is RetentionStage.Others ? input.OthersBefore : null,
        };
        return new Decision.Perform(
            [new StepRequest(NameOf(state), RetentionStep.Effect, JsonSerializer.SerializeToElement(step, Json.Options))]);
    }

    /// <inheritdoc />
    protected override JsonElement? Show(RetentionState state) =>
        JsonSerializer.SerializeToElement(OutputOf(state), Json.Options);

    private static RetentionState Begin(RetentionState state, RunCreated created)
    {
        var begun = state with { Input = Json.TryRead<RetentionInput>(created.Input) };
        return begun with { Stage = NextOf(begun with { Stage = -1 }) };
    }

    private static RetentionState Take(RetentionState state, RetentionOutcome outcome)
    {
        var stage = Stages[state.Stage];
        var done = state.Done.SetItem(stage, state.Done.GetValueOrDefault(stage) + outcome.Done);
        var after = state with { Done = done, Skipped = state.Skipped + outcome.Skipped };
        return outcome.More
            ? after with { Round = state.Round + 1, After = outcome.Last }
            : after with { Round = 1, After = null, Stage = NextOf(state) };
    }

    /// <summary>The next stage that is wanted.</summary>
    private static int NextOf(RetentionState state)
    {
        var next = state.Stage + 1;
        while (next < Stages.Length && state.Input is { } input && BeforeOf(input, Stages[next]) is null) next++;
        return next;
    }

    private static DateTimeOffset? BeforeOf(RetentionInput input, RetentionStage stage) => stage switch
    {
        RetentionStage.Archive => input.ArchiveEndedBefore,
        RetentionStage.Delete => input.DeleteEndedBefore,
        _ => input.KeysBefore,
    };

    private static string NameOf(RetentionState state) => string.Create(
        CultureInfo.InvariantCulture,
        $"{JsonNamingPolicy.CamelCase.ConvertName(Stages[state.Stage].ToString())}.{state.Round}");

    private static RetentionOutput OutputOf(RetentionState state)
    {
        int Of(RetentionStage stage) => state.Done.GetValueOrDefault(stage);
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"{Of(RetentionStage.Archive)} archived, {Of(RetentionStage.Delete)} deleted, {state.Skipped} skipped");
        return new RetentionOutput(
            text, Of(RetentionStage.Archive), Of(RetentionStage.Delete), Of(RetentionStage.Keys),
            Of(RetentionStage.Blobs), Of(RetentionStage.Others), state.Skipped);
    }

    private static Fault NoInput { get; } = new(
        "runs.bad_retention", FaultKind.Internal, "The run's input does not say what is old, so it cannot go on.");
}

/// <summary>How far retention has come.</summary>
/// <param name="Input">What is old; null until the run is created, or if that cannot be read.</param>
/// <param name="Stage">Which stage it is at, from 0.</param>
/// <param name="Round">How often the stage is being done, from 1.</param>
/// <param name="Done">How many, by stage.</param>
/// <param name="Skipped">How many runs were left as they are.</param>
/// <param name="After">Where the round before left off.</param>
/// <param name="Fault">What failed.</param>
internal sealed record RetentionState(
    RetentionInput? Input, int Stage, int Round, ImmutableDictionary<RetentionStage, int> Done, int Skipped,
    RetentionPosition? After, Fault? Fault);
