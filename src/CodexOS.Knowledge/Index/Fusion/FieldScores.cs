using CodexOS.Knowledge.Index.Lexical;
using CodexOS.Knowledge.Index.Queries;
using CodexOS.Knowledge.Index.Storage;

namespace CodexOS.Knowledge.Index.Fusion;

/// <summary>
/// The scores of passages by words where words count by their field. Segments count a word of the title or of a heading
/// twice; where a base wants it otherwise, the occurrences in a passage are counted anew from their positions, once.
/// </summary>
internal sealed unsafe class FieldScores(LexicalQuery query, FieldWeights weights)
{
    private readonly Dictionary<(int View, int Passage), int> _known = [];
    private readonly List<int> _positions = [];

    /// <summary>The score of a passage by all terms, in steps of <see cref="LexicalQuery.Scale"/>.</summary>
    public int ScoreOf(int view, int passage)
    {
        if (_known.TryGetValue((view, passage), out var known)) return known;
        var segment = query.Snapshot.Views[view].Segment;
        var (titleEnd, headEnd) = BordersOf(segment, passage);
        var score = 0;
        for (var term = 0; term < query.Terms.Count; term++)
        {
            var number = query.NumberOf(view, term);
            if (number < 0 || query.Weights[term] == 0) continue;
            var frequency = FrequencyOf(segment, passage, number, titleEnd, headEnd);
            if (frequency > 0) score += (int)(query.Weights[term] * query.Scorer.Share(frequency, segment.Lengths[passage]));
        }

        return _known[(view, passage)] = score;
    }

    /// <summary>
    /// Where the title ends and where the headings do. A word of either counts twice, which tells how many words there are; and
    /// fields lie so far apart that the first gap is the end of the title.
    /// </summary>
    private (int TitleEnd, int HeadEnd) BordersOf(Segment segment, int passage)
    {
        _positions.Clear();
        var terms = segment.TermsOf(passage);
        var frequencies = 0;
        while (terms.Next()) frequencies += terms.Frequency;
        var at = terms.At;
        for (var term = 0; term < terms.Count; term++)
        {
            var position = 0;
            for (var left = VarInt.Read(ref at); left > 0; left--) _positions.Add(position += (int)VarInt.Read(ref at));
        }

        var heads = Math.Clamp((frequencies - _positions.Count) / (SegmentBuilder.TitleWeight - 1), 0, _positions.Count);
        if (heads == 0) return (0, 0);
        _positions.Sort();
        var (titleEnd, last) = (0, 0);
        for (var i = 0; i < heads && _positions[i] - last < SegmentBuilder.GapBetweenFields; i++)
            titleEnd = (last = _positions[i]) + 1;
        return (titleEnd, _positions[heads - 1] + 1);
    }

    /// <summary>How often a passage has a term, by where it has it.</summary>
    private float FrequencyOf(Segment segment, int passage, int number, int titleEnd, int headEnd)
    {
        var terms = segment.TermsOf(passage);
        var (place, count) = (-1, 0);
        for (; terms.Next(); count++)
        {
            if (terms.Term == number) place = count;
        }

        if (place < 0) return 0;
        var at = terms.At;
        for (var term = 0; ; term++)
        {
            var (position, sum) = (0, 0f);
            for (var left = VarInt.Read(ref at); left > 0; left--)
            {
                position += (int)VarInt.Read(ref at);
                sum += position < titleEnd ? weights.Title : position < headEnd ? weights.Headings : weights.Text;
            }

            if (term == place) return Math.Min(sum, byte.MaxValue);
        }
    }
}
