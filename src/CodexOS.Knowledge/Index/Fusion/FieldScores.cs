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
    // Nobody gives a document a longer title; what of one is behind it counts as text.
    private const int HeadWordsMax = 1_024;

    private readonly Dictionary<(int View, int Passage), int> _known = [];
    private readonly (int Number, int Term)[]?[] _asked = new (int, int)[]?[query.Snapshot.Views.Length];
    private readonly int[] _heads = new int[HeadWordsMax];
    private readonly List<(int Term, int Position)> _found = [];
    private readonly float[] _frequencies = new float[query.Terms.Count];

    /// <summary>The score of a passage by all terms, in steps of <see cref="LexicalQuery.Scale"/>.</summary>
    public int ScoreOf(int view, int passage)
    {
        if (_known.TryGetValue((view, passage), out var known)) return known;
        var segment = query.Snapshot.Views[view].Segment;
        var heads = Read(segment, passage, _asked[view] ??= AskedIn(view));
        var (titleEnd, headEnd) = BordersOf(heads);
        Array.Clear(_frequencies);
        foreach (var (term, position) in _found)
        {
            _frequencies[term] +=
                position < titleEnd ? weights.Title : position < headEnd ? weights.Headings : weights.Text;
        }

        var score = 0;
        for (var term = 0; term < _frequencies.Length; term++)
        {
            var frequency = Math.Min(_frequencies[term], byte.MaxValue);
            if (frequency > 0) score += (int)(query.Weights[term] * query.Scorer.Share(frequency, segment.Lengths[passage]));
        }

        return _known[(view, passage)] = score;
    }

    /// <summary>The terms that are asked for, by their numbers in a segment: the order of terms in a passage.</summary>
    private (int Number, int Term)[] AskedIn(int view) =>
    [
        .. Enumerable.Range(0, query.Terms.Count).Select(term => (Number: query.NumberOf(view, term), Term: term))
            .Where(one => one.Number >= 0 && query.Weights[one.Term] > 0).OrderBy(static one => one.Number),
    ];

    /// <summary>
    /// Reads where a passage has which of the terms. Tells how many of its words are of title and headings: those count
    /// twice in the frequencies.
    /// </summary>
    private int Read(Segment segment, int passage, (int Number, int Term)[] asked)
    {
        _found.Clear();
        Array.Clear(_heads);
        var terms = segment.TermsOf(passage);
        var wanted = new int[terms.Count];
        var (frequencies, positions, next) = (0, 0, 0);
        for (var i = 0; terms.Next(); i++)
        {
            while (next < asked.Length && asked[next].Number < terms.Term) next++;
            wanted[i] = next < asked.Length && asked[next].Number == terms.Term ? asked[next].Term : -1;
            frequencies += terms.Frequency;
        }

        var at = terms.At;
        foreach (var term in wanted)
        {
            var position = 0;
            for (var left = VarInt.Read(ref at); left > 0; left--)
            {
                position += (int)VarInt.Read(ref at);
                positions++;
                if (position < HeadWordsMax) _heads[position]++;
                if (term >= 0) _found.Add((term, position));
            }
        }

        return (frequencies - positions) / (SegmentBuilder.TitleWeight - 1);
    }

    /// <summary>Where title and headings end. Fields lie so far apart that the first gap is the end of the title.</summary>
    private (int TitleEnd, int HeadEnd) BordersOf(int heads)
    {
        var (titleEnd, headEnd, isTitle) = (0, 0, true);
        for (var position = 0; position < HeadWordsMax && heads > 0; position++)
        {
            if (_heads[position] == 0) continue;
            heads -= _heads[position];
            isTitle &= position - headEnd < SegmentBuilder.GapBetweenFields;
            headEnd = position + 1;
            if (isTitle) titleEnd = headEnd;
        }

        return (titleEnd, headEnd);
    }
}
