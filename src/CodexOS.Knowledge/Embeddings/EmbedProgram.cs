using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using CodexOS.Knowledge.Bases;
using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Ingestion;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;

namespace CodexOS.Knowledge.Embeddings;

/// <summary>
/// Gives a knowledge base another model: <c>plan</c> finds the documents that have no vectors of it yet, <c>embed.N</c> makes
/// those of one batch and keeps them, and when none is missing <c>change</c> puts them into the index in one step. Until then the
/// present vectors are in use. Documents that were read meanwhile are read once more at the end: <c>late</c> and <c>read.N</c>.
/// What a step has done it finds done when it is performed again, so that a crash costs at most the batches under way.
/// </summary>
internal sealed class EmbedProgram : RunProgram<EmbedState>
{
    public const string RunKind = "knowledge.embed";

    private const string EmbedStepName = "embed";
    private const string ReadStepName = "read";
    private const int RoundsMax = 10_000;

    /// <inheritdoc />
    public override string Kind => RunKind;

    /// <inheritdoc />
    protected override EmbedState Empty { get; } = new();

    /// <inheritdoc />
    protected override EmbedState Fold(EmbedState state, JournaledEvent happened) => happened.Event switch
    {
        RunCreated created when state.Input is null => state with { Input = Json.TryRead<EmbedInput>(created.Input) },
        StepCompleted { Step: "plan" or "late" } planned => state.Planned(Json.TryRead<EmbedPlan>(planned.Output)),
        StepCompleted { Step: "change" } changed => state.Changed(Json.TryRead<EmbedOutput>(changed.Output)),
        StepCompleted completed => state.Done(completed.Step, Json.TryRead<EmbedOutput>(completed.Output)),
        StepFailed failed => state with { Fault = failed.Fault },
        _ => state,
    };

    /// <inheritdoc />
    protected override Decision Decide(EmbedState state)
    {
        if (state.Fault is { } fault) return new Decision.Fail(fault);
        if (state.Input is not { } input) return new Decision.Fail(KnowledgeFaults.BadStep);
        if (state.Rounds > RoundsMax) return new Decision.Fail(EmbeddingFaults.NeverDone);
        var waiting = state.Waiting.Take(input.BatchesAtOnce).Select(batch => state.HasChanged
            ? Step($"{ReadStepName}.{batch.Number}", IngestProgram.RunKind, new IngestStep(input.Base, batch.Documents))
            : Step($"{EmbedStepName}.{batch.Number}", RunKind, new EmbedStep(input.Base, EmbedPhase.Embed, input.To, batch.Documents)))
            .ToImmutableArray();
        if (waiting.Length > 0) return new Decision.Perform(waiting);
        return (state.HasChanged, input.To is null || state.IsExhausted) switch
        {
            (false, false) => Perform("plan", EmbedPhase.Plan, input),
            (false, true) => Perform("change", EmbedPhase.Change, input),
            (true, false) => Perform("late", EmbedPhase.Late, input),
            (true, true) => new Decision.Complete(JsonSerializer.SerializeToElement(
                new
                {
                    Text = input.To is { } model
                        ? string.Create(CultureInfo.InvariantCulture, $"The vectors are of {model.ModelId} now: {state.Passages} passages")
                        : "The index makes its vectors itself now",
                    state.Passages,
                },
                Json.Options)),
        };
    }

    /// <inheritdoc />
    protected override JsonElement? Show(EmbedState state) => JsonSerializer.SerializeToElement(
        new { Model = state.Input?.To?.ModelId, state.Passages, Waiting = state.Waiting.Length, state.HasChanged }, Json.Options);

    private static Decision.Perform Perform(string name, EmbedPhase phase, EmbedInput input) =>
        new([Step(name, RunKind, new EmbedStep(input.Base, phase, input.To, []))]);

    private static StepRequest Step<T>(string name, string effect, T step) =>
        new(name, effect, JsonSerializer.SerializeToElement(step, Json.Options));
}

/// <summary>What a step does.</summary>
internal enum EmbedPhase
{
    /// <summary>Finds documents without vectors of the model.</summary>
    Plan,

    /// <summary>Makes the vectors of some documents and keeps them.</summary>
    Embed,

    /// <summary>Puts the vectors into the index in place of the present ones.</summary>
    Change,

    /// <summary>Finds documents that the change left without vectors, and has them wait to be read.</summary>
    Late,
}

/// <summary>How far it has come.</summary>
internal sealed record EmbedState
{
    public EmbedInput? Input { get; init; }

    /// <summary>The batches that are not done.</summary>
    public ImmutableArray<EmbedBatch> Waiting { get; init; } = [];

    /// <summary>How many batches there were so far.</summary>
    public int Batches { get; init; }

    /// <summary>How often it was looked what is missing.</summary>
    public int Rounds { get; init; }

    /// <summary>Whether nothing was missing the last time.</summary>
    public bool IsExhausted { get; init; }

    /// <summary>Whether the index uses the vectors.</summary>
    public bool HasChanged { get; init; }

    /// <summary>How many passages have vectors of the model.</summary>
    public long Passages { get; init; }

    public Fault? Fault { get; init; }

    public EmbedState Planned(EmbedPlan? plan) => plan is null ? this with { Fault = KnowledgeFaults.BadStep } : this with
    {
        Rounds = Rounds + 1,
        IsExhausted = plan.Batches.IsEmpty,
        // Numbers go on from round to round, so that no step means two things.
        Waiting = [.. plan.Batches.Select((documents, at) => new EmbedBatch(Batches + at + 1, documents))],
        Batches = Batches + plan.Batches.Length,
    };

    public EmbedState Changed(EmbedOutput? output) =>
        this with { HasChanged = true, IsExhausted = Input?.To is null, Passages = output?.Passages ?? Passages };

    public EmbedState Done(string step, EmbedOutput? output)
    {
        if (Waiting.FirstOrDefault(batch => step.EndsWith($".{batch.Number}", StringComparison.Ordinal)) is not { } done) return this;
        return this with { Waiting = Waiting.Remove(done), Passages = Passages + (output?.Passages ?? 0) };
    }
}

/// <summary>Some documents that are done together.</summary>
/// <param name="Number">Its number in the run.</param>
/// <param name="Documents">The documents.</param>
internal sealed record EmbedBatch(int Number, ImmutableArray<DocumentId> Documents);

/// <summary>What it is about.</summary>
/// <param name="Base">The knowledge base.</param>
/// <param name="To">The model that it is given; null is the index itself.</param>
/// <param name="BatchesAtOnce">How many batches are done side by side.</param>
internal sealed record EmbedInput(KnowledgeBaseId Base, EmbedderKey? To, int BatchesAtOnce);

/// <summary>A step of it.</summary>
/// <param name="Base">The knowledge base.</param>
/// <param name="Phase">What is to be done.</param>
/// <param name="To">The model.</param>
/// <param name="Documents">With which documents.</param>
internal sealed record EmbedStep(
    KnowledgeBaseId Base, EmbedPhase Phase, EmbedderKey? To, ImmutableArray<DocumentId> Documents) : IBaseStep;

/// <summary>What is missing, cut into batches.</summary>
/// <param name="Batches">The documents of each.</param>
internal sealed record EmbedPlan(ImmutableArray<ImmutableArray<DocumentId>> Batches);

/// <summary>What a step came to.</summary>
/// <param name="Passages">Of how many passages vectors were made, or put into the index.</param>
internal sealed record EmbedOutput(long Passages);
