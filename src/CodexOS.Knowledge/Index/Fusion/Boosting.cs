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

    private readonly Dictionary<(int View, int Labels), OfLabels> _byMetadata = [];

    private readonly ImmutableArray<(string Pair, AppliedBoost Boost)> _pairs =
    [
        .. boosts.Metadata.Select(static one => (
            LabelText.OfPair(one.Key, one.Value), new AppliedBoost(BoostKind.Metadata, $"{one.Key}={one.Value}", one.Factor))),
    ];

    /// <summary>The score of a passage, raised or lowered. What is below zero is further below when it is lowered.</summary>
    public double Apply(int view, int passage, double score)
    {
        var segment = snapshot.Views[view].Segment;
        var factor = OfMetadata(view, segment, passage).Factor;
        if (boosts.Newer is { } newer && DaysOf(newer, segment.TimeOf(passage)) is { } days) factor *= FactorOf(newer, days);
        return score >= 0 ? score * factor : score / factor;
    }

    /// <summary>What raises or lowers a passage.</summary>
    public IEnumerable<AppliedBoost> Of(int view, int passage)
    {
        var segment = snapshot.Views[view].Segment;
        var byMetadata = OfMetadata(view, segment, passage).Applied;
        if (boosts.Newer is not { } newer || DaysOf(newer, segment.TimeOf(passage)) is not { } days) return byMetadata;
        var age = string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(days)} days");
        return [.. byMetadata, new AppliedBoost(BoostKind.Newer, age, FactorOf(newer, days))];
    }

    /// <summary>Many passages share their labels, so each set of labels is looked at once.</summary>
    private OfLabels OfMetadata(int view, Segment segment, int passage)
    {
        if (_pairs.IsEmpty) return OfLabels.None;
        var set = segment.MetadataSetOf(passage);
        if (_byMetadata.TryGetValue((view, set), out var known)) return known;
        var labels = segment.LabelsOf(set);
        ImmutableArray<AppliedBoost> applied =
            [.. _pairs.Where(one => LabelText.HasPair(labels, one.Pair)).Select(static one => one.Boost)];
        return _byMetadata[(view, set)] = applied.IsEmpty
            ? OfLabels.None
            : new OfLabels(applied, applied.Aggregate(1d, static (product, one) => product * one.Factor));
    }

    /// <summary>How old a passage is; null if it has no date.</summary>
    private static double? DaysOf(NewerBoost newer, long time) =>
        time == Segment.NoTime ? null : Math.Max(0, TimeSpan.FromTicks(newer.Today.UtcTicks - time).TotalDays);

    private static double FactorOf(NewerBoost newer, double days) =>
        1 + ((newer.Factor - 1) * Math.Pow(2, -days / newer.HalfLifeDays));

    /// <summary>What a set of labels raises or lowers by, and all of that multiplied.</summary>
    private sealed record OfLabels(ImmutableArray<AppliedBoost> Applied, double Factor)
    {
        public static OfLabels None { get; } = new([], 1);
    }
}
