using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace CodexOS.Knowledge.Tuning;

// Where everything may be left out, a slip of the pen would be taken for that: a name that is none of these is refused.


/// <summary>The synonyms of a knowledge base.</summary>
/// <param name="Rules">
/// The rules as they were written: <c>laptop, notebook</c> stand for each other, <c>k8s =&gt; kubernetes</c> one way only.
/// <c>^0.8</c> at the end says how much the synonyms count, above 0 and up to 1; .5 without it. A side has up to three words, or
/// several such groups with commas between them. A line that is empty or begins with <c>#</c> is a remark.
/// </param>
public sealed record KnowledgeSynonyms(IReadOnlyList<string> Rules);

/// <summary>The synonyms that a knowledge base shall have, in place of those that it has.</summary>
/// <param name="Rules">The rules; none takes all synonyms away.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record SetSynonymsRequest([property: Required, MaxLength(5_000)] IReadOnlyList<string>? Rules);

/// <summary>What raises passages of a knowledge base in searches, or lowers them. Factors are from .1 to 10.</summary>
/// <param name="Fields">How much words count by where they stand.</param>
/// <param name="Metadata">By what is said of the document; the factors of all rules that fit are multiplied.</param>
/// <param name="Newer">By the age of the document; null if that does not count.</param>
public sealed record KnowledgeBoosts(FieldBoosts Fields, IReadOnlyList<MetadataRule> Metadata, NewerRule? Newer)
{
    /// <summary>Nothing is raised or lowered.</summary>
    internal static KnowledgeBoosts None { get; } = new(FieldBoosts.Usual, [], Newer: null);
}

/// <summary>The boosts that a knowledge base shall have, in place of those that it has.</summary>
/// <param name="Fields">How much words count by where they stand; as usual if it is left out.</param>
/// <param name="Metadata">By what is said of the document; none if it is left out.</param>
/// <param name="Newer">By the age of the document; that does not count if it is left out.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record SetBoostsRequest(
    FieldBoosts? Fields = null, [property: MaxLength(200)] IReadOnlyList<MetadataRule>? Metadata = null, NewerRule? Newer = null);

/// <summary>How much a word counts by where it stands, from .1 to 10.</summary>
/// <param name="Title">In the title of the document; usually 2.</param>
/// <param name="Headings">In the headings above the passage; usually 2.</param>
/// <param name="Text">In its text; usually 1.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record FieldBoosts(double Title = 2, double Headings = 2, double Text = 1)
{
    /// <summary>As words count where a base does not say.</summary>
    internal static FieldBoosts Usual { get; } = new();
}

/// <summary>Documents with a pair of metadata count so many times.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">The value, exactly so.</param>
/// <param name="Factor">How many times, from .1 to 10.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record MetadataRule(string Key, string Value, double Factor);

/// <summary>
/// Newer documents count more, or less with a factor below one: those of today so many times; what that differs from one is
/// halved with each half-life. Documents without a date count as they are.
/// </summary>
/// <param name="HalfLifeDays">After how many days, from 1 to 36500.</param>
/// <param name="Factor">How many times documents of today count, from .1 to 10.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record NewerRule(double HalfLifeDays, double Factor);
