using System.Collections.Immutable;
using CodexOS.Knowledge.Index.Lexical;

namespace CodexOS.Knowledge.Index.Queries;

/// <summary>What raises passages in a ranking, or lowers them. It touches only what a search has found.</summary>
/// <param name="Fields">How much a word counts by where it stands.</param>
/// <param name="Metadata">By what is said of the document; all that fit are multiplied.</param>
/// <param name="Newer">By its age; null if that does not count.</param>
internal sealed record SearchBoosts(FieldWeights Fields, ImmutableArray<MetadataBoost> Metadata, NewerBoost? Newer)
{
    /// <summary>The least factor of one boost.</summary>
    public const double FactorMin = 0.1;

    /// <summary>The largest.</summary>
    public const double FactorMax = 10;

    public static SearchBoosts None { get; } = new(FieldWeights.Usual, [], null);

    /// <summary>Whether nothing is raised or lowered.</summary>
    public bool IsNone => Fields == FieldWeights.Usual && Metadata.IsEmpty && Newer is null;
}

/// <summary>How much a word counts by where it stands.</summary>
internal sealed record FieldWeights(float Title, float Headings, float Text)
{
    /// <summary>As segments are written.</summary>
    public static FieldWeights Usual { get; } = new(SegmentBuilder.TitleWeight, SegmentBuilder.TitleWeight, 1);
}

/// <summary>Passages of documents that have a value under a key count so many times.</summary>
internal sealed record MetadataBoost(string Key, string Value, double Factor);

/// <summary>
/// Passages of a document of today count so many times; what that is more or less than one is halved with each half-life.
/// </summary>
/// <param name="HalfLifeDays">After how many days.</param>
/// <param name="Factor">How many times today.</param>
/// <param name="Today">From when on the age is counted: a day, so that a search finds the same all day long.</param>
internal sealed record NewerBoost(double HalfLifeDays, double Factor, DateTimeOffset Today);

/// <summary>What raised or lowered a passage.</summary>
public enum BoostKind
{
    /// <summary>A word of the question with a factor of its own, as in <c>word^2</c>.</summary>
    Term,

    /// <summary>Where the words of the question stand in it: title, headings or text.</summary>
    Fields,

    /// <summary>A pair of the document's metadata.</summary>
    Metadata,

    /// <summary>The document's age.</summary>
    Newer,
}

/// <summary>A factor that was applied to a passage.</summary>
/// <param name="Kind">What it comes from.</param>
/// <param name="What">The word, the pair as <c>key=value</c>, or the age as <c>12 days</c>; empty for fields.</param>
/// <param name="Factor">
/// How many times the passage counts by it; of a word and of fields, how many times more the words count.
/// </param>
public sealed record AppliedBoost(BoostKind Kind, string What, double Factor);

/// <summary>A synonym by which a passage was found.</summary>
/// <param name="Written">What stands in the question.</param>
/// <param name="Found">What stands in the passage in its place.</param>
public sealed record MatchedSynonym(string Written, string Found);
