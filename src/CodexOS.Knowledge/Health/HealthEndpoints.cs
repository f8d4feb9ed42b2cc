using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Knowledge.Health;

/// <summary>The self-test of a base over HTTP.</summary>
internal static class HealthEndpoints
{
    private const int BodyBytesMax = 1_024;

    public static void Map(IEndpointRouteBuilder api)
    {
        var bases = api.MapGroup("/knowledge/{name}", "Knowledge", BodyBytesMax);
        bases.MapPost("/test", TestAsync).RequirePermission("knowledge:write", ResourceKinds.Knowledge, "name")
            .WithName("TestKnowledge")
            .WithSummary("Asks a knowledge base for sentences of its own documents, and tells how well it finds them.")
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<Results<Ok<KnowledgeHealth>, ProblemHttpResult>> TestAsync(
        string name, SelfTest test, CancellationToken cancellationToken) =>
        (await test.RunAsync(name, cancellationToken)).ToOk();
}
