using System.Collections.Immutable;
using System.Text;
using CodexOS.Inference.Contracts;
using CodexOS.Inference.Pipeline;
using CodexOS.Inference.Prices;
using CodexOS.Platform.Faults;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace CodexOS.Inference.Rerankers;

/// <summary>
/// Has texts ranked. The way of a call:
/// 1. open the model;
/// 2. ask, in one request: a model that ranks compares no scores of two;
/// 3. check what came back: a score for each text, of numbers;
/// 4. price it.
/// </summary>
internal sealed class RerankService(Models models, PriceTable prices, IOptions<InferenceOptions> options) : IRerankers
{
    /// <inheritdoc />
    public Fault? Check(ModelName model) => models.CheckReranker(model);

    /// <inheritdoc />
    public async Task<Result<RerankReply>> RankAsync(RerankCall call, CancellationToken cancellationToken)
    {
        // 1. Open.
        if (!models.OpenReranker(call.Model).TryGet(out var opened, out var fault)) return fault;
        if (call.Texts.IsEmpty) return new RerankReply([], 0, 0);
        var sizeBytes = call.Texts.Sum(static text => (long)Encoding.UTF8.GetByteCount(text))
            + Encoding.UTF8.GetByteCount(call.Question);
        if (sizeBytes > options.Value.Calls.RequestBytesMax) return TooLong(options.Value.Calls.RequestBytesMax);

        // 2. Ask.
        RerankerAnswer answer;
        try
        {
            var (reranker, calls) = opened;
            answer = await calls.AskAsync(
                token => reranker.RankAsync(call.Question, call.Texts, OptionsOf(call.Model), token),
                static given => given.TokensCount, cancellationToken);
        }
        catch (ModelCallException failure)
        {
            return failure.Fault;
        }

        // 3. Check.
        if (WhatIsWrong(answer.Scores, call.Texts.Length) is { } wrong) return Wrong(call.Model, wrong);

        // 4. Price.
        var tokens = answer.TokensCount ?? ChatSize.Tokens(call.Texts.Sum(text => (long)text.Length + call.Question.Length));
        var cost = PriceTable.CostMicroUsd(prices.Of(call.Model), new UsageDetails { InputTokenCount = tokens });
        InferenceTelemetry.Spent(call.Model.Provider, call.Model.Model, cost);
        return new RerankReply(
            [.. answer.Scores.OrderByDescending(static one => one.Score).ThenBy(static one => one.Index)], tokens, cost);
    }

    private RerankerOptions OptionsOf(ModelName model) =>
        options.Value.Rerankers.GetValueOrDefault(model.Provider)?.GetValueOrDefault(model.Model) ?? RerankerOptions.Default;

    private static string? WhatIsWrong(IReadOnlyList<RankedText> scores, int textsCount)
    {
        if (scores.Count != textsCount) return $"{scores.Count} scores for {textsCount} texts";
        if (scores.Any(static one => !double.IsFinite(one.Score))) return "scores that are not numbers";
        return scores.Select(static one => one.Index).Distinct().Count(index => index >= 0 && index < textsCount) == textsCount
            ? null
            : "scores that are not numbered one by one";
    }

    private static Fault Wrong(ModelName model, string what) => new(
        "inference.bad_ranking", FaultKind.Upstream,
        $"The model '{model}' gave {what}. Check that it is a reranker, and its endpoint's log.");

    private static Fault TooLong(int bytesMax) => new(
        "inference.request_too_large", FaultKind.TooLarge,
        $"What is to be ranked is longer than {bytesMax} bytes. Rank fewer or shorter texts, or raise Inference:Calls:RequestBytesMax.");
}
