using System.Text.Json.Serialization;

namespace CodexOS.Client.Contracts;

/// <summary>The synonyms of a knowledge base.</summary>
/// <param name="Rules">
/// The rules as they were written: <c>laptop, notebook</c> both ways, <c>k8s =&gt; kubernetes ^0.8</c> one way and with a weight;
/// a line that begins with <c>#</c> is a remark.
/// </param>
public sealed record KnowledgeSynonyms(IReadOnlyList<string> Rules);

/// <summary>What raises passages of a knowledge base in searches, or lowers them. Factors are from .1 to 10.</summary>
/// <param name="Fields">How much words count by where they stand; as usual without it.</param>
/// <param name="Metadata">By what is said of the document.</param>
/// <param name="Newer">By the age of the document; null if that does not count.</param>
public sealed record KnowledgeBoosts(
    FieldBoosts? Fields = null, IReadOnlyList<MetadataRule>? Metadata = null, NewerRule? Newer = null)
{
    /// <summary>Whether nothing is raised or lowered.</summary>
    [JsonIgnore]
    public bool IsNone => Newer is null && Metadata is null or { Count: 0 } && (Fields is null || Fields == new FieldBoosts());
}

/// <summary>How much a word counts by where it stands.</summary>
/// <param name="Title">In the title of the document.</param>
/// <param name="Headings">In the headings above the passage.</param>
/// <param name="Text">In its text.</param>
public sealed record FieldBoosts(double Title = 2, double Headings = 2, double Text = 1);

/// <summary>Documents with a pair of metadata count so many times.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">The value.</param>
/// <param name="Factor">How many times.</param>
public sealed record MetadataRule(string Key, string Value, double Factor);

/// <summary>Documents of today count so many times; what that differs from one is halved with each half-life.</summary>
/// <param name="HalfLifeDays">After how many days.</param>
/// <param name="Factor">How many times.</param>
public sealed record NewerRule(double HalfLifeDays, double Factor);

/// <summary>What of a base's tuning counts in a search.</summary>
/// <param name="Synonyms">Whether its synonyms do.</param>
/// <param name="Boosts">Whether its boosts do.</param>
public sealed record TuningUse(bool Synonyms = true, bool Boosts = true)
{
    /// <summary>As searches are made.</summary>
    public static TuningUse All { get; } = new();
}

/// <summary>A synonym by which a passage was found.</summary>
/// <param name="Written">What stands in the question.</param>
/// <param name="Found">What stands in the passage in its place.</param>
public sealed record MatchedSynonym(string Written, string Found);

/// <summary>What raises or lowers a passage.</summary>
[JsonConverter(typeof(WordEnumConverter<BoostKind>))]
public enum BoostKind
{
    /// <summary>Something that this program does not know yet.</summary>
    Unknown,

    /// <summary>A word of the question with a factor of its own.</summary>
    Term,

    /// <summary>Where the words of the question stand in it.</summary>
    Fields,

    /// <summary>A pair of the document's metadata.</summary>
    Metadata,

    /// <summary>The document's age.</summary>
    Newer,
}

/// <summary>A factor that was applied to a passage.</summary>
/// <param name="Kind">What it comes from.</param>
/// <param name="What">The word, the pair or the age; empty for fields.</param>
/// <param name="Factor">How many times it counts by it.</param>
public sealed record AppliedBoost(BoostKind Kind, string What, double Factor);

internal sealed record SetSynonymsBody(IReadOnlyList<string> Rules);
