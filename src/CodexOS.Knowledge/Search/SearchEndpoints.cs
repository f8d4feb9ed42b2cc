using CodexOS.Knowledge.Documents;
using CodexOS.Knowledge.Tuning;
using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Knowledge.Search;

/// <summary>Searches over HTTP.</summary>
internal static class SearchEndpoints
{
    private const int BodyBytesMax = 32 * 1024;

    public static void Map(IEndpointRouteBuilder api)
    {
        var bases = api.MapGroup("/knowledge/{name}", "Knowledge", BodyBytesMax);
        bases.MapPost("/search", SearchAsync).RequirePermission("knowledge:read", ResourceKinds.Knowledge, "name")
            .WithName("SearchKnowledge")
            .WithSummary("Finds the passages that answer a question best, of the documents that the caller may read.")
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<Results<Ok<SearchAnswer>, ProblemHttpResult>> SearchAsync(
        string name, SearchKnowledgeRequest request, Caller caller, SearchPipeline pipeline, CancellationToken cancellationToken)
    {
        var query = new KnowledgeQuery(
            request.Query!, request.Limit ?? 10, request.Metadata ?? [], request.From, request.Before, request.Language)
        {
            Way = request.Way ?? SearchWay.Hybrid,
            Without = TuningUse.Without(request.Synonyms, request.Boosts),
        };
        return (await pipeline.SearchAsync(name, query, DocumentAccess.ReaderOf(caller), cancellationToken)).ToOk();
    }
}
