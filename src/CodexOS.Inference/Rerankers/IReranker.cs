using CodexOS.Inference.Contracts;

namespace CodexOS.Inference.Rerankers;

/// <summary>A model that ranks texts, at its endpoint.</summary>
internal interface IReranker
{
    /// <summary>Asks once, and gives the scores as the endpoint gives them.</summary>
    Task<RerankerAnswer> RankAsync(
        string question, IReadOnlyList<string> texts, RerankerOptions options, CancellationToken cancellationToken);
}

/// <summary>What an endpoint answers.</summary>
/// <param name="Scores">Scores of texts, in whatever order; not checked.</param>
/// <param name="TokensCount">How many tokens it says that it read.</param>
internal sealed record RerankerAnswer(IReadOnlyList<RankedText> Scores, long? TokensCount);
