namespace CodexOS.Knowledge.Health;

/// <summary>How well a knowledge base finds what is in it.</summary>
/// <param name="Score">
/// From 0 to 100: the share of questions that found their passage among ten, times the share of documents that can be found.
/// Null if there is nothing to ask for.
/// </param>
/// <param name="Questions">How many questions were made out of sentences of the documents.</param>
/// <param name="FoundFirst">How many found the passage that they were made of first.</param>
/// <param name="FoundInTen">How many found it among the first ten.</param>
/// <param name="ReciprocalRank">The mean of one through the place of that passage; 0 where it is not among ten.</param>
/// <param name="ReciprocalRankByWords">The same without vectors and without the words of the best passages.</param>
/// <param name="MedianMicroseconds">How long a search took, in microseconds.</param>
/// <param name="Findings">What is not as it should be, and what to do.</param>
public sealed record KnowledgeHealth(
    int? Score, int Questions, int FoundFirst, int FoundInTen, double ReciprocalRank, double ReciprocalRankByWords,
    int MedianMicroseconds, IReadOnlyList<HealthFinding> Findings);

/// <summary>Something that is not as it should be.</summary>
/// <param name="Code">What it is, as a stable code.</param>
/// <param name="Message">What it is and what to do.</param>
public sealed record HealthFinding(string Code, string Message);
