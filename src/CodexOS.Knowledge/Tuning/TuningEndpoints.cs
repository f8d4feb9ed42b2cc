using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Knowledge.Tuning;

/// <summary>The synonyms and boosts of a base over HTTP.</summary>
internal static class TuningEndpoints
{
    private const int BodyBytesMax = 4 * 1024 * 1024;

    public static void Map(IEndpointRouteBuilder api)
    {
        var bases = api.MapGroup("/knowledge/{name}", "Knowledge", BodyBytesMax);
        bases.MapGet("/synonyms", SynonymsAsync).RequirePermission("knowledge:read", ResourceKinds.Knowledge, "name")
            .WithName("GetKnowledgeSynonyms").WithSummary("The synonyms of a knowledge base, as they were written.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        bases.MapPut("/synonyms", SetSynonymsAsync).RequirePermission("knowledge:write", ResourceKinds.Knowledge, "name")
            .WithName("SetKnowledgeSynonyms")
            .WithSummary("Gives a knowledge base synonyms in place of those that it has; they count from the next search on.")
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status404NotFound);
        bases.MapGet("/boosts", BoostsAsync).RequirePermission("knowledge:read", ResourceKinds.Knowledge, "name")
            .WithName("GetKnowledgeBoosts").WithSummary("What raises passages of a knowledge base in searches, or lowers them.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        bases.MapPut("/boosts", SetBoostsAsync).RequirePermission("knowledge:write", ResourceKinds.Knowledge, "name")
            .WithName("SetKnowledgeBoosts")
            .WithSummary("Gives a knowledge base boosts in place of those that it has; they count from the next search on.")
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<Results<Ok<KnowledgeSynonyms>, ProblemHttpResult>> SynonymsAsync(
        string name, TuningStore store, CancellationToken cancellationToken) =>
        (await store.SynonymsAsync(name, cancellationToken)).ToOk();

    private static async Task<Results<Ok<KnowledgeSynonyms>, ProblemHttpResult>> SetSynonymsAsync(
        string name, SetSynonymsRequest request, TuningStore store, CancellationToken cancellationToken) =>
        (await store.SetAsync(name, request, cancellationToken)).ToOk();

    private static async Task<Results<Ok<KnowledgeBoosts>, ProblemHttpResult>> BoostsAsync(
        string name, TuningStore store, CancellationToken cancellationToken) =>
        (await store.BoostsAsync(name, cancellationToken)).ToOk();

    private static async Task<Results<Ok<KnowledgeBoosts>, ProblemHttpResult>> SetBoostsAsync(
        string name, SetBoostsRequest request, TuningStore store, CancellationToken cancellationToken) =>
        (await store.SetAsync(name, request, cancellationToken)).ToOk();
}
