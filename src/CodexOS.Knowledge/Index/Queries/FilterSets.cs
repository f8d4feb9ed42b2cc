using System.Collections.Immutable;
using System.Globalization;
using CodexOS.Knowledge.Index.Lexical;
using CodexOS.Knowledge.Index.Storage;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Index.Queries;

/// <summary>Turns a filter into the set of passages that may be found, for each segment.</summary>
internal sealed class FilterSets(SearchFilter filter)
{
    private const int ConditionsMax = 32;
    private const int ValuesMax = 1000;
    private const int DocumentsMax = 100_000;

    private readonly string _name = NameOf(filter);

    /// <summary>What is wrong with a filter; null if nothing is.</summary>
    public static Fault? Check(SearchFilter filter)
    {
        if (filter.Metadata.Length > ConditionsMax || filter.Metadata.Any(static one => one.AnyOf.Length > ValuesMax))
            return IndexFaults.BadFilter($"it has more than {ConditionsMax} conditions, or one of more than {ValuesMax} values");
        if (filter.Documents?.Count > DocumentsMax) return IndexFaults.BadFilter($"it names more than {DocumentsMax} documents");
        return null;
    }

    /// <summary>A set of the passages of a segment that may be found, for the caller to keep and change.</summary>
    public ulong[] Of(SegmentView view)
    {
        var set = (ulong[])view.Filtered(_name, Evaluate).Clone();
        if (filter.Documents is not null) Bits.And(set, OfDocuments(view, filter.Documents));
        return set;
    }

    private ulong[] Evaluate(SegmentView view)
    {
        var segment = view.Segment;
        var set = view.Alive is null ? Bits.Full(segment.Count) : (ulong[])view.Alive.Clone();
        if (filter.Tags is { } tags)
            Keep(set, segment, segment.ReaderSetOf, labels => LabelText.MayRead(labels, tags));
        foreach (var condition in filter.Metadata)
            Keep(set, segment, segment.MetadataSetOf, labels => LabelText.Has(labels, condition.Key, condition.AnyOf));
        if (filter.From is null && filter.Before is null) return set;
        var from = filter.From?.UtcTicks ?? Segment.NoTime + 1;
        var before = filter.Before?.UtcTicks ?? long.MaxValue;
        for (var i = 0; i < segment.Count; i++)
        {
            var time = segment.TimeOf(i);
            if (time < from || time >= before) Bits.Clear(set, i);
        }

        return set;
    }

    /// <summary>Many passages share their labels, so each set of labels is judged once.</summary>
    private static void Keep(ulong[] set, Segment segment, Func<int, int> labelsOf, Func<string, bool> isKept)
    {
        var verdicts = new sbyte[segment.LabelSetCount];
        for (var i = 0; i < segment.Count; i++)
        {
            var labels = labelsOf(i);
            if (verdicts[labels] == 0) verdicts[labels] = isKept(segment.LabelsOf(labels)) ? (sbyte)1 : (sbyte)-1;
            if (verdicts[labels] < 0) Bits.Clear(set, i);
        }
    }

    private static ulong[] OfDocuments(SegmentView view, ImmutableHashSet<Guid> documents)
    {
        var set = Bits.Empty(view.Segment.Count);
        foreach (var document in documents)
        {
            var (start, count) = view.Segment.PassagesOf(document);
            for (var i = 0; i < count; i++) Bits.Set(set, start + i);
        }

        return set;
    }

    /// <summary>The same text for the same filter; with lengths, so that no value can imitate another.</summary>
    private static string NameOf(SearchFilter filter)
    {
        var parts = new List<string>
        {
            filter.Tags is null ? "*" : string.Concat(filter.Tags.Order(StringComparer.Ordinal).Select(Sized)),
            filter.From?.UtcTicks.ToString(CultureInfo.InvariantCulture) ?? "",
            filter.Before?.UtcTicks.ToString(CultureInfo.InvariantCulture) ?? "",
        };
        foreach (var condition in filter.Metadata)
            parts.Add(Sized(condition.Key) + string.Concat(condition.AnyOf.Select(Sized)));
        return string.Join('|', parts);
    }

    private static string Sized(string text) => $"{text.Length}:{text}";
}
