using System.Text.Json;
using System.Text.Json.Nodes;
using CodexOS.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Platform.Installation;

/// <summary>What this installation is made of.</summary>
internal static class SystemEndpoints
{
    public const string OperationId = "GetSystem";

    public static void Map(IEndpointRouteBuilder api) => api.MapGet("/system", ReadAsync)
        .RequirePermission("system:read")
        .WithName(OperationId)
        .WithTags("System")
        .WithSummary("Tell what this installation is made of: version, database, sandbox, models.")
        .ProducesProblem(StatusCodes.Status401Unauthorized)
        .ProducesProblem(StatusCodes.Status403Forbidden);

    private static async Task<Ok<JsonObject>> ReadAsync(
        IEnumerable<ISystemFact> facts, CancellationToken cancellationToken)
    {
        var answer = new JsonObject();
        foreach (var fact in facts)
        {
            var value = await fact.ReadAsync(cancellationToken);
            answer[fact.Name] = JsonSerializer.SerializeToNode(value, fact.ValueType, Json.Options);
        }

        return TypedResults.Ok(answer);
    }
}
