using System.Runtime.InteropServices;
using CodexOS.Knowledge.Index.Lexical;

namespace CodexOS.Knowledge.Index.Fusion;

/// <summary>A passage in its place.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct RankedPassage(int View, int Passage, double Score);

/// <summary>
/// Makes one ranking of two. Each channel's scores are stretched so that its best passage has one and its hundredth has
/// zero, and are added up by weight. Places alone would not do: a weak channel has a first place too. What raises or lowers
/// passages does so before the best are taken.
/// </summary>
internal sealed class Ranking(
    LexicalQuery lexical, FieldScores? fields, DenseQuery? dense, double denseWeight, Boosting? boosting)
{
    private const int ZeroAtPlace = 100;

    public List<RankedPassage> Of(List<ScoredPassage> byWords, List<NearInView>? byVectors, int countMax)
    {
        if (byVectors is null || byVectors.Count == 0)
        {
            var found = boosting is null ? byWords.Take(countMax) : byWords;
            return Best(
                found.Select(static one => new RankedPassage(one.View, one.Passage, one.Score / (double)LexicalQuery.Scale)),
                countMax);
        }

        var words = new Stretch(byWords.ConvertAll(static one => (double)one.Score), whenFew: 0);
        var vectors = new Stretch(byVectors.ConvertAll(static one => (double)one.Cosine), whenFew: byVectors[^1].Cosine);
        var wordScores = byWords.ToDictionary(static one => (one.View, one.Passage), static one => one.Score);
        var cosines = byVectors.ToDictionary(static one => (one.View, one.Passage), static one => one.Cosine);
        var ranked = new List<RankedPassage>();
        foreach (var (view, passage) in wordScores.Keys.Union(cosines.Keys))
        {
            // What only one channel has found is scored by the other as well.
            double score = wordScores.TryGetValue((view, passage), out var known) ? known : WordScoreOf(view, passage);
            double cosine = cosines.TryGetValue((view, passage), out var near) ? near : dense!.CosineOf(view, passage);
            var total = ((1 - denseWeight) * words.Of(score)) + (denseWeight * vectors.Of(cosine));
            ranked.Add(new RankedPassage(view, passage, total));
        }

        return Best(ranked, countMax);
    }

    private int WordScoreOf(int view, int passage) => fields?.ScoreOf(view, passage) ?? lexical.ScoreOf(view, passage);

    private List<RankedPassage> Best(IEnumerable<RankedPassage> found, int countMax)
    {
        var ranked = boosting is null
            ? found.ToList()
            : found.Select(one => one with { Score = boosting.Apply(one.View, one.Passage, one.Score) }).ToList();
        ranked.Sort((a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : KeyOf(a).CompareTo(KeyOf(b)));
        return ranked.Count > countMax ? ranked[..countMax] : ranked;
    }

    private PassageKey KeyOf(RankedPassage one) => lexical.Snapshot.Views[one.View].Segment.KeyOf(one.Passage);

    /// <summary>Puts the best score at one, and the hundredth at zero.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly struct Stretch(List<double> sorted, double whenFew)
    {
        private readonly double _zero = sorted.Count >= ZeroAtPlace ? sorted[ZeroAtPlace - 1] : whenFew;
        private readonly double _one = sorted.Count > 0 ? sorted[0] : 0;

        public double Of(double score) => _one > _zero ? (score - _zero) / (_one - _zero) : 0;
    }
}
