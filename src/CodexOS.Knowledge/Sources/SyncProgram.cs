using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Ingestion;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;

namespace CodexOS.Knowledge.Sources;

/// <summary>
/// Brings a knowledge base in step with a source: (1) <c>list</c> writes down what the source has, (2) <c>fetch.N</c> fetches
/// what is new or changed, some at a time, (3) <c>remove.N</c> takes away what is gone, unless the list was not whole, (4)
/// <c>ingest</c>, a run below this one, reads what waits, (5) <c>record</c> notes what it came to. Each step finds done what it
/// has done before.
/// </summary>
internal sealed class SyncProgram : RunProgram<SyncState>
{
    public const string RunKind = "knowledge.sync";

    private const string ListStep = "list";
    private const string FetchStep = "fetch";
    private const string RemoveStep = "remove";
    private const string IngestStep = "ingest";
    private const string RecordStep = "record";

    /// <inheritdoc />
    public override string Kind => RunKind;

    /// <inheritdoc />
    protected override SyncState Empty { get; } = new();

    /// <inheritdoc />
    protected override SyncState Fold(SyncState state, JournaledEvent happened) => happened.Event switch
    {
        RunCreated created when state.Input is null => state with { Input = Json.TryRead<SyncInput>(created.Input) },
        StepCompleted { Step: ListStep } listed => state with { Listed = Json.TryRead<ListOutput>(listed.Output) },
        StepCompleted done when done.Step == Name(FetchStep, state.Fetches) =>
            state.Fetched(Json.TryRead<FetchOutput>(done.Output)),
        StepCompleted done when done.Step == Name(RemoveStep, state.Removals) =>
            state.Removed(Json.TryRead<RemoveOutput>(done.Output)),
        StepCompleted { Step: IngestStep } => state with { IsIngested = true },
        StepCompleted { Step: RecordStep } recorded => state with { Output = recorded.Output },
        StepFailed failed => state with { Fault = failed.Fault },
        _ => state,
    };

    /// <inheritdoc />
    protected override Decision Decide(SyncState state)
    {
        if (state.Fault is { } fault) return new Decision.Fail(fault);
        if (state.Input is not { } input) return new Decision.Fail(KnowledgeFaults.BadStep);
        if (state.Output is { } output) return new Decision.Complete(output);
        if (state.Listed is not { } listed) return Perform(ListStep, input, SyncStage.List, state);
        if (!state.IsFetched && state.Bytes < input.BytesMax)
            return Perform(Name(FetchStep, state.Fetches), input, SyncStage.Fetch, state);
        if (!state.IsRemoved) return Perform(Name(RemoveStep, state.Removals), input, SyncStage.Remove, state);
        if (state.IsPending && !state.IsIngested) return Ingest(input);
        return Perform(RecordStep, input, SyncStage.Record, state);
    }

    /// <inheritdoc />
    protected override JsonElement? Show(SyncState state) => JsonSerializer.SerializeToElement(
        new { state.Listed?.Items, state.Listed?.Waiting, Fetched = state.Done, state.Bytes, state.Taken }, Json.Options);

    private static Decision.Perform Perform(string name, SyncInput input, SyncStage stage, SyncState state)
    {
        var step = new SyncStep(stage, input.Base, input.Source, input.Round)
        {
            Done = state.Done,
            Total = state.Listed?.Waiting ?? 0,
            IsCut = state.IsCut(input),
            IsTooLarge = !state.IsFetched && state.Bytes >= input.BytesMax,
            Notes = stage is SyncStage.Record ? state.Listed?.Notes ?? [] : [],
        };
        return new Decision.Perform([new StepRequest(name, RunKind, JsonSerializer.SerializeToElement(step, Json.Options))]);
    }

    private static Decision.Perform Ingest(SyncInput input)
    {
        var child = new ChildRun(
            IngestProgram.RunKind, input.BaseName, 1, $"Ingestion into {input.BaseName}",
            JsonSerializer.SerializeToElement(new IngestInput(input.Base, input.BatchesAtOnce), Json.Options),
                Grant: null, Limits: null,
            RunLabels.None);
        return new Decision.Perform(
            [new StepRequest(IngestStep, ChildRun.Effect, JsonSerializer.SerializeToElement(child, Json.Options))]);
    }

    private static string Name(string step, int before) => string.Create(CultureInfo.InvariantCulture, $"{step}.{before + 1}");
}

/// <summary>How far a sync has come.</summary>
internal sealed record SyncState
{
    public SyncInput? Input { get; init; }

    /// <summary>What the source has; null until that is known.</summary>
    public ListOutput? Listed { get; init; }

    public int Fetches { get; init; }

    /// <summary>Whether nothing waits to be fetched.</summary>
    public bool IsFetched { get; init; }

    /// <summary>Whether fetching ended because the base is full.</summary>
    public bool IsStopped { get; init; }

    public int Done { get; init; }

    public long Bytes { get; init; }

    public int Removals { get; init; }

    public bool IsRemoved { get; init; }

    /// <summary>How many documents were taken away.</summary>
    public int Taken { get; init; }

