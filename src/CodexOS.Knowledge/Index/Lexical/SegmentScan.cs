using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using CodexOS.Knowledge.Index.Storage;

namespace CodexOS.Knowledge.Index.Lexical;

/// <summary>
/// Searches one segment for the best passages without looking at all of them. The passages are gone through in windows; in
/// each window it is known from the bounds of the blocks how much each term can add. Terms that together cannot lift a
/// passage into the result alone are only looked up for passages that other terms have lifted near to it ("MaxScore"
/// over windows); windows in which all terms together cannot are left out.
/// </summary>
internal sealed unsafe class SegmentScan
{
    private const int WindowSize = 4096;

    private readonly int[] _scores = new int[WindowSize];
    private Cursor[] _cursors = [];
    private int _count;

    public void Run(LexicalQuery query, int view, ulong[] allowed, TopPassages top, SearchLimits limits)
    {
        var segment = query.Snapshot.Views[view].Segment;
        Prepare(query, view, segment);
        if (_count == 0) return;
        for (var start = 0; start < segment.Count; start += WindowSize)
        {
            if (!Bits.AnyBetween(allowed, start, start + WindowSize)) continue;
            if (!limits.GoOn()) return;

            // 1. How much each term can add in this window, the least first.
            Bound(segment, query.Scorer, start, start + WindowSize);
            var helpers = 0;
            var helped = 0L;
            while (helpers < _count && helped + _cursors[helpers].Bound < top.ScoreMin) helped += _cursors[helpers++].Bound;
            if (helpers == _count) continue;

            // 2. The other terms are added up for all passages of the window.
            for (var i = helpers; i < _count; i++) Accumulate(segment, query.Scorer, ref _cursors[i], start);

            // 3. Passages that come near enough are looked up in the rest.
            Collect(segment, query.Scorer, view, start, helpers, (int)helped, allowed, top);
        }
    }

    private void Prepare(LexicalQuery query, int view, Segment segment)
    {
        if (_cursors.Length < query.Terms.Count) _cursors = new Cursor[query.Terms.Count];
        _count = 0;
        for (var term = 0; term < query.Terms.Count; term++)
        {
            var number = query.NumberOf(view, term);
            if (number < 0 || query.Weights[term] <= 0) continue;
            ref readonly var entry = ref segment.Terms[number];
            _cursors[_count++] = new Cursor
            {
                Weight = query.Weights[term],
                Block = entry.BlockStart,
                BlockEnd = entry.BlockStart + entry.BlockCount,
            };
        }
    }

    private void Bound(Segment segment, Bm25 scorer, int start, int end)
    {
        for (var i = 0; i < _count; i++)
        {
            ref var cursor = ref _cursors[i];
            while (cursor.Block < cursor.BlockEnd && segment.Blocks[cursor.Block].LastPassage < start) cursor.Block++;
            var best = 0f;
            var block = cursor.Block;
            for (; block < cursor.BlockEnd && FirstOf(segment, block) < end; block++)
                best = Math.Max(best, scorer.Bound(segment.Blocks[block]));
            cursor.WindowEnd = block;
            cursor.Lookup = cursor.Block;
            // A passage's own score is cut to a whole number, so it is never above this.
            cursor.Bound = (int)(cursor.Weight * best) + 1;
            if (best == 0) cursor.Bound = 0;
        }

        // Mostly in order already from the window before.
        for (var i = 1; i < _count; i++)
        {
            for (var j = i; j > 0 && _cursors[j].Bound < _cursors[j - 1].Bound; j--)
                (_cursors[j], _cursors[j - 1]) = (_cursors[j - 1], _cursors[j]);
        }
    }

    private static int FirstOf(Segment segment, int block)
    {
        ref readonly var one = ref segment.Blocks[block];
        return (one.LastPassage & ~0xFFFF) | *(ushort*)segment.PostingsOf(one).Passages;
    }

    private void Accumulate(Segment segment, Bm25 scorer, ref Cursor cursor, int start)
    {
        var lengths = segment.Lengths.Start + start;
        fixed (int* scores = _scores)
        {
            for (var i = cursor.Block; i < cursor.WindowEnd; i++)
            {
                ref readonly var block = ref segment.Blocks[i];
                var (passagesAt, frequenciesAt) = segment.PostingsOf(block);
                var passages = (ushort*)passagesAt;
                var frequencies = (byte*)frequenciesAt;
                var low = (ushort)start;
                var count = (int)block.Count;
                var j = passages[0] >= low ? 0 : FirstFrom(passages, count, low);
                for (; j < count; j++)
                {
                    var at = passages[j] - low;
                    if (at >= WindowSize) break;
                    scores[at] += (int)(cursor.Weight * scorer.Share(frequencies[j], lengths[at]));
                }
            }
        }
    }

    private static int FirstFrom(ushort* passages, int count, ushort low)
    {
        var at = new ReadOnlySpan<ushort>(passages, count).BinarySearch(low);
        return at < 0 ? ~at : at;
    }

    private void Collect(
        Segment segment, Bm25 scorer, int view, int start, int helpers, int helped, ulong[] allowed, TopPassages top)
    {
        var size = Math.Min(WindowSize, segment.Count - start);
        for (var i = 0; i < size; i += Vector256<int>.Count)
        {
            var scores = Vector256.Create<int>(_scores.AsSpan(i, Vector256<int>.Count));
            if (scores == Vector256<int>.Zero) continue;
            Vector256<int>.Zero.CopyTo(_scores, i);
            var near = Vector256.GreaterThanOrEqual(scores, Vector256.Create(Math.Max(1, top.ScoreMin - helped)));
            for (var bits = near.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
            {
                var lane = BitOperations.TrailingZeroCount(bits);
                var passage = start + i + lane;
                if (!Bits.Has(allowed, passage)) continue;
                var score = Complete(segment, scorer, passage, scores[lane], helpers, helped, top.ScoreMin);
                if (score >= top.ScoreMin) top.Add(view, passage, score);
            }
        }
    }

    private int Complete(Segment segment, Bm25 scorer, int passage, int score, int helpers, int helped, int scoreMin)
    {
        for (var i = helpers - 1; i >= 0 && score + helped >= scoreMin; i--)
        {
            ref var cursor = ref _cursors[i];
            helped -= cursor.Bound;
            while (cursor.Lookup < cursor.WindowEnd && segment.Blocks[cursor.Lookup].LastPassage < passage) cursor.Lookup++;
            if (cursor.Lookup == cursor.WindowEnd) continue;
            var frequency = PostingSearch.FrequencyIn(segment, segment.Blocks[cursor.Lookup], passage);
            if (frequency > 0) score += (int)(cursor.Weight * scorer.Share(frequency, segment.Lengths[passage]));
        }

        return score;
    }

    [StructLayout(LayoutKind.Auto)]
    private struct Cursor
    {
        public float Weight;

        /// <summary>The most that the term adds to a passage of the window.</summary>
        public int Bound;

        public int Block;
        public int BlockEnd;

        /// <summary>The first block behind the window.</summary>
        public int WindowEnd;

        /// <summary>The block that the last looked-up passage was in.</summary>
        public int Lookup;
    }
}
