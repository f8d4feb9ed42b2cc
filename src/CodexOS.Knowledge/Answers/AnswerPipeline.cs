using CodexOS.Knowledge.Search;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;

namespace CodexOS.Knowledge.Answers;

/// <summary>Answers a question out of the passages that a search finds.</summary>
internal sealed class AnswerPipeline(SearchPipeline search, TimeProvider clock)
{
    /// <summary>Answers in the documents' own words.</summary>
    /// <param name="name">The base.</param>
    /// <param name="query">What is asked, checked.</param>
    /// <param name="reader">Who asks; null sees every document of the base.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Result<KnowledgeAnswer>> AskAsync(
        string name, KnowledgeQuery query, UserId? reader, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        var searched = await search.SearchAsync(name, query, reader, cancellationToken);
        if (!searched.TryGet(out var found, out var fault)) return fault;
        var extracted = Extract.Of(found.Asked!, found.Passages);
        var isAnswered = extracted.Citations.Count > 0;
        return new KnowledgeAnswer(
            isAnswered,
            isAnswered ? Extract.Write(extracted.Citations) : null,
            extracted.Citations,
            Math.Round(extracted.Coverage, 3),
            [.. found.Asked!.Words.Where(static word => !word.IsKnown).Select(static word => word.Terms[0])],
            found.Passages,
            found.IsPartial,
            (int)clock.GetElapsedTime(began).TotalMicroseconds,
            found.PartialReason)
        {
            RerankReason = found.RerankReason,
        };
    }
}
