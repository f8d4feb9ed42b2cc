using System.Runtime.InteropServices;
using System.Text;
using CodexOS.Knowledge.Index.Lexical;
using CodexOS.Knowledge.Index.Storage;

namespace CodexOS.Knowledge.Index.Fusion;

/// <summary>
/// Takes the best passages as if the reader had called them good, and adds what they speak of to the query ("RM3", after
/// Lavrenko and Croft's relevance models). Finds passages that say the same in other words of the same subject.
/// </summary>
internal static class Feedback
{
    private const int PassagesUsed = 5;
    private const int TermsAdded = 20;
    private const float OriginalShare = 0.6f;
    private const double Sharpness = 5;

    /// <summary>The query with the words of the best passages; null if nothing was found.</summary>
    public static LexicalQuery? Expand(LexicalQuery query, List<ScoredPassage> best)
    {
        if (best.Count == 0) return null;
        var snapshot = query.Snapshot;
        var top = best.Take(PassagesUsed).ToList();
        var trusts = top.ConvertAll(one => Math.Exp(Sharpness * (((double)one.Score / top[0].Score) - 1)));
        var trustSum = trusts.Sum();
        var weights = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (passage, trust) in top.Zip(trusts))
        {
            var segment = snapshot.Views[passage.View].Segment;
            var share = trust / trustSum / Math.Max((ushort)1, segment.Lengths[passage.Passage]);
            var terms = segment.TermsOf(passage.Passage);
            while (terms.Next())
            {
                var name = Encoding.UTF8.GetString(segment.NameOf(terms.Term));
                CollectionsMarshal.GetValueRefOrAddDefault(weights, name, out _) += share * terms.Frequency;
            }
        }

        foreach (var (name, weight) in weights) weights[name] = weight * RarityOf(snapshot, name);
        var added = weights.OrderByDescending(static one => one.Value)
            .ThenBy(static one => one.Key, StringComparer.Ordinal).Take(TermsAdded).ToList();
        var addedSum = added.Sum(static one => one.Value);
        var originalSum = query.Terms.Sum(static term => term.Weight);
        var expanded = new OrderedDictionary<string, float>(StringComparer.Ordinal);
        foreach (var term in query.Terms) expanded[term.Text] = OriginalShare * term.Weight / originalSum;
        foreach (var (name, weight) in added)
            expanded[name] = expanded.GetValueOrDefault(name) + ((1 - OriginalShare) * (float)(weight / addedSum));
        return new LexicalQuery(snapshot, [.. expanded.Select(static one => new WeightedTerm(one.Key, one.Value))]);
    }

    private static double RarityOf(Snapshot snapshot, string name)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        var count = 0L;
        foreach (var view in snapshot.Views)
        {
            var term = view.Segment.FindTerm(bytes);
            if (term >= 0) count += view.CountWith(term);
        }

        return Bm25.Rarity(snapshot.PassageCount, count);
    }
}
