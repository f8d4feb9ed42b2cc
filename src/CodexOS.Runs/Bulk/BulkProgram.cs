using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;

namespace CodexOS.Runs.Bulk;

/// <summary>
/// Does the same to many runs: (1) <c>collect.1</c>, <c>collect.2</c>, … journal which runs match, so that the choice is
/// made once whatever changes meanwhile, (2) <c>act.1</c>, <c>act.2</c>, … do it to one batch after the other.
/// </summary>
internal sealed class BulkProgram : RunProgram<BulkState>
{
    public const string RunKind = "runs.bulk";

    private const string Collect = "collect.";
    private const string Act = "act.";
    private const int FailuresShownMax = 1_000;

    /// <inheritdoc />
    public override string Kind => RunKind;

    /// <inheritdoc />
    protected override BulkState Empty { get; } = new(null, [], [], false, null);

    /// <inheritdoc />
    protected override BulkState Fold(BulkState state, JournaledEvent happened) => happened.Event switch
    {
        RunCreated created when state.Input is null => state with { Input = Json.TryRead<BulkInput>(created.Input) },
        StepCompleted done when done.Step == Name(Collect, state.Batches.Length) && !state.AllKnown
            && Json.TryRead<BulkBatch>(done.Output) is { } batch =>
            state with { Batches = batch.Runs.IsEmpty ? state.Batches : state.Batches.Add(batch), AllKnown = batch.Last is null },
        StepCompleted done when done.Step == Name(Act, state.Outcomes.Length)
            && Json.TryRead<BulkOutcome>(done.Output) is { } outcome => state with { Outcomes = state.Outcomes.Add(outcome) },
        StepFailed failed => state with { Fault = failed.Fault },
        _ => state,
    };

    /// <inheritdoc />
    protected override Decision Decide(BulkState state)
    {
        if (state.Fault is { } fault) return new Decision.Fail(fault);
        if (state.Input is not { } input) return new Decision.Fail(NoInput);
        if (!state.AllKnown)
        {
            var after = state.Batches.IsEmpty ? null : state.Batches[^1].Last;
            return Perform(Name(Collect, state.Batches.Length), new BulkStep(input) { After = after }, null);
        }

        if (state.Outcomes.Length == state.Batches.Length)
            return new Decision.Complete(JsonSerializer.SerializeToElement(OutputOf(state), Json.Options));
        var next = state.Outcomes.Length;
        var step = new BulkStep(input)
        {
            Batch = next + 1,
            Done = state.Batches.Take(next).Sum(batch => batch.Runs.Length),
            Total = state.Matched,
        };
        return Perform(Name(Act, next), step, state.Batches[next].Runs);
    }

    /// <inheritdoc />
    protected override JsonElement? Show(BulkState state) =>
        JsonSerializer.SerializeToElement(OutputOf(state), Json.Options);

    private static BulkOutput OutputOf(BulkState state)
    {
        var done = state.Outcomes.Sum(outcome => outcome.Done);
        var failed = state.Outcomes.Sum(outcome => outcome.Failures.Length);
        var text = string.Create(
            CultureInfo.InvariantCulture, $"{state.Matched} runs matched: {done} done, {failed} failed");
        var failures = state.Outcomes.SelectMany(outcome => outcome.Failures).Take(FailuresShownMax);
        return new BulkOutput(text, state.Matched, done, failed, [.. failures]);
    }

    private static string Name(string prefix, int before) => string.Create(CultureInfo.InvariantCulture, $"{prefix}{before + 1}");

    private static Decision.Perform Perform(string name, BulkStep step, object? prepared) => new(
    [
        new StepRequest(name, BulkStep.Effect, JsonSerializer.SerializeToElement(step, Json.Options)) { Prepared = prepared },
    ]);

    private static Fault NoInput { get; } = new(
        "runs.bad_bulk", FaultKind.Internal, "The run's input does not say what to do, so it cannot go on. Start it again.");
}

/// <summary>How far a bulk run has come.</summary>
/// <param name="Input">What to do; null until the run is created, or if that cannot be read.</param>
/// <param name="Batches">The runs that matched.</param>
/// <param name="Outcomes">What came of the first of these batches.</param>
/// <param name="AllKnown">Whether these are all that matched.</param>
/// <param name="Fault">What failed.</param>
internal sealed record BulkState(
    BulkInput? Input, ImmutableArray<BulkBatch> Batches, ImmutableArray<BulkOutcome> Outcomes, bool AllKnown, Fault? Fault)
{
    /// <summary>How many runs matched.</summary>
    public int Matched => Batches.Sum(batch => batch.Runs.Length);
}
