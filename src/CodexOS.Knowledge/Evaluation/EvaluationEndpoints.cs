using CodexOS.Knowledge.Documents;
using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Knowledge.Evaluation;

/// <summary>Evaluations over HTTP.</summary>
internal static class EvaluationEndpoints
{
    private const int BodyBytesMax = 4 * 1024 * 1024;

    public static void Map(IEndpointRouteBuilder api)
    {
        var bases = api.MapGroup("/knowledge/{name}", "Knowledge", BodyBytesMax);
        bases.MapPost("/evaluate", EvaluateAsync).RequirePermission("knowledge:read", ResourceKinds.Knowledge, "name")
            .WithName("EvaluateKnowledge")
            .WithSummary(
                "Asks a knowledge base questions whose answers are known, in several ways, and measures how well it finds them.")
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<Results<Ok<KnowledgeEvaluation>, ProblemHttpResult>> EvaluateAsync(
        string name, EvaluateKnowledgeRequest request, Caller caller, Evaluator evaluator, CancellationToken cancellationToken) =>
        (await evaluator.RunAsync(name, request, DocumentAccess.ReaderOf(caller), cancellationToken)).ToOk();
}
