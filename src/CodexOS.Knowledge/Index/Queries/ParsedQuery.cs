using System.Collections.Immutable;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Index.Lexical;

namespace CodexOS.Knowledge.Index.Queries;

/// <summary>One word of a query: the terms that it may be indexed as, one for each language it may be in.</summary>
/// <param name="Position">Where it stands among the words.</param>
/// <param name="Terms">Any of these is the word.</param>
internal sealed record QueryWord(int Position, ImmutableArray<string> Terms);

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

    /// <summary>Its vector, where a model outside of the index makes them.</summary>
    public GivenVector? Vector { get; init; }
}
