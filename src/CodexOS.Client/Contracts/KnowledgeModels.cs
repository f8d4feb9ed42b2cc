using System.Text.Json.Serialization;

namespace CodexOS.Client.Contracts;

/// <summary>A knowledge base.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Description">What is in it.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="CreatedBy">Who made it.</param>
/// <param name="Documents">How many documents it has.</param>
/// <param name="Pending">How many of them wait to be read.</param>
/// <param name="Failed">How many of them could not be read.</param>
/// <param name="Passages">How many passages are searched.</param>
/// <param name="SizeBytes">How many bytes its documents have.</param>
/// <param name="Store">Where its vectors lie: the name of a store, or <c>embedded</c>.</param>
/// <param name="IsStoreBehind">Whether that store does not have all vectors yet, as far as that is known.</param>
/// <param name="StoreFault">The code of what stands in the way of its vectors, as far as that is known.</param>
/// <param name="Model">What makes its vectors: a model as <c>provider:model</c>, or <c>builtin</c> for the index itself.</param>
/// <param name="Reranker">What ranks the best passages of a search once more, <c>provider:model</c>; null if nothing does.</param>
/// <param name="SynonymRules">How many rules of synonyms it has.</param>
/// <param name="HasBoosts">Whether something raises or lowers its passages.</param>
public sealed record KnowledgeBase(
    string Id, string Name, string Description, DateTimeOffset CreatedAt, string CreatedBy, long Documents, long Pending,
    long Failed, long Passages, long SizeBytes, string Store = "embedded", bool? IsStoreBehind = null,
    string? StoreFault = null, string Model = "builtin", string? Reranker = null, int SynonymRules = 0,
    bool HasBoosts = false);

/// <summary>Where a document stands.</summary>
[JsonConverter(typeof(WordEnumConverter<DocumentState>))]
public enum DocumentState
{
    /// <summary>A state that this program does not know yet.</summary>
    Unknown,

    /// <summary>It waits to be read.</summary>
    Pending,

    /// <summary>It has been read and is found.</summary>
    Indexed,

    /// <summary>It could not be read.</summary>
    Failed,
}

/// <summary>A document of a knowledge base.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name with its folders.</param>
/// <param name="State">Whether it has been read.</param>
/// <param name="Version">Counts contents, from one.</param>
/// <param name="Format">What it turned out to be.</param>
/// <param name="Title">Its title, where it has one.</param>
/// <param name="SizeBytes">The length of the file.</param>
/// <param name="Passages">How many passages it was cut into.</param>
/// <param name="Characters">How long its text is.</param>
/// <param name="FaultCode">Why it could not be read, as a stable code.</param>
/// <param name="FaultMessage">Why it could not be read, and what to do.</param>
/// <param name="Metadata">Pairs that searches can ask for.</param>
/// <param name="ChangedAt">When its content or state last changed.</param>
/// <param name="MediaType">What it was said to be when it was added.</param>
/// <param name="Readers">The members who alone may read it; none is everybody who may read the base.</param>
/// <param name="At">The time that it speaks of, if somebody said so.</param>
public sealed record KnowledgeDocument(
    string Id, string Name, DocumentState State, int Version, string? Format, string? Title, long SizeBytes, int Passages,
    long Characters, string? FaultCode, string? FaultMessage, IReadOnlyDictionary<string, string> Metadata,
    DateTimeOffset ChangedAt, string? MediaType = null, IReadOnlyList<string>? Readers = null, DateTimeOffset? At = null);

/// <summary>A document that is to be added.</summary>
/// <param name="Name">Its name, with folders.</param>
/// <param name="Content">The file.</param>
public sealed record NewDocument(string Name, ReadOnlyMemory<byte> Content)
{
    /// <summary>What the file is said to be.</summary>
    public string MediaType { get; init; } = "application/octet-stream";

    /// <summary>Pairs that searches can ask for, each as <c>key=value</c>.</summary>
    public IReadOnlyList<string> Metadata { get; init; } = [];

    /// <summary>The members who alone may read it, by id; none is everybody who may read the base.</summary>
    public IReadOnlyList<string> Readers { get; init; } = [];

    /// <summary>The time that it speaks of.</summary>
    public DateTimeOffset? At { get; init; }
}

/// <summary>What adding a document did.</summary>
[JsonConverter(typeof(WordEnumConverter<DocumentChange>))]
public enum DocumentChange
{
    /// <summary>Something that this program does not know yet.</summary>
    Unknown,

    /// <summary>There was none of this name.</summary>
    Added,

    /// <summary>The one of this name has another content now, or other readers or metadata.</summary>
    Replaced,

    /// <summary>It was there already, exactly so.</summary>
    Unchanged,
}

/// <summary>A document that was added.</summary>
/// <param name="Document">The document.</param>
/// <param name="Change">What became of it.</param>
public sealed record AddedDocument(KnowledgeDocument Document, DocumentChange Change);

