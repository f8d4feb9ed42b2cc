using System.Runtime.InteropServices;
using CodexOS.Knowledge.Index.Lexical;
using CodexOS.Knowledge.Index.Queries;
using CodexOS.Knowledge.Index.Storage;
using CodexOS.Knowledge.Index.Vectors;

namespace CodexOS.Knowledge.Index.Fusion;

/// <summary>A passage of a segment with the cosine of its vector to the query's.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct NearInView(int View, int Passage, float Cosine);

/// <summary>The vector of a query, and the search with it through all segments.</summary>
internal sealed class DenseQuery
{
    // Of a query that is mostly unknown words the rest says little.
    private const double UnknownShareMax = 0.75;

    private readonly Snapshot _snapshot;
    private readonly float[] _vector;

    private DenseQuery(Snapshot snapshot, float[] vector) => (_snapshot, _vector) = (snapshot, vector);

    /// <summary>The vector; not to be changed.</summary>
    public ReadOnlyMemory<float> Vector => _vector;

    /// <summary>The vector of a query; null if there is none that would mean something.</summary>
    public static DenseQuery? Of(Snapshot snapshot, ParsedQuery query)
    {
        if (snapshot.Embedder is not { } embedder) return null;
        var vector = new float[embedder.Key.Dimension];
        return embedder.EmbedQuery(query, vector) > UnknownShareMax ? null : new DenseQuery(snapshot, vector);
    }

    /// <summary>
    /// The nearest passages, the nearest first; of equal ones those with the smaller key. Segments that have codes are looked at
    /// together, so that those of one that are far from the query in the end are not compared exactly only because it has no
    /// nearer ones.
    /// </summary>
    public List<NearInView> Search(ulong[][] allowed, int countMax, SearchLimits limits)
    {
        var all = new List<NearInView>();
        var together = new List<int>();
        for (var view = 0; view < allowed.Length && limits.GoOn(); view++)
        {
            if (_snapshot.Views[view].Vectors is not { } vectors) continue;
            if (vectors.HasCodesFor(allowed[view])) together.Add(view);
            else Add(view, vectors);
        }

        if (together is [var only]) Add(only, VectorsOf(only));
        else if (together.Count > 1) all.AddRange(Together(together, allowed, countMax, limits));
        return Nearest(all, countMax);

        void Add(int view, VectorSet vectors)
        {
            foreach (var near in vectors.Search(_vector, allowed[view], countMax))
                all.Add(new NearInView(view, near.Passage, near.Cosine));
        }
    }

    private List<NearInView> Together(List<int> views, ulong[][] allowed, int countMax, SearchLimits limits)
    {
        var rescored = RescoredOf(views.ConvertAll(view => Math.Max(VectorsOf(view).Facts.RescoredCount, 2 * countMax)));
        var nearest = new NearestCodes(rescored, VectorsOf(views[0]).BitCount);
        foreach (var view in views)
        {
            if (limits.GoOn()) VectorsOf(view).Collect(_vector, allowed[view], view, nearest);
        }

        var found = new List<NearInView>(rescored);
        foreach (var near in nearest.Kept())
            found.Add(new NearInView(near.View, near.Passage, VectorsOf(near.View).CosineOf(_vector, near.Passage)));
        return found;
    }

    /// <summary>
    /// How many of the nearest codes of several segments are compared exactly. Each segment says how many it takes to find the
    /// best of its own; the best of all are only some of those, and how many more there are of the rest grows with the root.
    /// </summary>
    private static int RescoredOf(List<int> counts) => Math.Max(counts.Max(), (int)(counts.Sum() / Math.Sqrt(counts.Count)));

    private VectorSet VectorsOf(int view) => _snapshot.Views[view].Vectors!;

    /// <summary>The nearest of what a store outside of the index has found; only what may be found, and each once.</summary>
    public List<NearInView> Take(IEnumerable<(PassageKey Key, float Cosine)> found, ulong[][] allowed, int countMax)
    {
        var all = new Dictionary<(int View, int Passage), float>();
        foreach (var (key, cosine) in found)
        {
            for (var view = 0; view < allowed.Length; view++)
            {
                var passage = PassageOf(_snapshot.Views[view].Segment, key);
                if (passage >= 0 && Bits.Has(allowed[view], passage)) all[(view, passage)] = cosine;
            }
        }

        return Nearest([.. all.Select(static one => new NearInView(one.Key.View, one.Key.Passage, one.Value))], countMax);
    }

    public float CosineOf(int view, int passage)
    {
        if (_snapshot.Views[view].Vectors is { } vectors) return vectors.CosineOf(_vector, passage);
        // Making one vector anew is faster than asking for it over the network.
        if (_snapshot.Views[view].SharedVectors is null || _snapshot.Basis is not { Value: var basis }) return 0;
        Span<float> own = stackalloc float[_vector.Length];
        basis.EmbedPassage(_snapshot.Views[view], passage, own);
        return Kernels.Dot(_vector, own);
    }

    private List<NearInView> Nearest(List<NearInView> all, int countMax)
    {
        all.Sort((a, b) => a.Cosine != b.Cosine ? b.Cosine.CompareTo(a.Cosine) : KeyOf(a).CompareTo(KeyOf(b)));
        return all.Count > countMax ? all[..countMax] : all;
    }

    private static int PassageOf(Segment segment, PassageKey key)
    {
        var (start, count) = segment.PassagesOf(key.Document);
        for (var passage = start; passage < start + count; passage++)
        {
            if (segment.OrdinalOf(passage) == key.Ordinal) return passage;
        }

        return -1;
    }

    private PassageKey KeyOf(NearInView one) => _snapshot.Views[one.View].Segment.KeyOf(one.Passage);
}
