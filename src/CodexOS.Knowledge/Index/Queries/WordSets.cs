using System.Collections.Immutable;
using System.Numerics;
using System.Text;
using CodexOS.Knowledge.Index.Lexical;
using CodexOS.Knowledge.Index.Storage;

namespace CodexOS.Knowledge.Index.Queries;

/// <summary>Narrows the set of passages that may be found to those with the required words and phrases.</summary>
internal static class WordSets
{
    /// <summary>Takes passages out of the set that a query rules out.</summary>
    public static void Narrow(ulong[] set, Segment segment, ParsedQuery query, SearchLimits limits)
    {
        foreach (var word in query.Required) Bits.And(set, With(segment, word));
        foreach (var word in query.Excluded) Bits.AndNot(set, With(segment, word));
        foreach (var phrase in query.Phrases) Bits.And(set, With(segment, phrase, set, limits));
        foreach (var phrase in query.ExcludedPhrases) Bits.AndNot(set, With(segment, phrase, set, limits));
    }

    private static ulong[] With(Segment segment, QueryWord word)
    {
        var set = Bits.Empty(segment.Count);
        foreach (var number in NumbersOf(segment, word)) PostingSearch.AddTo(set, segment, number);
        return set;
    }

    private static ulong[] With(Segment segment, ImmutableArray<QueryWord> phrase, ulong[] among, SearchLimits limits)
    {
        var set = (ulong[])among.Clone();
        foreach (var word in phrase) Bits.And(set, With(segment, word));
        var numbers = phrase.Select(word => NumbersOf(segment, word)).ToArray();
        var offsets = phrase.Select(word => word.Position - phrase[0].Position).ToArray();
        for (var i = 0; i < set.Length; i++)
        {
            if (set[i] != 0 && !limits.GoOn()) return Bits.Empty(segment.Count);
            for (var word = set[i]; word != 0; word &= word - 1)
            {
                var passage = (i << 6) | BitOperations.TrailingZeroCount(word);
                if (!Stands(segment, passage, numbers, offsets)) Bits.Clear(set, passage);
            }
        }

        return set;
    }

    private static int[] NumbersOf(Segment segment, QueryWord word) =>
        [.. word.Terms.Select(term => segment.FindTerm(Encoding.UTF8.GetBytes(term))).Where(static number => number >= 0)];

    /// <summary>Whether the words of a phrase stand in a passage at their distances from one another.</summary>
    private static unsafe bool Stands(Segment segment, int passage, int[][] numbers, int[] offsets)
    {
        var starts = new HashSet<int>[numbers.Length];
        for (var i = 0; i < starts.Length; i++) starts[i] = [];
        var terms = segment.TermsOf(passage);
        var all = new int[terms.Count];
        for (var i = 0; terms.Next(); i++) all[i] = terms.Term;
        var at = terms.At;
        foreach (var term in all)
        {
            var position = 0;
            for (var left = VarInt.Read(ref at); left > 0; left--)
            {
                position += (int)VarInt.Read(ref at);
                for (var i = 0; i < numbers.Length; i++)
                {
                    if (numbers[i].AsSpan().Contains(term)) starts[i].Add(position - offsets[i]);
                }
            }
        }

        return starts[0].Any(start => Array.TrueForAll(starts, one => one.Contains(start)));
    }
}
