using CodexOS.Knowledge.Index.Lexical;
using CodexOS.Knowledge.Index.Queries;
using CodexOS.Knowledge.Index.Storage;

namespace CodexOS.Knowledge.Index.Fusion;

/// <summary>A query together with a passage that answers it.</summary>
internal sealed record KnownItem(string Query, PassageKey Answer);

/// <summary>How much vectors shall count in a base, and what that was found from.</summary>
/// <param name="DenseWeight">From 0 to 1.</param>
/// <param name="WithoutVectors">The mean reciprocal rank of the answers by words alone.</param>
/// <param name="WithVectors">The same with the weight.</param>
/// <param name="Items">How many queries were tried.</param>
internal sealed record Calibration(double DenseWeight, double WithoutVectors, double WithVectors, int Items)
{
    private const int DepthMax = 20;
    private const int ItemsMin = 20;
    private const int ItemsMax = 500;

    // By chance alone one weight is a little better than another; less than this is no reason.
    private const double GainMin = 0.005;

    private static readonly double[] s_weights = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7];

    /// <summary>Tries weights with known items; too few of them tell nothing, and the embedder's own weight stays.</summary>
    public static Calibration Of(
        Snapshot snapshot,
        IndexOptions options,
        TimeProvider clock,
        IReadOnlyList<KnownItem> items,
        CancellationToken cancellationToken)
    {
        var tried = items.Take(ItemsMax).ToList();
        if (snapshot.Embedder is null || tried.Count < ItemsMin)
            return new Calibration(snapshot.DenseWeight, 0, 0, tried.Count);
        double Rank(double weight) => tried.Average(item =>
            ReciprocalRank(snapshot, options, clock, item, weight, cancellationToken));
        var without = Rank(0);
        var (best, with) = (0d, without);
        foreach (var weight in s_weights)
        {
            var rank = Rank(weight);
            if (rank > with + (best == 0 ? GainMin : 0)) (best, with) = (weight, rank);
        }

        return new Calibration(best, without, with, tried.Count);
    }

    private static double ReciprocalRank(
        Snapshot snapshot,
        IndexOptions options,
        TimeProvider clock,
        KnownItem item,
        double weight,
        CancellationToken cancellationToken)
    {
        var query = new SearchQuery(item.Query, SearchFilter.Everything, DepthMax);
        var limits = new SearchLimits(clock, options.SearchTimeMax, cancellationToken);
        if (!new Searcher(snapshot, options).Search(query, limits, weight).TryGet(out var found, out _)) return 0;
        for (var i = 0; i < found.Hits.Length; i++)
        {
            if (found.Hits[i].Key == item.Answer) return 1d / (i + 1);
        }

        return 0;
    }
}
