using System.Runtime.InteropServices;
using CodexOS.Knowledge.Index.Lexical;
using CodexOS.Knowledge.Index.Queries;
using CodexOS.Knowledge.Index.Storage;

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

    /// <summary>The vector of a query; null if there is none that would mean something.</summary>
    public static DenseQuery? Of(Snapshot snapshot, ParsedQuery query)
    {
        if (snapshot.Embedder is not { } embedder) return null;
        var vector = new float[embedder.Key.Dimension];
        return embedder.EmbedQuery(query, vector) > UnknownShareMax ? null : new DenseQuery(snapshot, vector);
    }

    /// <summary>The nearest passages, the nearest first; of equal ones those with the smaller key.</summary>
    public List<NearInView> Search(ulong[][] allowed, int countMax, SearchLimits limits)
    {
        var all = new List<NearInView>();
        for (var view = 0; view < allowed.Length && limits.GoOn(); view++)
        {
            if (_snapshot.Views[view].Vectors is not { } vectors) continue;
            foreach (var near in vectors.Search(_vector, allowed[view], countMax))
                all.Add(new NearInView(view, near.Passage, near.Cosine));
        }

        all.Sort((a, b) => a.Cosine != b.Cosine ? b.Cosine.CompareTo(a.Cosine) : KeyOf(a).CompareTo(KeyOf(b)));
        return all.Count > countMax ? all[..countMax] : all;
    }

    public float CosineOf(int view, int passage) => _snapshot.Views[view].Vectors?.CosineOf(_vector, passage) ?? 0;

    private PassageKey KeyOf(NearInView one) => _snapshot.Views[one.View].Segment.KeyOf(one.Passage);
}
