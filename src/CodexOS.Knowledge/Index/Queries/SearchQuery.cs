using System.Collections.Immutable;
using CodexOS.Knowledge.Index.Analysis;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Index.Queries;

/// <summary>The ways in which passages are looked for.</summary>
[Flags]
internal enum Channels
{
    None = 0,

    /// <summary>By the words of the query.</summary>
    Lexical = 1,

    /// <summary>By words that stand in the best passages of the former.</summary>
    Feedback = 2,

    /// <summary>By vectors.</summary>
    Dense = 4,

    All = Lexical | Feedback | Dense,
}

/// <summary>A search.</summary>
/// <param name="Text">
/// Words; <c>+word</c> or <c>+"a phrase"</c> must stand there, <c>-word</c> must not. A phrase in quotes must too if at least
/// half of the query is in quotes; else its words count as any others do. <c>word^2</c> and <c>"a phrase"^2</c> count twice.
/// </param>
/// <param name="Filter">What may be found at all.</param>
/// <param name="PassagesMax">How many passages are wanted.</param>
internal sealed record SearchQuery(string Text, SearchFilter Filter, int PassagesMax = 20)
{
    /// <summary>The tag of the query's language; guessed without one.</summary>
    public string? Language { get; init; }

    /// <summary>Its vector, where a model outside of the index makes them; words alone count there without one.</summary>
    public GivenVector? Vector { get; init; }

    /// <summary>How passages are looked for.</summary>
    public Channels Channels { get; init; } = Channels.All;

    /// <summary>What else is looked for with which words.</summary>
    public Synonyms Synonyms { get; init; } = Synonyms.None;

    /// <summary>What raises passages, or lowers them.</summary>
    public SearchBoosts Boosts { get; init; } = SearchBoosts.None;

    /// <summary>How long it may take; what was found by then is given. The index's own limit without one.</summary>
    public TimeSpan? TimeMax { get; init; }
}

/// <summary>What may be found at all; looked at before anything is ranked.</summary>
internal sealed record SearchFilter
{
    /// <summary>The tags of the caller; a passage with readers needs one of them. Null is for the system itself.</summary>
    public ImmutableHashSet<string>? Tags { get; init; } = [];

    /// <summary>Metadata that a passage must have; all of these.</summary>
    public ImmutableArray<MetadataCondition> Metadata { get; init; } = [];

    /// <summary>The earliest time.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>The time that must not be reached.</summary>
    public DateTimeOffset? Before { get; init; }

    /// <summary>Only these documents; all if null.</summary>
    public ImmutableHashSet<Guid>? Documents { get; init; }

    /// <summary>Lets everything through; for the system itself.</summary>
    public static SearchFilter Everything { get; } = new() { Tags = null };
}

/// <summary>The passage has one of the values under the key.</summary>
internal sealed record MetadataCondition(string Key, ImmutableArray<string> AnyOf);

/// <summary>What a search found.</summary>
/// <param name="Hits">The best first.</param>
/// <param name="Generation">The generation of the index that was searched.</param>
/// <param name="IsPartial">Whether time ran out before everything was seen.</param>
/// <param name="Asked">The words that were looked for.</param>
internal sealed record SearchResult(ImmutableArray<SearchHit> Hits, long Generation, bool IsPartial, AskedWords Asked)
{
    /// <summary>Why vectors did not count, or not all of them; null if they did, or if the search needs none.</summary>
    public Fault? VectorsFault { get; init; }
}

/// <summary>One passage that was found, and why.</summary>
/// <param name="Key">Which passage.</param>
/// <param name="Score">By which hits are ranked; to be compared within one search only.</param>
/// <param name="Lexical">The score by the words of the query (BM25).</param>
/// <param name="Feedback">The score by the query with the words of the best passages; zero if that was not done.</param>
/// <param name="Dense">The cosine of the vectors of query and passage; zero if there are none.</param>
/// <param name="MatchedTerms">The terms of the query that the passage has, as they are indexed.</param>
internal sealed record SearchHit(
    PassageKey Key, double Score, double Lexical, double Feedback, double Dense, ImmutableArray<string> MatchedTerms)
{
    /// <summary>The synonyms by which it was found.</summary>
    public ImmutableArray<MatchedSynonym> Synonyms { get; init; } = [];

    /// <summary>What raised or lowered it.</summary>
    public ImmutableArray<AppliedBoost> Boosts { get; init; } = [];
}