    /// <summary>Whether documents of the base wait to be read.</summary>
    public bool IsPending { get; init; }

    public bool IsIngested { get; init; }

    public JsonElement? Output { get; init; }

    public Fault? Fault { get; init; }

    /// <summary>Whether something of the source was not looked at, so that what is missing need not be gone.</summary>
    public bool IsCut(SyncInput input) => Listed is { IsWhole: false } || IsStopped || (!IsFetched && Bytes >= input.BytesMax);

    public SyncState Fetched(FetchOutput? output) => output is null ? this with { Fault = KnowledgeFaults.BadStep } : this with
    {
        Fetches = Fetches + 1,
        IsFetched = !output.IsMore,
        IsStopped = output.IsStopped,
        Done = Done + output.Items,
        Bytes = Bytes + output.Bytes,
    };

    public SyncState Removed(RemoveOutput? output) => output is null ? this with { Fault = KnowledgeFaults.BadStep } : this with
    {
        Removals = Removals + 1,
        IsRemoved = !output.IsMore,
        Taken = Taken + output.Removed,
        IsPending = output.IsPending,
    };
}

/// <summary>What a sync is about.</summary>
/// <param name="Base">The knowledge base.</param>
/// <param name="Source">The source.</param>
/// <param name="Round">Which sync of it.</param>
/// <param name="BaseName">How the base is called.</param>
/// <param name="BytesMax">After how many bytes it fetches nothing more.</param>
/// <param name="BatchesAtOnce">How many batches are read side by side.</param>
internal sealed record SyncInput(
    KnowledgeBaseId Base, SourceId Source, long Round, string BaseName, long BytesMax, int BatchesAtOnce);

/// <summary>
/// What a run of this kind may touch: one source, its hosts, and the base; the ingestion below it needs only the base.
/// </summary>
/// <param name="Base">The knowledge base.</param>
/// <param name="Source">The source.</param>
/// <param name="Egress">The source's hosts.</param>
internal sealed record SyncGrant(KnowledgeBaseId Base, SourceId Source, EgressGrant Egress);

/// <summary>What a step of a sync does.</summary>
internal enum SyncStage
{
    /// <summary>Writes down what the source has.</summary>
    List,

    /// <summary>Fetches some of it.</summary>
    Fetch,

    /// <summary>Takes away some of what is gone.</summary>
    Remove,

    /// <summary>Notes what it came to.</summary>
    Record,
}

/// <summary>A step of a sync.</summary>
/// <param name="Stage">What it does.</param>
/// <param name="Base">The knowledge base.</param>
/// <param name="Source">The source.</param>
/// <param name="Round">Which sync of it.</param>
internal sealed record SyncStep(SyncStage Stage, KnowledgeBaseId Base, SourceId Source, long Round)
{
    /// <summary>How many things were fetched before.</summary>
    public int Done { get; init; }

    /// <summary>How many there are to fetch.</summary>
    public int Total { get; init; }

    /// <summary>Whether something was not looked at: then nothing is taken away.</summary>
    public bool IsCut { get; init; }

    /// <summary>Whether the limit of bytes was reached.</summary>
    public bool IsTooLarge { get; init; }

    /// <summary>What was wrong with the list.</summary>
    public ImmutableArray<Fault> Notes { get; init; } = [];
}

/// <summary>
/// What listing came to. Names are left to the database: whoever may see the run need not be one who may read them.
/// </summary>
/// <param name="Items">How many things the source has.</param>
/// <param name="Waiting">How many of them have to be fetched.</param>
/// <param name="IsWhole">Whether these are all.</param>
/// <param name="Notes">What was wrong with the list.</param>
internal sealed record ListOutput(int Items, int Waiting, bool IsWhole, ImmutableArray<Fault> Notes)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public EgressSummary? Egress { get; init; }
}

/// <summary>What fetching some things came to.</summary>
/// <param name="Items">How many.</param>
/// <param name="Bytes">How long they are.</param>
/// <param name="IsMore">Whether more wait.</param>
/// <param name="IsStopped">Whether the base takes no more.</param>
internal sealed record FetchOutput(int Items, long Bytes, bool IsMore, bool IsStopped)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public EgressSummary? Egress { get; init; }
}

/// <summary>What taking away came to.</summary>
/// <param name="Removed">How many documents.</param>
/// <param name="IsMore">Whether more are gone.</param>
/// <param name="IsPending">Whether documents of the base wait to be read.</param>
internal sealed record RemoveOutput(int Removed, bool IsMore, bool IsPending);

/// <summary>What a sync gives.</summary>
/// <param name="Text">One line for lists.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Added">How many documents are new.</param>
/// <param name="Changed">How many have another content.</param>
/// <param name="Unchanged">How many are as they were.</param>
/// <param name="Removed">How many were taken away.</param>
/// <param name="Failed">How many things could not be fetched; the source says which and why.</param>
internal sealed record SyncOutput(
    string Text, SyncOutcome Outcome, int Added, int Changed, int Unchanged, int Removed, int Failed);
