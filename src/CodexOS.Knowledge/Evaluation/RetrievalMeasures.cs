namespace CodexOS.Knowledge.Evaluation;

/// <summary>
/// How good a ranking is, by the grades of what was found, the best place first: 0 is of no use, more is of more use. As
/// trec_eval and BEIR compute it: what is of use and cannot be found counts as not found.
/// </summary>
internal static class RetrievalMeasures
{
    private const int PlacesMax = 10;

    /// <summary>
    /// Normalised discounted cumulative gain at 10 (Järvelin and Kekäläinen, 2002): 1 if nothing could stand better.
    /// </summary>
    /// <param name="found">The grades in the order in which they were found.</param>
    /// <param name="relevant">The grades of everything that is of use, in any order.</param>
    public static double Ndcg(IEnumerable<int> found, IEnumerable<int> relevant)
    {
        var best = Gain(relevant.OrderDescending());
        return best == 0 ? 0 : Gain(found) / best;
    }

    /// <summary>The share of what is of use that was found at all.</summary>
    public static double Recall(IEnumerable<int> found, IEnumerable<int> relevant)
    {
        var all = relevant.Count(static grade => grade > 0);
        return all == 0 ? 0 : found.Count(static grade => grade > 0) / (double)all;
    }

    /// <summary>The place of the first that is of use, from one; 0 if none is.</summary>
    public static int FirstPlace(IEnumerable<int> found)
    {
        foreach (var (at, grade) in found.Index())
        {
            if (grade > 0) return at + 1;
        }

        return 0;
    }

    /// <summary>One through the place of the first that is of use; 0 if it is not among ten.</summary>
    public static double ReciprocalRank(IEnumerable<int> found) =>
        FirstPlace(found) is > 0 and <= PlacesMax and var place ? 1d / place : 0;

    private static double Gain(IEnumerable<int> grades) =>
        grades.Take(PlacesMax).Select(static (grade, place) => grade / Math.Log2(place + 2)).Sum();
}
