using CodexOS.Knowledge.Index.Storage;

namespace CodexOS.Knowledge.Index.Vectors;

/// <summary>
/// Finds the cheapest settings with which vectors are found nearly as by an exact search. Some of the vectors, a little
/// disturbed, stand for queries.
/// </summary>
internal static class VectorTuning
{
    private const int QueryCount = 48;
    private const int HitCount = 10;
    private const float Disturbance = 0.35f;
    private const ulong Seed = 11;

    private static readonly int[] s_probed = [8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 512];
    private static readonly int[] s_rescored = [100, 150, 200, 300, 400, 600, 800, 1200, 2000];

    public static VectorFacts Of(VectorSet vectors, VectorFacts facts, double recallMin)
    {
        var all = Bits.Full(facts.Count);
        var queries = Queries(vectors, facts);
        var truths = vectors.Exact(queries, HitCount).ConvertAll(static near => near.ConvertAll(static hit => hit.Passage));

        // First lists alone, with as many rescored as there ever are; then as few of those as do.
        facts.ProbedLists = 0;
        if (facts.ListCount > 0)
        {
            facts.ProbedLists = Cheapest(
                [.. s_probed.Where(probed => probed < facts.ListCount), facts.ListCount],
                probed => Recall(vectors, queries, truths, all, probed, s_rescored[^1]),
                recallMin).Setting;
        }

        var (count, recall) = Cheapest(
            s_rescored, rescored => Recall(vectors, queries, truths, all, facts.ProbedLists, rescored), recallMin);
        (facts.RescoredCount, facts.Recall) = (count, (float)recall);
        return facts;
    }

    private static (int Setting, double Recall) Cheapest(int[] settings, Func<int, double> recallOf, double recallMin)
    {
        var recall = 0d;
        foreach (var setting in settings)
        {
            recall = recallOf(setting);
            if (recall >= recallMin) return (setting, recall);
        }

        return (settings[^1], recall);
    }

    private static double Recall(
        VectorSet vectors, List<float[]> queries, List<List<int>> truths, ulong[] all, int probed, int rescored)
    {
        var found = 0;
        Parallel.For(0, queries.Count, i => Interlocked.Add(
            ref found,
            vectors.Search(queries[i], all, HitCount, probed, rescored).Count(hit => truths[i].Contains(hit.Passage))));
        return found / (double)truths.Sum(static truth => truth.Count);
    }

    private static List<float[]> Queries(VectorSet vectors, VectorFacts facts)
    {
        var state = Seed;
        var queries = new List<float[]>(QueryCount);
        var perNumber = Disturbance / MathF.Sqrt(facts.Dimension);
        for (var i = 0; i < QueryCount; i++)
        {
            var query = vectors.Row(SplitMix.Below(ref state, facts.Count)).ToArray();
            for (var j = 0; j < query.Length; j++) query[j] += perNumber * SplitMix.Normal(ref state);
            Kernels.Normalize(query);
            queries.Add(query);
        }

        return queries;
    }
}
