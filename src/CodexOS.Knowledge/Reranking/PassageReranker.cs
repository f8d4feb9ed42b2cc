using System.Collections.Immutable;
using CodexOS.Inference.Contracts;
using CodexOS.Knowledge.Embeddings;
using CodexOS.Knowledge.Index.Queries;
using CodexOS.Knowledge.Search;
using CodexOS.Platform.Faults;
using Microsoft.Extensions.Options;

namespace CodexOS.Knowledge.Reranking;

/// <summary>
/// Has the best passages of a search ranked once more by a model that reads question and passage together. It only puts in order
/// what the search found: whoever may not read a passage has none here, and a model that does not answer leaves the order as it
/// was.
/// </summary>
internal sealed class PassageReranker(
    IRerankers rerankers, OutgoingText outgoing, IOptions<KnowledgeOptions> options, TimeProvider clock)
{
    /// <summary>What stands for no reranker where one is named.</summary>
    public const string None = "none";

    private const string ProbeQuestion = "How long is a day?";
    private const string ProbeText = "A day has 24 hours.";

    /// <summary>How many passages are ranked once more.</summary>
    public int PassagesMax => options.Value.RerankPassagesMax;

    /// <summary>The reranker that somebody wants: asked once, which shows that it can be. Null takes it away.</summary>
    public async Task<Result<ChosenReranker>> ChooseAsync(string? model, CancellationToken cancellationToken)
    {
        if (model is null or None) return new ChosenReranker(null);
        if (!ModelName.Parse(model).TryGet(out var name, out var fault)) return fault;
        if (rerankers.Check(name) is { } unfit) return unfit;
        var asked = await rerankers.RankAsync(new RerankCall(name, ProbeQuestion, [ProbeText]), cancellationToken);
        return asked.TryGet(out _, out fault) ? new ChosenReranker(model) : fault;
    }

    /// <summary>Ranks the first passages; what is behind them stays there.</summary>
    /// <param name="reranker">The model.</param>
    /// <param name="query">What is asked.</param>
    /// <param name="passages">What the search found, the best first.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The passages, and why they are as they were, if they are.</returns>
    public async Task<RerankedPassages> RankAsync(
        string reranker, string query, IReadOnlyList<FoundPassage> passages, CancellationToken cancellationToken)
    {
        if (!ModelName.Parse(reranker).TryGet(out var model, out var fault)) return new RerankedPassages(passages, fault);
        var question = QueryClauses.PlainTextOf(query);
        if (outgoing.SecretIn(question) is { } secret) return new RerankedPassages(passages, secret);

        // A passage with a secret in it is not sent; it stays behind those that were.
        var first = passages.Take(PassagesMax).Select(passage => (Passage: passage, Words: WordsOf(passage))).ToList();
        var sent = first.FindAll(one => outgoing.SecretIn(one.Words) is null);
        if (sent.Count < 2) return new RerankedPassages(passages, Fault: null);
        using var timer = new CancellationTokenSource(options.Value.RerankTimeMax, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            var call = new RerankCall(model, question, [.. sent.Select(static one => one.Words)]);
            if (!(await rerankers.RankAsync(call, both.Token)).TryGet(out var reply, out fault))
                return new RerankedPassages(passages, fault);
            ImmutableArray<FoundPassage> ranked =
            [
                .. reply.Ranked.Select(one => sent[one.Index].Passage with
                {
                    Scores = sent[one.Index].Passage.Scores with { Rerank = one.Score },
                }),
            ];
            var ranks = sent.Select(static one => one.Passage).ToHashSet<FoundPassage>(ReferenceEqualityComparer.Instance);
            var left = passages.Where(passage => !ranks.Contains(passage));
            return new RerankedPassages([.. ranked, .. left], Fault: null);
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return new RerankedPassages(passages, TooSlow(reranker, options.Value.RerankTimeMax));
        }
    }

    private string WordsOf(FoundPassage passage)
    {
        var words = PassageWords.Of(passage.Title, passage.Place.Headings, passage.Text);
        var length = Math.Min(words.Length, options.Value.RerankCharactersMax);
        // Half of a pair is no character.
        return words[..(length < words.Length && char.IsHighSurrogate(words[length - 1]) ? length - 1 : length)];
    }

    private static Fault TooSlow(string model, TimeSpan timeMax) => new(
        "knowledge.reranker_too_slow", FaultKind.Timeout,
        $"The reranker {model} did not answer within {timeMax.TotalSeconds:0.###} s, so passages are as they were found. "
        + "The operator can raise Knowledge:RerankTimeMax.");
}

/// <summary>The reranker of a base.</summary>
/// <param name="Model">The model, <c>provider:model</c>; null for none.</param>
internal sealed record ChosenReranker(string? Model);

/// <summary>Passages after they were ranked once more.</summary>
/// <param name="Passages">The best first.</param>
/// <param name="Fault">Why they are as they were found; null if they are not.</param>
internal sealed record RerankedPassages(IReadOnlyList<FoundPassage> Passages, Fault? Fault);
