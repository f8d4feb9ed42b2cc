using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Runs.Retention;

/// <summary>Retention over HTTP, for whoever does not want to wait for the next day.</summary>
internal static class RetentionEndpoints
{
    public static void MapRetention(this IEndpointRouteBuilder api) => api.MapPost("/runs/retention", StartAsync)
        .RequirePermission("runs:control").WithTags("Runs").WithName("StartRetention")
        .WithSummary("Starts a run that archives and deletes what is older than the tenant's policy allows.")
        .ProducesProblem(400).ProducesProblem(403).ProducesProblem(409).ProducesProblem(429).ProducesProblem(503);

    private static async Task<Results<Accepted<Run>, ProblemHttpResult>> StartAsync(
        [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey,
        Caller caller,
        RetentionRuns retention,
        CancellationToken cancellationToken)
    {
        var started = await retention.StartAsync(caller.Tenant, caller.User, idempotencyKey, cancellationToken);
        return started.ToAccepted(static run => $"/api/v1/runs/{run.Id}");
    }
}
