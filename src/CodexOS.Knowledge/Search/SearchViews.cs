using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Documents;
using CodexOS.Knowledge.Index.Queries;
using CodexOS.Tools.Contracts;

namespace CodexOS.Knowledge.Search;

/// <summary>A search in a knowledge base.</summary>
/// <param name="Query">
/// What is asked. <c>+word</c> must stand there, <c>-word</c> must not, <c>+"words in quotes"</c> must stand there so; without
/// the sign they must if they are at least half of the question. <c>word^2</c> counts twice, from .1 to 10.
/// </param>
/// <param name="Limit">How many passages at most; 10 if it is left out.</param>
/// <param name="Metadata">Only documents that have one of the values, for each key.</param>
/// <param name="From">Only documents of this time or later.</param>
/// <param name="Before">Only documents before this time.</param>
/// <param name="Language">The language of the question, as in <c>de</c>; guessed if it is left out.</param>
/// <param name="Way">In which way passages are looked for; the best if it is left out, the others to be compared with.</param>
/// <param name="Synonyms">Whether the synonyms of the base count, as they do if it is left out.</param>
/// <param name="Boosts">Whether the boosts of the base count, as they do if it is left out.</param>
public sealed record SearchKnowledgeRequest(
    [property: Required, StringLength(4_000, MinimumLength = 1)] string? Query,
    [property: Range(1, 100)] int? Limit = null,
    [property: MaxLength(32)] Dictionary<string, string[]>? Metadata = null,
    DateTimeOffset? From = null,
    DateTimeOffset? Before = null,
    [property: StringLength(8, MinimumLength = 2)] string? Language = null,
    SearchWay? Way = null,
    bool? Synonyms = null,
    bool? Boosts = null);

/// <summary>What a search found.</summary>
/// <param name="Passages">The best first.</param>
/// <param name="IsPartial">Whether not everything counted: time ran out, or the store of the vectors is not there.</param>
/// <param name="Microseconds">How long it took on the server, in microseconds.</param>
/// <param name="PartialReason">
/// Why: <c>knowledge.time_limit</c>, <c>knowledge.store_unavailable</c>, <c>knowledge.store_behind</c> or another fault of the
/// store, in which case words alone counted, or not all vectors. Null if everything did.
/// </param>
public sealed record SearchAnswer(
    IReadOnlyList<FoundPassage> Passages, bool IsPartial, int Microseconds, string? PartialReason = null)
{
    /// <summary>
    /// Why the reranker of the base did not rank the passages: <c>knowledge.reranker_too_slow</c>, <c>inference.endpoint_down</c>
    /// or another fault; they are as they were found then. Null if it did, or if the base has none.
    /// </summary>
    public string? RerankReason { get; init; }

    /// <summary>The words that were looked for.</summary>
    internal AskedWords? Asked { get; init; }
}

/// <summary>A passage that was found, and why.</summary>
/// <param name="DocumentId">The document.</param>
/// <param name="Document">Its name.</param>
/// <param name="Title">Its title.</param>
/// <param name="Version">Of which of its contents the passage is.</param>
/// <param name="Place">Where in the document it is.</param>
/// <param name="Text">Its words.</param>
/// <param name="Score">
/// By which passages are ranked; to be compared within one search only. Those that a reranker has seen come first, by its score.
/// </param>
/// <param name="Scores">What each way of looking thought of it.</param>
/// <param name="MatchedTerms">The words of the question that it has, in the form in which they are compared.</param>
/// <param name="Metadata">The document's pairs.</param>
public sealed record FoundPassage(
    DocumentId DocumentId, string Document, string? Title, int Version, PassagePlace Place, string Text, double Score,
    PassageScores Scores, ImmutableArray<string> MatchedTerms, SortedDictionary<string, string> Metadata)
{
    /// <summary>The synonyms by which it was found.</summary>
    public IReadOnlyList<MatchedSynonym> Synonyms { get; init; } = [];

    /// <summary>What raised or lowered it.</summary>
    public IReadOnlyList<AppliedBoost> Boosts { get; init; } = [];

    /// <summary>What is known of where its words come from, and who may read them.</summary>
    internal Label Label { get; init; } = Label.Unknown;
}

/// <summary>What each way of looking thought of a passage.</summary>
/// <param name="Lexical">By the words of the question (BM25).</param>
/// <param name="Feedback">By words of the best passages; 0 where that was not done.</param>
/// <param name="Dense">The cosine between the vectors of question and passage; 0 where there are none.</param>
/// <param name="Rerank">By the reranker of the base; null where none has seen it.</param>
public sealed record PassageScores(double Lexical, double Feedback, double Dense, double? Rerank = null);
