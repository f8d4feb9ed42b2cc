using System.Collections.Immutable;
using System.Numerics;

namespace CodexOS.Knowledge.Index.Storage;

/// <summary>
/// Chooses what to merge: segments of about one size, once there are many of them, so that each passage is written again
/// only as often as the base grows tenfold; and any segment of which much has been removed.
/// </summary>
internal static class MergePlan
{
    private const int BitsPerTier = 3;
    private const int SmallestTierPassages = 1024;

    /// <summary>The views to merge; none if all is well.</summary>
    public static ImmutableArray<SegmentView> Of(ImmutableArray<SegmentView> views, IndexOptions options)
    {
        var worn = views
            .Where(view => view.Segment.Count - view.AliveCount > options.RemovedShareMax * view.Segment.Count)
            .MaxBy(static view => view.Segment.Count - view.AliveCount);
        if (worn is not null) return [worn];
        foreach (var tier in views.GroupBy(static view => TierOf(view.AliveCount)).OrderBy(static tier => tier.Key))
        {
            var chosen = Chosen([.. tier.OrderBy(static view => view.AliveCount)], options.MergedPassagesMax);
            if (tier.Count() > options.SegmentsPerTierMax && chosen.Length > 1) return chosen;
        }

        return [];
    }

    private static int TierOf(int passages) =>
        BitOperations.Log2((uint)Math.Max(passages, SmallestTierPassages) / SmallestTierPassages) / BitsPerTier;

    private static ImmutableArray<SegmentView> Chosen(ImmutableArray<SegmentView> tier, int passagesMax)
    {
        var (count, passages) = (0, 0L);
        while (count < tier.Length && passages + tier[count].AliveCount <= passagesMax) passages += tier[count++].AliveCount;
        return tier[..count];
    }
}
