using System.Collections.Concurrent;
using CodexOS.Knowledge.Index.Lexical;
using CodexOS.Knowledge.Index.Vectors;

namespace CodexOS.Knowledge.Index.Storage;

/// <summary>The vectors of a segment's passages, and which share of their words what made them did not know.</summary>
/// <param name="Set">The vectors; null if they lie in a store outside of the index alone.</param>
/// <param name="UnknownShare">The share.</param>
internal sealed record ViewVectors(Shared<VectorSet>? Set, double UnknownShare);

/// <summary>
/// A segment as one generation of the index sees it: the segment itself, and which of its passages are gone by now. How
/// many passages have a term is known exactly, so that scores do not change when removed passages are merged away.
/// </summary>
internal sealed class SegmentView
{
    private const int FiltersRememberedMax = 32;

    private readonly ConcurrentDictionary<string, ulong[]> _filters = new(StringComparer.Ordinal);
    private readonly int[]? _removedOfTerm;

    /// <summary>A view without removed passages.</summary>
    public SegmentView(string name, Shared<Segment> segment, ViewVectors? vectors)
        : this(name, segment, vectors, null, null)
    {
    }

    private SegmentView(string name, Shared<Segment> segment, ViewVectors? vectors, ulong[]? alive, int[]? removedOfTerm)
    {
        (Name, SharedSegment, SharedVectors, Alive, _removedOfTerm) = (name, segment, vectors, alive, removedOfTerm);
        AliveCount = alive is null ? Segment.Count : Bits.Count(alive);
        for (var i = 0; i < Segment.Count; i++)
        {
            if (IsAlive(i)) AliveLength += Segment.Lengths[i];
        }
    }

    /// <summary>What the segment's files are named by.</summary>
    public string Name { get; }

    public Shared<Segment> SharedSegment { get; }

    /// <summary>The vectors of the passages, where there are any.</summary>
    public ViewVectors? SharedVectors { get; }

    public Segment Segment => SharedSegment.Value;

    public VectorSet? Vectors => SharedVectors?.Set?.Value;

    /// <summary>The passages that are not removed; null if none is.</summary>
    public ulong[]? Alive { get; }

    public int AliveCount { get; }

    /// <summary>The lengths of the passages that are not removed, together.</summary>
    public long AliveLength { get; }

    public bool IsAlive(int passage) => Alive is null || Bits.Has(Alive, passage);

    /// <summary>How many passages have a term.</summary>
    public int CountWith(int term) =>
        Segment.Terms[term].PassageCount - (_removedOfTerm is null ? 0 : _removedOfTerm[term]);

    /// <summary>The same segment with some passages fewer.</summary>
    public SegmentView Without(IEnumerable<int> removed)
    {
        var alive = Alive is null ? Bits.Full(Segment.Count) : (ulong[])Alive.Clone();
        var removedOfTerm = _removedOfTerm is null ? new int[Segment.Terms.Length] : (int[])_removedOfTerm.Clone();
        var isChanged = false;
        foreach (var passage in removed)
        {
            if (!Bits.Has(alive, passage)) continue;
            Bits.Clear(alive, passage);
            isChanged = true;
            var terms = Segment.TermsOf(passage);
            while (terms.Next()) removedOfTerm[terms.Term]++;
        }

        return isChanged ? new SegmentView(Name, SharedSegment, SharedVectors, alive, removedOfTerm) : this;
    }

    /// <summary>The same view of the segment with other vectors.</summary>
    public SegmentView With(ViewVectors? vectors) => new(Name, SharedSegment, vectors, Alive, _removedOfTerm);

    /// <summary>The passages a filter lets through; remembered, since callers repeat their filters.</summary>
    public ulong[] Filtered(string filter, Func<SegmentView, ulong[]> evaluate)
    {
        if (_filters.TryGetValue(filter, out var known)) return known;
        if (_filters.Count >= FiltersRememberedMax) _filters.Clear();
        return _filters[filter] = evaluate(this);
    }
}
