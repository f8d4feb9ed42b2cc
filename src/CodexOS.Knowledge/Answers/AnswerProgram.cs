using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Inference.Contracts;
using CodexOS.Knowledge.Bases;
using CodexOS.Knowledge.Contracts;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Contracts;

namespace CodexOS.Knowledge.Answers;

/// <summary>
/// Has a model answer from a knowledge base: <c>find</c> looks for passages, <c>write</c> shows them to the model, and what it
/// cites is checked against what it was shown. Where nothing was found the model is not asked, for it could only make it up.
/// </summary>
internal sealed class AnswerProgram(IOutputFilter filter) : RunProgram<AnswerState>
{
    public const string RunKind = "knowledge.answer";
    public const string FindStep = "find";

    private const string WriteStep = "write";

    /// <inheritdoc />
    public override string Kind => RunKind;

    /// <inheritdoc />
    protected override AnswerState Empty { get; } = new();

    /// <inheritdoc />
    protected override AnswerState Fold(AnswerState state, JournaledEvent happened) => happened.Event switch
    {
        RunCreated created when state.Input is null => state with { Input = Json.TryRead<AnswerInput>(created.Input) },
        StepCompleted { Step: FindStep } found =>
            Json.TryRead<FoundForAnswer>(found.Output) is { } passages
                ? state with { Found = passages, Label = found.Label }
                : state with { Fault = KnowledgeFaults.BadStep },
        StepCompleted { Step: WriteStep } written =>
            Json.TryRead<ModelReply>(written.Output) is { } reply
                ? state with { Reply = reply }
                : state with { Fault = KnowledgeFaults.BadStep },
        StepFailed failed => state with { Fault = failed.Fault },
        _ => state,
    };

    /// <inheritdoc />
    protected override Decision Decide(AnswerState state)
    {
        if (state.Fault is { } fault) return new Decision.Fail(fault);
        if (state.Input is not { } input) return new Decision.Fail(KnowledgeFaults.BadStep);
        if (state.Found is not { } found)
        {
            return new Decision.Perform(
                [new StepRequest(FindStep, RunKind, JsonSerializer.SerializeToElement(input, Json.Options))]);
        }

        if (AnswerOf(state) is { } made)
        {
            return made.TryGet(out var answer, out var blocked)
                ? new Decision.Complete(JsonSerializer.SerializeToElement(answer, Json.Options)) { Label = state.Label }
                : new Decision.Fail(blocked);
        }

        var call = AnswerPrompt.CallOf(input, found.Passages);
        var record = new ChatStepInput(call.Model.Provider, call.Model.Model, call.Messages.Length, ToolsCount: 0);
        return new Decision.Perform(
        [
            new StepRequest(WriteStep, ChatCall.Effect, JsonSerializer.SerializeToElement(record, Json.Options))
            {
                Prepared = call,
            },
        ]);
    }

    /// <inheritdoc />
    protected override JsonElement? Show(AnswerState state) =>
        AnswerOf(state) is { } made && made.TryGet(out var answer, out _)
            ? JsonSerializer.SerializeToElement(answer, Json.Options)
            : null;

    /// <summary>
    /// What came of it; null as long as something is to be done. A document may have talked the model into images that tell a
    /// stranger something when they are fetched, so its words pass the filter of all answers.
    /// </summary>
    private Result<WrittenAnswer>? AnswerOf(AnswerState state)
    {
        if (state.Found is not { } found) return null;
        if (found.Passages.IsEmpty) return WrittenAnswer.NotTold;
        if (state.Reply is not { } reply) return null;
        return filter.Release(reply.Text, Policy.Default).TryGet(out var text, out var blocked)
            ? CitationCheck.Of(text, found.Passages)
            : blocked;
    }
}

/// <summary>How far an answer has come.</summary>
internal sealed record AnswerState
{
    public AnswerInput? Input { get; init; }

    public FoundForAnswer? Found { get; init; }

    /// <summary>Where the passages come from and who may read them; so does the answer.</summary>
    public JsonElement? Label { get; init; }

    public ModelReply? Reply { get; init; }

    public Fault? Fault { get; init; }
}

/// <summary>What is to be answered.</summary>
/// <param name="Base">The knowledge base.</param>
/// <param name="Question">What is asked.</param>
/// <param name="PassagesMax">How many passages the model is shown.</param>
/// <param name="Model">The model, <c>provider:model</c>.</param>
internal sealed record AnswerInput(KnowledgeBaseId Base, string Question, int PassagesMax, string Model) : IBaseStep;

/// <summary>What such a run may touch: one knowledge base, and one model.</summary>
/// <param name="Base">The knowledge base.</param>
/// <param name="Model">The model, <c>provider:model</c>.</param>
internal sealed record AnswerGrant(KnowledgeBaseId Base, string Model);

/// <summary>The passages that a model is shown.</summary>
/// <param name="Passages">The best first; its number is its place, from one.</param>
internal sealed record FoundForAnswer(ImmutableArray<ShownPassage> Passages);

/// <summary>A passage as a model is shown it.</summary>
/// <param name="DocumentId">The document.</param>
/// <param name="Document">Its name.</param>
/// <param name="Version">Of which of its contents.</param>
/// <param name="Ordinal">Its number among the passages of the document.</param>
/// <param name="Start">Where it begins in the document's text, in UTF-16 code units.</param>
/// <param name="Place">Where in the file it begins, as a person would look it up.</param>
/// <param name="Text">Its words.</param>
internal sealed record ShownPassage(
    DocumentId DocumentId, string Document, int Version, int Ordinal, long Start, string? Place, string Text);
