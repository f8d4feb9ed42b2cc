using System.Collections.Immutable;
using System.Globalization;
using CodexOS.Knowledge.Index.Lexical;
using CodexOS.Knowledge.Index.Queries;
using CodexOS.Knowledge.Index.Storage;

namespace CodexOS.Knowledge.Index.Fusion;

/// <summary>Multiplies the scores of what a search has found by what is known of the documents.</summary>
internal sealed class Boosting(Snapshot snapshot, SearchBoosts boosts)
{
    /// <summary>How many passages of each channel may be raised; what is behind them is too far away.</summary>
    public const int CandidatesMin = 200;

    private readonly Dictionary<(int View, int Labels), ImmutableArray<AppliedBoost>> _byMetadata = [];

    /// <summary>The score of a passage, raised or lowered. What is below zero is further below when it is lowered.</summary>
    public double Apply(int view, int passage, double score)
    {
        var factor = Of(view, passage).Aggregate(1d, static (product, one) => product * one.Factor);
        return score >= 0 ? score * factor : score / factor;
    }

    /// <summary>What raises or lowers a passage.</summary>
    public IEnumerable<AppliedBoost> Of(int view, int passage)
    {
        var segment = snapshot.Views[view].Segment;
        return boosts.Newer is { } newer && OfAge(newer, segment.TimeOf(passage)) is { } byAge
            ? [.. OfMetadata(view, segment, passage), byAge]
            : OfMetadata(view, segment, passage);
    }

    /// <summary>Many passages share their labels, so each set of labels is looked at once.</summary>
    private ImmutableArray<AppliedBoost> OfMetadata(int view, Segment segment, int passage)
    {
        if (boosts.Metadata.IsEmpty) return [];
        var set = segment.MetadataSetOf(passage);
        if (_byMetadata.TryGetValue((view, set), out var known)) return known;
        var labels = segment.LabelsOf(set);
        return _byMetadata[(view, set)] =
        [
            .. boosts.Metadata.Where(one => LabelText.Has(labels, one.Key, [one.Value]))
                .Select(static one => new AppliedBoost(BoostKind.Metadata, $"{one.Key}={one.Value}", one.Factor)),
        ];
    }

    private static AppliedBoost? OfAge(NewerBoost newer, long time)
    {
        if (time == Segment.NoTime) return null;
        var days = Math.Max(0, TimeSpan.FromTicks(newer.Today.UtcTicks - time).TotalDays);
        var factor = 1 + ((newer.Factor - 1) * Math.Pow(2, -days / newer.HalfLifeDays));
        return new AppliedBoost(BoostKind.Newer, string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(days)} days"), factor);
    }
}
