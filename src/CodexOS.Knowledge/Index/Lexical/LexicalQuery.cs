using System.Text;
using CodexOS.Knowledge.Index.Storage;

namespace CodexOS.Knowledge.Index.Lexical;

/// <summary>A term that is searched for, and how much it counts against others.</summary>
internal readonly record struct WeightedTerm(string Text, float Weight);

/// <summary>
/// Terms as one generation of the index knows them: their numbers in each segment, and their weights with how rare they are
/// in all segments together. Scores are whole numbers, so that they do not depend on the order in which they are summed.
/// </summary>
internal sealed class LexicalQuery
{
    /// <summary>What a score of one is written as.</summary>
    public const float Scale = 1 << 18;

    private readonly int[][] _numbers;

    public LexicalQuery(Snapshot snapshot, IReadOnlyList<WeightedTerm> terms)
    {
        Snapshot = snapshot;
        Terms = terms;
        Scorer = new Bm25(snapshot.AverageLength);
        Weights = new float[terms.Count];
        _numbers = [.. snapshot.Views.Select(_ => new int[terms.Count])];
        for (var i = 0; i < terms.Count; i++)
        {
            var name = Encoding.UTF8.GetBytes(terms[i].Text);
            var count = 0L;
            for (var view = 0; view < snapshot.Views.Length; view++)
            {
                var number = snapshot.Views[view].Segment.FindTerm(name);
                _numbers[view][i] = number;
                if (number >= 0) count += snapshot.Views[view].CountWith(number);
            }

            if (count > 0) Weights[i] = (float)(terms[i].Weight * Bm25.Rarity(snapshot.PassageCount, count) * Scale);
        }
    }

    public Snapshot Snapshot { get; }

    public IReadOnlyList<WeightedTerm> Terms { get; }

    /// <summary>The weight of each term with its rarity, in steps of <see cref="Scale"/>; zero if no passage has it.</summary>
    public float[] Weights { get; }

    public Bm25 Scorer { get; }

    /// <summary>The number of a term in a segment; -1 if the segment does not have it.</summary>
    public int NumberOf(int view, int term) => _numbers[view][term];

    /// <summary>What a term adds to the score of a passage; zero if the passage does not have it.</summary>
    public int ScoreOf(int view, int term, int passage)
    {
        var number = _numbers[view][term];
        if (number < 0 || Weights[term] == 0) return 0;
        var segment = Snapshot.Views[view].Segment;
        var frequency = PostingSearch.FrequencyOf(segment, number, passage);
        return frequency == 0 ? 0 : (int)(Weights[term] * Scorer.Share(frequency, segment.Lengths[passage]));
    }

    /// <summary>The score of a passage by all terms.</summary>
    public int ScoreOf(int view, int passage)
    {
        var score = 0;
        for (var term = 0; term < Terms.Count; term++) score += ScoreOf(view, term, passage);
        return score;
    }
}