/// <summary>What a search found.</summary>
/// <param name="Passages">The best first.</param>
/// <param name="IsPartial">Whether not everything counted.</param>
/// <param name="Microseconds">How long it took on the server.</param>
/// <param name="PartialReason">Why not: that time ran out, or what is wrong with the store of the vectors.</param>
/// <param name="RerankReason">Why the base's reranker did not rank the passages; null if it did, or if there is none.</param>
public sealed record SearchAnswer(
    IReadOnlyList<FoundPassage> Passages, bool IsPartial, int Microseconds, string? PartialReason = null,
    string? RerankReason = null);

/// <summary>What a knowledge base says to a question, in its documents' own words.</summary>
/// <param name="IsAnswered">Whether the passages speak of enough of what was asked.</param>
/// <param name="Text">Sentences of the documents, each with the number of its citation; null without an answer.</param>
/// <param name="Citations">Where each sentence stands.</param>
/// <param name="Coverage">Which share of what was asked the best passage speaks of, from 0 to 1.</param>
/// <param name="UnknownWords">Words of the question that no passage has.</param>
/// <param name="Passages">The passages that were looked at, the best first.</param>
/// <param name="IsPartial">Whether not everything counted.</param>
/// <param name="Microseconds">How long it took on the server.</param>
/// <param name="PartialReason">Why not: that time ran out, or what is wrong with the store of the vectors.</param>
/// <param name="RerankReason">Why the base's reranker did not rank the passages; null if it did, or if there is none.</param>
public sealed record KnowledgeAnswer(
    bool IsAnswered, string? Text, IReadOnlyList<Citation> Citations, double Coverage, IReadOnlyList<string> UnknownWords,
    IReadOnlyList<FoundPassage> Passages, bool IsPartial, int Microseconds, string? PartialReason = null,
    string? RerankReason = null);

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
    int Number, string DocumentId, string Document, string? Title, int Version, PassagePlace Place, long Start, int Length,
    string Quote);

/// <summary>What a model has answered from a knowledge base, as the state of its run shows it.</summary>
/// <param name="Text">What it wrote.</param>
/// <param name="IsAnswered">Whether the documents tell.</param>
/// <param name="IsGrounded">Whether it cites passages, and all that it cites and quotes is there.</param>
/// <param name="Citations">The passages that it cites.</param>
/// <param name="Unresolved">What it cites or quotes that is not there.</param>
public sealed record WrittenAnswer(
    string Text, bool IsAnswered, bool IsGrounded, IReadOnlyList<WrittenCitation> Citations, IReadOnlyList<string> Unresolved);

/// <summary>A passage that an answer cites.</summary>
/// <param name="Number">As it is named in the text.</param>
/// <param name="DocumentId">The document.</param>
/// <param name="Document">Its name.</param>
/// <param name="Version">Of which of its contents.</param>
/// <param name="Ordinal">Its number among the passages of the document.</param>
/// <param name="Start">Where it begins in the document's text, in UTF-16 code units.</param>
/// <param name="Length">How long it is.</param>
/// <param name="Place">Where in the file it begins.</param>
public sealed record WrittenCitation(
    int Number, string DocumentId, string Document, int Version, int Ordinal, long Start, int Length, string? Place);

/// <summary>How well a knowledge base finds what is in it.</summary>
/// <param name="Score">From 0 to 100; null if there is nothing to ask for.</param>
/// <param name="Questions">How many questions were made out of sentences of the documents.</param>
/// <param name="FoundFirst">How many found the passage that they were made of first.</param>
/// <param name="FoundInTen">How many found it among the first ten.</param>
/// <param name="ReciprocalRank">The mean of one through the place of that passage.</param>
/// <param name="ReciprocalRankByWords">The same by the words of the question alone.</param>
/// <param name="MedianMicroseconds">How long a search took.</param>
/// <param name="Findings">What is not as it should be, and what to do.</param>
public sealed record KnowledgeHealth(
    int? Score, int Questions, int FoundFirst, int FoundInTen, double ReciprocalRank, double ReciprocalRankByWords,
    int MedianMicroseconds, IReadOnlyList<HealthFinding> Findings);

/// <summary>Something that is not as it should be.</summary>
/// <param name="Code">What it is, as a stable code.</param>
/// <param name="Message">What it is and what to do.</param>
public sealed record HealthFinding(string Code, string Message);

/// <summary>In which way passages are looked for.</summary>
[JsonConverter(typeof(WordEnumConverter<SearchWay>))]
public enum SearchWay
{
    /// <summary>A way that this program does not know yet.</summary>
    Unknown,

    /// <summary>By words, by words of the best passages, and by vectors.</summary>
    Hybrid,

    /// <summary>By words, and by words of the best passages.</summary>
    Feedback,

    /// <summary>By words alone.</summary>
    Words,

    /// <summary>By vectors alone.</summary>
    Vectors,
}

/// <summary>A question whose answers are known.</summary>
/// <param name="Id">By what it is known to who asks.</param>
/// <param name="Text">What is asked.</param>
/// <param name="Relevant">The names of the documents that answer it, each with its grade, from 0 to 10.</param>
public sealed record JudgedQuestion(string Id, string Text, IReadOnlyDictionary<string, int> Relevant);

