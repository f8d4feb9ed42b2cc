using System.Collections.Concurrent;
using System.Text.Json;
using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Index.Analysis;
using CodexOS.Knowledge.Index.Queries;
using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Http;

namespace CodexOS.Knowledge.Tuning;

/// <summary>What of a base's tuning a search does without, to be compared.</summary>
[Flags]
internal enum LeftOut
{
    None = 0,
    Synonyms = 1,
    Boosts = 2,
}

/// <summary>What a request says of it.</summary>
internal static class TuningUse
{
    /// <summary>What a search does without; what a request does not speak of counts.</summary>
    public static LeftOut Without(bool? synonyms, bool? boosts) =>
        (synonyms is false ? LeftOut.Synonyms : LeftOut.None) | (boosts is false ? LeftOut.Boosts : LeftOut.None);
}

/// <summary>
/// Gives searches the synonyms and boosts of their base. They are read with the row of the base, so they count from the next
/// search on, on every server; what was made of them is kept as long as the row says the same.
/// </summary>
internal sealed class BaseTunings(TimeProvider clock)
{
    private const int KeptMax = 1_000;

    private readonly ConcurrentDictionary<KnowledgeBaseId, Kept> _kept = new();

    /// <summary>A search with what counts in a base.</summary>
    public SearchQuery With(BaseRow place, SearchQuery query, LeftOut without)
    {
        if (place.Synonyms is null && place.Boosts is null) return query;
        var kept = Of(place);
        if (!without.HasFlag(LeftOut.Synonyms)) query = query with { Synonyms = kept.Synonyms };
        if (without.HasFlag(LeftOut.Boosts)) return query;
        // By the day, so that one question has one answer all day long.
        var today = new DateTimeOffset(clock.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero);
        var boosts = kept.Boosts.Newer is { } newer
            ? kept.Boosts with { Newer = newer with { Today = today } }
            : kept.Boosts;
        return query with { Boosts = boosts };
    }

    /// <summary>The rules of a base.</summary>
    public static KnowledgeSynonyms SynonymsOf(BaseRow place) => new(
        place.Synonyms is { } text ? JsonSerializer.Deserialize<string[]>(text, Json.Options)! : []);

    /// <summary>How many rules a base has, remarks not counted.</summary>
    public static int RulesOf(BaseRow place) => SynonymsOf(place).Rules.Count(static rule => !SynonymRule.IsRemark(rule));

    /// <summary>The boosts of a base.</summary>
    public static KnowledgeBoosts BoostsOf(BaseRow place) => place.Boosts is { } text
        ? JsonSerializer.Deserialize<KnowledgeBoosts>(text, Json.Options)!
        : KnowledgeBoosts.None;

    /// <summary>How rules are kept; null for none.</summary>
    public static string? Write(KnowledgeSynonyms synonyms) =>
        synonyms.Rules.Count == 0 ? null : JsonSerializer.Serialize(synonyms.Rules, Json.Options);

    /// <summary>How boosts are kept; null for none.</summary>
    public static string? Write(KnowledgeBoosts boosts) =>
        Compile(boosts).IsNone ? null : JsonSerializer.Serialize(boosts, Json.Options);

    private Kept Of(BaseRow place)
    {
        if (_kept.TryGetValue(place.BaseId, out var known)
            && known.SynonymsText == place.Synonyms && known.BoostsText == place.Boosts) return known;
        if (_kept.Count >= KeptMax) _kept.Clear();
        return _kept[place.BaseId] = new Kept(
            place.Synonyms, place.Boosts,
            place.Synonyms is null ? Synonyms.None : Compile(SynonymsOf(place)), Compile(BoostsOf(place)));
    }

    /// <summary>The synonyms of all rules; of one that is there twice the stronger counts.</summary>
    private static Synonyms Compile(KnowledgeSynonyms synonyms) => new(
        synonyms.Rules.SelectMany(static rule => SynonymRule.Parse(rule).TryGet(out var made, out _) ? made : [])
            .GroupBy(static one => (one.Term, one.Other))
            .Select(static same => same.MaxBy(static one => one.Weight)!));

    private static SearchBoosts Compile(KnowledgeBoosts boosts) => new(
        new FieldWeights((float)boosts.Fields.Title, (float)boosts.Fields.Headings, (float)boosts.Fields.Text),
        [.. boosts.Metadata.Select(static rule => new MetadataBoost(rule.Key, rule.Value, rule.Factor))],
        boosts.Newer is { } newer ? new NewerBoost(newer.HalfLifeDays, newer.Factor, default) : null);

    private sealed record Kept(string? SynonymsText, string? BoostsText, Synonyms Synonyms, SearchBoosts Boosts);
}
