using System.ComponentModel.DataAnnotations;
using CodexOS.Knowledge.Search;

namespace CodexOS.Knowledge.Evaluation;

/// <summary>Questions whose answers are known, to measure how well a knowledge base finds them.</summary>
/// <param name="Questions">The questions; several requests are needed for more.</param>
/// <param name="Ways">The ways of looking that are compared; all if it is left out.</param>
/// <param name="Synonyms">Whether the synonyms of the base count, as they do if it is left out.</param>
/// <param name="Boosts">Whether the boosts of the base count, as they do if it is left out.</param>
public sealed record EvaluateKnowledgeRequest(
    [property: Required, MinLength(1), MaxLength(EvaluateKnowledgeRequest.QuestionsMax)]
    IReadOnlyList<JudgedQuestion>? Questions,
    [property: MinLength(1), MaxLength(4)] IReadOnlyList<SearchWay>? Ways = null,
    bool? Synonyms = null,
    bool? Boosts = null)
{
    /// <summary>How many questions one request may have.</summary>
    public const int QuestionsMax = 200;
}

/// <summary>A question whose answers are known.</summary>
/// <param name="Id">By what it is known to who asks.</param>
/// <param name="Text">What is asked; as in a search.</param>
/// <param name="Relevant">
/// The names of the documents that answer it, each with its grade: 0 does not answer, 1 does, up to 10 does better.
/// </param>
public sealed record JudgedQuestion(
    [property: Required, StringLength(200, MinimumLength = 1)] string? Id,
    [property: Required, StringLength(4_000, MinimumLength = 1)] string? Text,
    [property: Required, MinLength(1), MaxLength(1_000)] Dictionary<string, int>? Relevant);

/// <summary>How well a knowledge base finds what answers questions.</summary>
/// <param name="Questions">How many questions were asked.</param>
/// <param name="Ways">What each way of looking comes to, over all of them.</param>
/// <param name="Results">What became of each question.</param>
/// <param name="UnknownCount">How many of the named documents the caller cannot find: they are not there, not read, or not theirs.</param>
/// <param name="Unknown">Some of their names.</param>
public sealed record KnowledgeEvaluation(
    int Questions, IReadOnlyList<WayEvaluation> Ways, IReadOnlyList<QuestionEvaluation> Results, int UnknownCount,
    IReadOnlyList<string> Unknown);

/// <summary>What a way of looking comes to; each measure from 0 to 1, the mean over the questions.</summary>
/// <param name="Way">The way.</param>
/// <param name="Ndcg">Normalised discounted cumulative gain of the first ten documents.</param>
/// <param name="Recall">The share of the documents that answer which is among the first hundred.</param>
/// <param name="ReciprocalRank">One through the place of the first document that answers; 0 where it is not among ten.</param>
/// <param name="MedianMicroseconds">How long a search took, in microseconds.</param>
public sealed record WayEvaluation(
    SearchWay Way, double Ndcg, double Recall, double ReciprocalRank, int MedianMicroseconds);

/// <summary>What became of a question.</summary>
/// <param name="Id">The question's.</param>
/// <param name="Ways">How each way of looking did, in the order of the whole.</param>
public sealed record QuestionEvaluation(string Id, IReadOnlyList<QuestionScore> Ways);

/// <summary>How a way of looking did with a question.</summary>
/// <param name="Ndcg">Normalised discounted cumulative gain of the first ten documents.</param>
/// <param name="FirstPlace">The place of the first document that answers, from one; 0 if it is not among a hundred.</param>
public sealed record QuestionScore(double Ndcg, int FirstPlace);
