using System.Runtime.InteropServices;
using CodexOS.Knowledge.Index.Storage;

namespace CodexOS.Knowledge.Index.Lexical;

/// <summary>A passage of a segment, with its score.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ScoredPassage(int View, int Passage, int Score);

/// <summary>
/// Keeps the best passages. Of equal ones those with the smaller key are better, so that the same passages win however the
/// index is cut into segments.
/// </summary>
internal sealed class TopPassages(Snapshot snapshot, int countMax)
{
    private readonly ScoredPassage[] _heap = new ScoredPassage[countMax];
    private int _count;

    /// <summary>What a passage must reach to be kept; one as long as there is room.</summary>
    public int ScoreMin { get; private set; } = 1;

    public void Add(int view, int passage, int score)
    {
        var added = new ScoredPassage(view, passage, score);
        if (_count < countMax)
        {
            _heap[_count] = added;
            Up(_count++);
        }
        else if (IsWorse(_heap[0], added))
        {
            _heap[0] = added;
            Down();
        }

        if (_count == countMax) ScoreMin = _heap[0].Score;
    }

    /// <summary>The kept passages, the best first.</summary>
    public List<ScoredPassage> Sorted()
    {
        var sorted = _heap.AsSpan(0, _count).ToArray().ToList();
        sorted.Sort((a, b) => IsWorse(a, b) ? 1 : IsWorse(b, a) ? -1 : 0);
        return sorted;
    }

    private bool IsWorse(ScoredPassage one, ScoredPassage other) =>
        one.Score < other.Score || (one.Score == other.Score && KeyOf(one).CompareTo(KeyOf(other)) > 0);

    private PassageKey KeyOf(ScoredPassage one) => snapshot.Views[one.View].Segment.KeyOf(one.Passage);

    private void Up(int at)
    {
        while (at > 0)
        {
            var parent = (at - 1) / 2;
            if (!IsWorse(_heap[at], _heap[parent])) return;
            (_heap[at], _heap[parent]) = (_heap[parent], _heap[at]);
            at = parent;
        }
    }

    private void Down()
    {
        for (var at = 0; ;)
        {
            var child = (2 * at) + 1;
            if (child >= _count) return;
            if (child + 1 < _count && IsWorse(_heap[child + 1], _heap[child])) child++;
            if (!IsWorse(_heap[child], _heap[at])) return;
            (_heap[at], _heap[child]) = (_heap[child], _heap[at]);
            at = child;
        }
    }
}
