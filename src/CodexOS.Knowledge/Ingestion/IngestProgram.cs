using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using CodexOS.Knowledge.Bases;
using CodexOS.Knowledge.Contracts;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;

namespace CodexOS.Knowledge.Ingestion;

/// <summary>
/// Reads the documents of a knowledge base that wait: <c>plan</c> cuts them into batches, <c>read.N</c> reads and publishes
/// one batch each, some side by side, and when all are done it plans again, until nothing waits. What a step has done it finds
/// done when it is performed again, so a crash costs at most the batches that were under way.
/// </summary>
internal sealed class IngestProgram : RunProgram<IngestState>
{
    public const string RunKind = "knowledge.ingest";

    private const string PlanStep = "plan";
    private const string ReadStep = "read";
    private const int PlansMax = 1_000;

    /// <inheritdoc />
    public override string Kind => RunKind;

    /// <inheritdoc />
    protected override IngestState Empty { get; } = new();

    /// <inheritdoc />
    protected override IngestState Fold(IngestState state, JournaledEvent happened) => happened.Event switch
    {
        RunCreated created when state.Input is null => state with { Input = Json.TryRead<IngestInput>(created.Input) },
        StepCompleted { Step: PlanStep } planned => state.Planned(Json.TryRead<IngestPlan>(planned.Output)),
        StepCompleted completed when BatchOf(completed.Step) is { } batch =>
            state.Done(batch, Json.TryRead<BatchOutput>(completed.Output)),
        StepFailed failed => state with { Fault = failed.Fault },
        _ => state,
    };

    /// <inheritdoc />
    protected override Decision Decide(IngestState state)
    {
        if (state.Fault is { } fault) return new Decision.Fail(fault);
        if (state.Input is not { } input) return new Decision.Fail(KnowledgeFaults.BadStep);
        var waiting = state.Batches.Where(static batch => !batch.IsDone).Take(input.BatchesAtOnce)
            .Select(batch => Step($"{ReadStep}.{Number(batch.Number)}", new IngestStep(input.Base, batch.Documents))).ToImmutableArray();
        if (waiting.Length > 0) return new Decision.Perform(waiting);
        if (state.Plans < PlansMax && !state.IsExhausted)
            return new Decision.Perform([Step(PlanStep, new IngestStep(input.Base, []))]);
        var output = new IngestOutput(
            string.Create(CultureInfo.InvariantCulture, $"{state.Read} documents read, {state.Failed} not readable, {state.Passages} passages"),
            state.Read, state.Failed, state.Passages, state.Bytes);
        return new Decision.Complete(JsonSerializer.SerializeToElement(output, Json.Options));
    }

    /// <inheritdoc />
    protected override JsonElement? Show(IngestState state) => JsonSerializer.SerializeToElement(
        new
        {
            state.Read,
            state.Failed,
            state.Passages,
            state.Bytes,
            Waiting = state.Batches.Count(static batch => !batch.IsDone),
        },
        Json.Options);

    private static StepRequest Step(string name, IngestStep step) =>
        new(name, RunKind, JsonSerializer.SerializeToElement(step, Json.Options));

    private static int? BatchOf(string step) =>
        step.StartsWith(ReadStep + ".", StringComparison.Ordinal)
        && int.TryParse(step.AsSpan(ReadStep.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>How far an ingestion has come.</summary>
internal sealed record IngestState
{
    public IngestInput? Input { get; init; }

    /// <summary>The batches of the newest plan.</summary>
    public ImmutableArray<Batch> Batches { get; init; } = [];

    public int Plans { get; init; }

    /// <summary>Whether the newest plan found nothing that waits.</summary>
    public bool IsExhausted { get; init; }

    public long Read { get; init; }

    public long Failed { get; init; }

    public long Passages { get; init; }

    public long Bytes { get; init; }

    public Fault? Fault { get; init; }

    /// <summary>What a plan found; numbers go on from plan to plan, so that no step means two things.</summary>
    public IngestState Planned(IngestPlan? plan)
    {
        if (plan is null) return this with { Fault = KnowledgeFaults.BadStep };
        var next = Batches.Length == 0 ? 1 : Batches[^1].Number + 1;
        return this with
        {
            Plans = Plans + 1,
            IsExhausted = plan.Batches.Length == 0,
            Batches = [.. plan.Batches.Select((documents, at) => new Batch(next + at, documents, false))],
        };
    }

    public IngestState Done(int number, BatchOutput? output)
    {
        var at = Batches.IndexOf(Batches.FirstOrDefault(batch => batch.Number == number)!);
        if (at < 0 || Batches[at].IsDone || output is null) return this;
        return this with
        {
            Batches = Batches.SetItem(at, Batches[at] with { IsDone = true }),
            Read = Read + output.Read,
            Failed = Failed + output.Failed,
            Passages = Passages + output.Passages,
            Bytes = Bytes + output.Bytes,
        };
    }
}

/// <summary>Some documents that are read and published together.</summary>
/// <param name="Number">Its number in the run.</param>
/// <param name="Documents">The documents.</param>
/// <param name="IsDone">Whether they are.</param>
internal sealed record Batch(int Number, ImmutableArray<DocumentId> Documents, bool IsDone);

/// <summary>What an ingestion is about.</summary>
/// <param name="Base">The knowledge base.</param>
/// <param name="BatchesAtOnce">How many batches are read side by side.</param>
internal sealed record IngestInput(KnowledgeBaseId Base, int BatchesAtOnce);

/// <summary>A step: without documents it plans, with them it reads.</summary>
/// <param name="Base">The knowledge base.</param>
/// <param name="Documents">The documents.</param>
internal sealed record IngestStep(KnowledgeBaseId Base, ImmutableArray<DocumentId> Documents) : IBaseStep;

/// <summary>What waits, cut into batches.</summary>
/// <param name="Batches">The documents of each.</param>
internal sealed record IngestPlan(ImmutableArray<ImmutableArray<DocumentId>> Batches);

/// <summary>What a batch came to.</summary>
/// <param name="Read">How many documents were read.</param>
/// <param name="Failed">How many could not be read.</param>
/// <param name="Passages">How many passages they have.</param>
/// <param name="Bytes">How long their files are.</param>
internal sealed record BatchOutput(int Read, int Failed, int Passages, long Bytes)
{
    /// <summary>What a model took to make the vectors; the engine counts it.</summary>
    [JsonIgnore]
    public EffectUsage? Usage { get; init; }
}

/// <summary>What an ingestion gives.</summary>
/// <param name="Text">One line for lists.</param>
/// <param name="Read">How many documents were read.</param>
/// <param name="Failed">How many could not be read; each says why.</param>
/// <param name="Passages">How many passages they have.</param>
/// <param name="Bytes">How long their files are.</param>
internal sealed record IngestOutput(string Text, long Read, long Failed, long Passages, long Bytes);
