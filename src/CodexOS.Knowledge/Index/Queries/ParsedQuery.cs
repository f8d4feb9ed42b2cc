using System.Collections.Immutable;
using CodexOS.Knowledge.Index.Analysis;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Index.Lexical;

namespace CodexOS.Knowledge.Index.Queries;

/// <summary>One word of a query: the terms that it may be indexed as, one for each language it may be in.</summary>
/// <param name="Position">Where it stands among the words.</param>
/// <param name="Terms">Any of these is the word.</param>
internal sealed record QueryWord(int Position, ImmutableArray<string> Terms);

/// <summary>A synonym that a query is looked for with as well.</summary>
/// <param name="Synonym">The synonym.</param>
/// <param name="Written">Its words that stand in the query.</param>
/// <param name="Words">The words that are looked for in their place.</param>
/// <param name="IsAsked">Whether all of these are asked for themselves.</param>
internal sealed record UsedSynonym(
    Synonym Synonym, ImmutableArray<QueryWord> Written, ImmutableArray<QueryWord> Words, bool IsAsked);

/// <summary>Words of a query that count more or less than the others.</summary>
/// <param name="Text">As they are written.</param>
/// <param name="Words">The words.</param>
/// <param name="Factor">How many times they count.</param>
internal sealed record BoostedWords(string Text, ImmutableArray<QueryWord> Words, double Factor);

/// <summary>A query as it was understood.</summary>
internal sealed record ParsedQuery
{
    /// <summary>What passages are ranked by.</summary>
    public required ImmutableArray<WeightedTerm> Terms { get; init; }

    /// <summary>The words that are wanted, in order.</summary>
    public required ImmutableArray<QueryWord> Words { get; init; }

    /// <summary>Words of which each must be in a passage.</summary>
    public required ImmutableArray<QueryWord> Required { get; init; }

    /// <summary>Words of which none may be in a passage.</summary>
    public required ImmutableArray<QueryWord> Excluded { get; init; }

    /// <summary>Words that must follow one another.</summary>
    public required ImmutableArray<ImmutableArray<QueryWord>> Phrases { get; init; }

    /// <summary>Word sequences that must not stand in a passage.</summary>
    public required ImmutableArray<ImmutableArray<QueryWord>> ExcludedPhrases { get; init; }

    /// <summary>Whether something is looked for letter by letter, so that other words would only lead away from it.</summary>
    public required bool IsExact { get; init; }

    /// <summary>The synonyms that it is looked for with as well.</summary>
    public ImmutableArray<UsedSynonym> Synonyms { get; init; } = [];

    /// <summary>The words that have a factor of their own.</summary>
    public ImmutableArray<BoostedWords> Boosted { get; init; } = [];

    /// <summary>Its vector, where a model outside of the index makes them.</summary>
    public GivenVector? Vector { get; init; }
}
