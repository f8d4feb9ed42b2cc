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

    private static readonly Comparer<(double Weight, string Name)> s_heaviestFirst =
        Comparer<(double Weight, string Name)>.Create(static (one, other) => one.Weight != other.Weight
            ? other.Weight.CompareTo(one.Weight)
            : string.CompareOrdinal(one.Name, other.Name));

    /// <summary>The query with the words of the best passages; null if nothing was found.</summary>
    public static LexicalQuery? Expand(LexicalQuery query, List<ScoredPassage> best)
    {
        if (best.Count == 0) return null;
        var snapshot = query.Snapshot;
        var top = best.Take(PassagesUsed).ToList();
        var trusts = top.ConvertAll(one => Math.Exp(Sharpness * (((double)one.Score / top[0].Score) - 1)));
        var trustSum = trusts.Sum();
        var words = new Dictionary<string, Word>(StringComparer.Ordinal);
        foreach (var (passage, trust) in top.Zip(trusts))
        {
            var view = snapshot.Views[passage.View];
            var segment = view.Segment;
            var share = trust / trustSum / Math.Max((ushort)1, segment.Lengths[passage.Passage]);
            var terms = segment.TermsOf(passage.Passage);
            while (terms.Next())
            {
                var name = Encoding.UTF8.GetString(segment.NameOf(terms.Term));
                ref var word = ref CollectionsMarshal.GetValueRefOrAddDefault(words, name, out _);
                word.Weight += share * terms.Frequency;
                word.CountMin = Math.Max(word.CountMin, view.CountWith(terms.Term));
            }
        }

        var added = Best(snapshot, words);
        var addedSum = added.Sum(static one => one.Weight);
        var originalSum = query.Terms.Sum(static term => term.Weight);
        var expanded = new OrderedDictionary<string, float>(StringComparer.Ordinal);
        foreach (var term in query.Terms) expanded[term.Text] = OriginalShare * term.Weight / originalSum;
        foreach (var (weight, name) in added)
            expanded[name] = expanded.GetValueOrDefault(name) + ((1 - OriginalShare) * (float)(weight / addedSum));
        return new LexicalQuery(snapshot, [.. expanded.Select(static one => new WeightedTerm(one.Key, one.Value))]);
    }

    /// <summary>
    /// The words that weigh most, by their rarity as well. How rare a word is, is looked up in all segments; so it is not for
    /// words that would weigh too little even if no other segment had them.
    /// </summary>
    private static List<(double Weight, string Name)> Best(Snapshot snapshot, Dictionary<string, Word> words)
    {
        var best = new SortedSet<(double Weight, string Name)>(s_heaviestFirst);
        var most = words.Select(one => (
            AtMost: one.Value.Weight * Bm25.Rarity(snapshot.PassageCount, one.Value.CountMin), one.Value.Weight, Name: one.Key));
        foreach (var (atMost, weight, name) in most.OrderByDescending(static one => one.AtMost))
        {
            if (best.Count == TermsAdded && atMost < best.Max.Weight) break;
            best.Add((weight * RarityOf(snapshot, name), name));
            if (best.Count > TermsAdded) best.Remove(best.Max);
        }

        return [.. best];
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

    /// <summary>A word of the best passages.</summary>
    /// <param name="Weight">How much these speak of it.</param>
    /// <param name="CountMin">In how many passages it stands at least.</param>
    [StructLayout(LayoutKind.Auto)]
    private record struct Word(double Weight, long CountMin);
}