/// <summary>How well a knowledge base finds what answers questions.</summary>
/// <param name="Questions">How many questions were asked.</param>
/// <param name="Ways">What each way of looking comes to.</param>
/// <param name="Results">What became of each question.</param>
/// <param name="UnknownCount">How many of the named documents cannot be found.</param>
/// <param name="Unknown">Some of their names.</param>
public sealed record KnowledgeEvaluation(
    int Questions, IReadOnlyList<WayEvaluation> Ways, IReadOnlyList<QuestionEvaluation> Results, int UnknownCount,
    IReadOnlyList<string> Unknown);

/// <summary>What a way of looking comes to; each measure from 0 to 1, the mean over the questions.</summary>
/// <param name="Way">The way.</param>
/// <param name="Ndcg">Normalised discounted cumulative gain of the first ten documents.</param>
/// <param name="Recall">The share of the documents that answer which is among the first hundred.</param>
/// <param name="ReciprocalRank">One through the place of the first document that answers, among ten.</param>
/// <param name="MedianMicroseconds">How long a search took, in microseconds.</param>
public sealed record WayEvaluation(
    SearchWay Way, double Ndcg, double Recall, double ReciprocalRank, int MedianMicroseconds);

/// <summary>What became of a question.</summary>
/// <param name="Id">The question's.</param>
/// <param name="Ways">How each way of looking did.</param>
public sealed record QuestionEvaluation(string Id, IReadOnlyList<QuestionScore> Ways);

/// <summary>How a way of looking did with a question.</summary>
/// <param name="Ndcg">Normalised discounted cumulative gain of the first ten documents.</param>
/// <param name="FirstPlace">The place of the first document that answers, from one; 0 if it is not among a hundred.</param>
public sealed record QuestionScore(double Ndcg, int FirstPlace);

/// <summary>A passage that was found.</summary>
/// <param name="DocumentId">The document.</param>
/// <param name="Document">Its name.</param>
/// <param name="Title">Its title.</param>
/// <param name="Version">Of which of its contents the passage is.</param>
/// <param name="Place">Where in the document it is.</param>
/// <param name="Text">Its words.</param>
/// <param name="Score">By which passages are ranked; to be compared within one search only.</param>
/// <param name="Scores">What each way of looking thought of it.</param>
/// <param name="MatchedTerms">The words of the question that it has.</param>
public sealed record FoundPassage(
    string DocumentId, string Document, string? Title, int Version, PassagePlace Place, string Text, double Score,
    PassageScores Scores, IReadOnlyList<string> MatchedTerms)
{
    /// <summary>The synonyms by which it was found.</summary>
    public IReadOnlyList<MatchedSynonym> Synonyms { get; init; } = [];

    /// <summary>What raised or lowered it.</summary>
    public IReadOnlyList<AppliedBoost> Boosts { get; init; } = [];
}

/// <summary>What each way of looking thought of a passage.</summary>
/// <param name="Lexical">By the words of the question (BM25).</param>
/// <param name="Feedback">By words of the best passages.</param>
/// <param name="Dense">The cosine between the vectors of question and passage.</param>
/// <param name="Rerank">By the base's reranker; null where none has seen it.</param>
public sealed record PassageScores(double Lexical, double Feedback, double Dense, double? Rerank = null);

/// <summary>Where a passage is in its document.</summary>
/// <param name="Ordinal">Its number among the passages of the document, from zero.</param>
/// <param name="Start">Where it begins in the text.</param>
/// <param name="Length">How long it is.</param>
/// <param name="Headings">The headings that it stands under, outermost first.</param>
/// <param name="From">Where in the file it begins.</param>
/// <param name="To">Where in the file it ends.</param>
public sealed record PassagePlace(
    int Ordinal, long Start, int Length, IReadOnlyList<string> Headings, string? From, string? To);

/// <summary>What a new knowledge base shall be.</summary>
/// <param name="Name">Its name.</param>
public sealed record NewKnowledgeBase(string Name)
{
    /// <summary>What is in it.</summary>
    public string? Description { get; init; }

    /// <summary>Where its vectors lie; in the index itself without one.</summary>
    public string? Store { get; init; }

    /// <summary>What makes its vectors, <c>provider:model</c>; the index itself without one.</summary>
    public string? Model { get; init; }

    /// <summary>What ranks the best passages of a search once more, <c>provider:model</c>; nothing without one.</summary>
    public string? Reranker { get; init; }
}

internal sealed record ChangeKnowledgeBaseBody(string? Description, string? Reranker);

/// <summary>A request to move the vectors of a knowledge base.</summary>
internal sealed record MoveKnowledgeBody(string Store);

/// <summary>A request to give a knowledge base another model.</summary>
internal sealed record EmbedKnowledgeBody(string Model);

internal sealed record EvaluateKnowledgeBody(IReadOnlyList<JudgedQuestion> Questions, bool Synonyms, bool Boosts);

internal sealed record SearchKnowledgeBody(
    string Query, int Limit, IReadOnlyDictionary<string, IReadOnlyList<string>> Metadata, bool Synonyms, bool Boosts);

internal sealed record AskKnowledgeBody(string Question, IReadOnlyDictionary<string, IReadOnlyList<string>> Metadata);

internal sealed record WriteAnswerBody(string Question, string Model);
