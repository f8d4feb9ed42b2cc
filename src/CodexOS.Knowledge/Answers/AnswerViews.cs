using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Documents;
using CodexOS.Knowledge.Search;

namespace CodexOS.Knowledge.Answers;

/// <summary>A question to a knowledge base.</summary>
/// <param name="Question">What is asked, in plain words.</param>
/// <param name="Metadata">Only documents that have one of the values, for each key.</param>
/// <param name="From">Only documents of this time or later.</param>
/// <param name="Before">Only documents before this time.</param>
/// <param name="Language">The language of the question, as in <c>de</c>; guessed if it is left out.</param>
public sealed record AskKnowledgeRequest(
    [property: Required, StringLength(4_000, MinimumLength = 1)] string? Question,
    [property: MaxLength(32)] Dictionary<string, string[]>? Metadata = null,
    DateTimeOffset? From = null,
    DateTimeOffset? Before = null,
    [property: StringLength(8, MinimumLength = 2)] string? Language = null);

/// <summary>A question that a model is to answer from a knowledge base.</summary>
/// <param name="Question">What is asked, in plain words.</param>
/// <param name="Model">Which model, <c>provider:model</c>.</param>
public sealed record WriteAnswerRequest(
    [property: Required, StringLength(4_000, MinimumLength = 1)] string? Question,
    [property: Required, StringLength(200, MinimumLength = 3)] string? Model);

/// <summary>What a knowledge base says to a question, in its documents' own words.</summary>
/// <param name="IsAnswered">
/// Whether the passages speak of enough of what was asked. Without that there is no text, but the nearest passages.
/// </param>
/// <param name="Text">Sentences of the documents, each with the number of its citation; null without an answer.</param>
/// <param name="Citations">Where each sentence stands.</param>
/// <param name="Coverage">
/// Which share of what was asked the best passage speaks of, from 0 to 1. Rare words count for more.
/// </param>
/// <param name="UnknownWords">Words of the question that no passage has, in the form in which they are compared.</param>
/// <param name="Passages">The passages that were looked at, the best first.</param>
/// <param name="IsPartial">Whether not everything counted: time ran out, or the store of the vectors is not there.</param>
/// <param name="Microseconds">How long it took on the server, in microseconds.</param>
/// <param name="PartialReason">Why, as of a search; null if everything counted.</param>
public sealed record KnowledgeAnswer(
    bool IsAnswered, string? Text, IReadOnlyList<Citation> Citations, double Coverage, ImmutableArray<string> UnknownWords,
    IReadOnlyList<FoundPassage> Passages, bool IsPartial, int Microseconds, string? PartialReason)
{
    /// <summary>Why the base's reranker did not rank the passages, as of a search; null if it did or there is none.</summary>
    public string? RerankReason { get; init; }
}

/// <summary>Where something that is said stands.</summary>
/// <param name="Number">As it is named in the text.</param>
/// <param name="DocumentId">The document.</param>
/// <param name="Document">Its name.</param>
/// <param name="Title">Its title.</param>
/// <param name="Version">Of which of its contents.</param>
/// <param name="Place">The passage.</param>
/// <param name="Start">Where the words begin in the document's text, in UTF-16 code units.</param>
/// <param name="Length">How long they are.</param>
/// <param name="Quote">The words.</param>
public sealed record Citation(
    int Number, DocumentId DocumentId, string Document, string? Title, int Version, PassagePlace Place, long Start, int Length,
    string Quote);
