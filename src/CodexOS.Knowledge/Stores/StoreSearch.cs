using CodexOS.Knowledge.Index;
using CodexOS.Knowledge.Index.Fusion;
using CodexOS.Knowledge.Index.Storage;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Stores;

/// <summary>
/// Looks for the nearest passages in a store, of those that may be found. Readers are always a filter of the store's own. Words,
/// metadata and times are not known there: the passages that they leave are named if they are few, or picked out of more than
/// are needed if they are many. What comes back is held against what may be found once more.
/// </summary>
internal static class StoreSearch
{
    /// <summary>So many passages are named in one request.</summary>
    private const int NamedMax = 2_000;

    /// <summary>So many are asked for at most, to pick from.</summary>
    private const int TopMax = 2_000;

    private const double Reserve = 1.3;

    public static async Task<Result<List<NearInView>>> FindAsync(
        VectorStore store, VectorCollection collection, Snapshot snapshot, PreparedSearch prepared,
        CancellationToken cancellationToken)
    {
        var (allowed, dense) = (prepared.Allowed, prepared.Dense!);
        var count = allowed.Sum(Bits.Count);
        if (count == 0) return new List<NearInView>();
        var search = new VectorSearch(dense.Vector, prepared.Depth, prepared.Query.Filter.Tags, null);
        if (count > NamedMax || count == snapshot.PassageCount)
        {
            var top = Math.Ceiling((prepared.Depth * (double)snapshot.PassageCount / count * Reserve) + (Reserve * 10));
            if (count == snapshot.PassageCount) top = prepared.Depth + (Reserve * 10);
            if (top <= TopMax)
            {
                var asked = await store.SearchAsync(collection, search with { Top = (int)top }, cancellationToken);
                if (!asked.TryGet(out var matches, out var fault)) return fault;
                var near = Take(dense, matches, allowed, prepared.Depth);
                // Fewer than asked for are all that the reader may see, so there is nothing more to be had.
                if (near.Count >= Math.Min(prepared.Depth, count) || matches.Count < (int)top) return near;
            }
        }

        var found = new List<VectorMatch>();
        foreach (var named in Keys(snapshot, allowed).Chunk(NamedMax))
        {
            if (!prepared.Limits.GoOn()) break;
            var asked = await store.SearchAsync(collection, search with { Keys = named }, cancellationToken);
            if (!asked.TryGet(out var matches, out var fault)) return fault;
            found.AddRange(matches);
        }

        return Take(dense, found, allowed, prepared.Depth);
    }

    private static List<NearInView> Take(
        DenseQuery dense, IReadOnlyList<VectorMatch> matches, ulong[][] allowed, int countMax) =>
        dense.Take(matches.Select(static match => (match.Key, match.Score)), allowed, countMax);

    private static IEnumerable<PassageKey> Keys(Snapshot snapshot, ulong[][] allowed)
    {
        for (var view = 0; view < allowed.Length; view++)
        {
            var segment = snapshot.Views[view].Segment;
            for (var passage = 0; passage < segment.Count; passage++)
            {
                if (Bits.Has(allowed[view], passage)) yield return segment.KeyOf(passage);
            }
        }
    }
}
