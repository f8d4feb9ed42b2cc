using System.Text.Json;
using CodexOS.Knowledge.Bases;
using CodexOS.Knowledge.Search;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Contracts;

namespace CodexOS.Knowledge.Answers;

/// <summary>
/// Finds the passages that a model answers from: those of documents that whoever started the run may read by name, whatever
/// else they may do.
/// </summary>
internal sealed class AnswerHandler(BaseStore bases, SearchPipeline search) : IEffectHandler
{
    /// <inheritdoc />
    public string Effect => AnswerProgram.RunKind;

    /// <inheritdoc />
    public GateVerdict Judge(EffectCall call) => BaseGrant.Judge<AnswerInput>(call, RepeatClass.Read);

    /// <inheritdoc />
    public async Task<Result<EffectOutput>> PerformAsync(EffectCall call, CancellationToken cancellationToken)
    {
        var input = Json.TryRead<AnswerInput>(call.Input)!;
        if (!(await bases.FindAsync(input.Base, cancellationToken)).TryGet(out var place, out var fault)) return fault;
        var query = new KnowledgeQuery(
            input.Question, input.PassagesMax, new Dictionary<string, string[]>(), From: null, Before: null, Language: null);
        var searched = await search.SearchAsync(place.Name, query, call.By, cancellationToken);
        if (!searched.TryGet(out var found, out fault)) return fault;
        var shown = new FoundForAnswer(
        [
            .. found.Passages.Select(static passage => new ShownPassage(
                passage.DocumentId, passage.Document, passage.Version, passage.Place.Ordinal, passage.Place.Start,
                passage.Place.From, passage.Text)),
        ]);
        return new EffectOutput(JsonSerializer.SerializeToElement(shown, Json.Options))
        {
            Label = found.Passages.Aggregate(Label.System, static (label, passage) => label.Join(passage.Label)).ToJson(),
        };
    }
}
